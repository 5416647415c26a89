"""Who is inside after a new version, in forms: what is chosen for each place, and what became of it in words."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import Conflict, Invalid
from campaigns.services import moves, workflows
from campaigns.storage.models import Move
from campaigns.web.answers import done
from campaigns.web.filters import plural
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, writing_here

bp = Blueprint("moving", __name__, url_prefix="/workflows/<key>/moves")
_FIELD = "inside"  # inside:VERSION:SECTION


@bp.post("")
@needs("workflows.activate")
def start(key: str) -> ResponseReturnValue:
    """Do what was chosen for those who are inside of versions that are not live."""
    back, choices = url_for("versions.index", key=key), read_choices(request.form)
    if not choices:
        with reading_here() as session:
            workflows.get_workflow(session, key)
        return done(back, "Everybody stays where they are.", tone="info")
    try:
        with writing_here() as session:
            message = told(moves.choose(session, key, choices, kinds=current.runtime.kinds))
    except (Conflict, Invalid) as error:
        return done(back, error.message, tone="error")
    return done(back, message)


@bp.post("/<uuid:move_id>/undo")
@needs("workflows.activate")
def undo(key: str, move_id: UUID) -> ResponseReturnValue:
    """Take a move back."""
    try:
        with writing_here() as session:
            move = moves.take_back(session, key, move_id, kinds=current.runtime.kinds)
            message = f"Taken back: {plural(move.returned or 0, 'lead')} returned."
    except (Conflict, Invalid) as error:
        return done(url_for("versions.index", key=key), error.message, tone="error")
    return done(url_for("versions.index", key=key), message)


def read_choices(form: Mapping[str, str]) -> dict[tuple[int, str], str]:
    """Return what was chosen for whom, by version and section; those who stay are left out."""
    found = {}
    for name, choice in form.items():
        parts = name.split(":", 2)
        if parts[0] == _FIELD and len(parts) == 3 and parts[1].isdecimal() and choice in {"move", "leave"}:
            found[int(parts[1][:9]), parts[2]] = choice
    return found


def told(move: Move) -> str:
    """Return what a move has done, in words."""
    parts = [f"{plural(move.moved, 'lead')} moved"] if move.moved else []
    parts += [f"{plural(move.leaving, 'lead')} leave in an hour"] if move.leaving else []
    parts += [f"{move.stayed} could not go and stay"] if move.stayed else []
    return f"{', '.join(parts) or 'Nobody was there any more'}. This can be taken back for an hour, under Versions."
