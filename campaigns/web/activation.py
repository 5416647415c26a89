"""The switch of a workflow: what activating and deactivating would do, and doing it."""

from __future__ import annotations

from typing import Literal, cast

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.engine.validation import typed
from campaigns.errors import Invalid
from campaigns.services import moves, versions, workflows
from campaigns.services.activations import Prospect, count_inside, foresee_activation
from campaigns.services.vocabulary import load_vocabulary
from campaigns.storage.transaction import TenantSession
from campaigns.web.answers import done
from campaigns.web.builder_canvas import Artist, place_problems
from campaigns.web.builder_changes import name_of
from campaigns.web.builder_warnings import place_warnings
from campaigns.web.htmx import page_or_part
from campaigns.web.moving import read_choices, told
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, writing_here

bp = Blueprint("activation", __name__, url_prefix="/workflows/<key>")
Running = Literal["finish", "hold", "cancel"]


@bp.get("/activation")
@needs("workflows.activate")
def ask(key: str) -> ResponseReturnValue:
    """Show what would listen, what differs from what is live, and who is inside."""
    return _ask(key)


@bp.post("/activation")
@needs("workflows.activate")
def start(key: str) -> ResponseReturnValue:
    """Publish the draft and listen; what keeps it from that is shown with what was asked."""
    try:
        with writing_here() as session:
            row = versions.activate(session, key, note=request.form.get("note", ""), kinds=current.runtime.kinds)
            message = f"“{row.name}” is active with version {row.live_version}."
            choices = read_choices(request.form)
            if choices:
                message += f" {told(moves.choose(session, key, choices, kinds=current.runtime.kinds))}"
    except Invalid:
        response = _ask(key)
        response.status_code = 422
        return response
    return done(url_for("builder.show", key=key), message)


@bp.get("/deactivation")
@needs("workflows.activate")
def ask_end(key: str) -> ResponseReturnValue:
    with reading_here() as session:
        row = workflows.get_workflow(session, key)
        inside = count_inside(session, row)
    context = {"title": f"Deactivate “{row.name}”?", "workflow": row, "inside": inside, "total": sum(inside.values())}
    return page_or_part("activation/end.html", "activation/_end.html", **context)


@bp.post("/deactivation")
@needs("workflows.activate")
def end(key: str) -> ResponseReturnValue:
    wanted = request.form.get("running", "finish")
    running = cast("Running", wanted if wanted in {"finish", "hold", "cancel"} else "finish")
    with writing_here() as session:
        row = versions.deactivate(session, key, running=running)
        message = f"“{row.name}” is inactive: no lead enters any more."
    return done(url_for("builder.show", key=key), message)


def _ask(key: str) -> Response:
    kinds = current.runtime.kinds
    with reading_here() as session:
        found = foresee_activation(session, key, kinds)
        canvas = Artist(kinds, load_vocabulary(session), found.problems).draw(found.document)
        triggers = _triggers(session, found)
    row, differing = found.workflow, found.difference
    title = f"Publish changes of “{row.name}”?" if row.is_active else f"Activate “{row.name}”?"
    words = {"added": "Added", "changed": "Changed", "moved": "Moved", "removed": "Removed"}
    changes = [
        (words[name], [name_of(item, kinds) for item in getattr(differing, name)])
        for name in words
        if differing and getattr(differing, name)
    ]
    context = {"title": title, "found": found, "triggers": triggers, "changes": changes, "kinds": kinds}
    context["places"] = place_problems(canvas, found.problems)
    context["warnings"] = place_warnings(canvas, found.document, kinds)
    return page_or_part("activation/start.html", "activation/_start.html", **context)


def _triggers(session: TenantSession, found: Prospect) -> list[tuple[str, str]]:
    """Return name and settings of each trigger that would listen."""
    kinds, vocabulary = current.runtime.kinds, load_vocabulary(session)
    listening = []
    for trigger in found.document.triggers:
        kind, config = kinds.get(trigger.type), typed(trigger, kinds)
        if kind is not None and config is not None and not trigger.disabled:
            listening.append((trigger.name or kind.label, config.summary(vocabulary)))
    return listening
