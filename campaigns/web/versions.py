"""The versions of a workflow: who froze which when, who is inside, and going back to one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import Conflict, Invalid, NotFound
from campaigns.services import drafts, moves, versions, workflows
from campaigns.services.differences import compare_states
from campaigns.services.vocabulary import load_vocabulary
from campaigns.storage.transaction import TenantSession
from campaigns.web.answers import done
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, writing_here
from campaigns.web.version_drawing import draw_both, settings_changes, tell, written

bp = Blueprint("versions", __name__, url_prefix="/workflows/<key>/versions")


@bp.get("")
@needs("workflows.view")
def index(key: str) -> ResponseReturnValue:
    with reading_here() as session:
        row = workflows.get_workflow(session, key)
        context = {
            "title": row.name,
            "workflow": workflows.describe(session, row),
            "draft": drafts.get_draft(session, key),
            "rows": versions.list_versions(session, key),
            "places": moves.find_places_to_live(session, key, current.runtime.kinds),
            "moves": moves.list_moves(session, key),
            "kinds": current.runtime.kinds,
        }
    return render_template("versions/index.html", tab="versions", **context)


@bp.get("/compare")
@needs("workflows.view")
def compare(key: str) -> ResponseReturnValue:
    """Show two versions, or a version and the draft, side by side, with what differs marked and listed."""
    before, after = _number(request.args.get("from")), _number(request.args.get("to"))
    with reading_here() as session:
        context = _compared(session, key, before, after)
    return render_template("versions/compare.html", tab="versions", **context)


def _compared(session: TenantSession, key: str, before: int | None, after: int | None) -> dict[str, Any]:
    """Return what the page of a comparison shows."""
    kinds, row = current.runtime.kinds, workflows.get_workflow(session, key)
    compared = compare_states(session, key, before, after)
    sides = draw_both(compared.documents, compared.difference, kinds, load_vocabulary(session))
    rows = {item["number"]: item for item in versions.list_versions(session, key)}
    return {
        "title": row.name,
        "workflow": workflows.describe(session, row),
        "draft": drafts.get_draft(session, key),
        "compared": compared,
        "sides": list(zip(sides, (before, after), strict=True)),
        "told": tell(compared.documents, compared.difference, kinds),
        "settings": settings_changes(compared.documents),
        "written": written,
        "rows": rows,
        "numbers": list(rows),
    }


def _number(text: str | None) -> int | None:
    """Return a version's number; None for the draft. Raise NotFound for what is none."""
    if not text or text == "draft":
        return None
    if not text.isdecimal() or len(text) > 9:
        raise NotFound(f"There is no version {text[:20]}.")
    return int(text)


@bp.post("/<int(max=2147483647):number>/restore")
@needs("workflows.activate")
def restore(key: str, number: int) -> ResponseReturnValue:
    """Make a version the draft again; with `live`, the one that runs."""
    live = request.form.get("live") == "true"
    try:
        with writing_here() as session:
            versions.restore(session, key, number, live=live, kinds=current.runtime.kinds)
    except (Conflict, Invalid) as error:
        told = "; ".join(problem.message for problem in error.problems)
        return done(url_for("versions.index", key=key), f"{error.message} {told}".strip(), tone="error")
    message = f"Version {number} is live again." if live else f"The draft is version {number} again."
    return done(url_for("builder.show", key=key), message)
