"""The switch of a workflow: what activating and deactivating would do, and doing it."""

from __future__ import annotations

from typing import Literal, cast

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.engine.validation import typed
from campaigns.errors import Invalid, StoryFailed
from campaigns.services import moves, stories, versions, workflows
from campaigns.services.activations import Prospect, count_inside, foresee_activation
from campaigns.services.vocabulary import load_vocabulary
from campaigns.storage.models import Workflow
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
_ID = 36  # characters of an id


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
            row = _activate(session, key)
            message = f"“{row.name}” is active with version {row.live_version}."
            choices = read_choices(request.form)
            if choices:
                message += f" {told(moves.choose(session, key, choices, kinds=current.runtime.kinds))}"
    except (Invalid, StoryFailed):
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


def _activate(session: TenantSession, key: str) -> Workflow:
    """Publish the draft, in spite of the failing tests that the dialog showed."""
    seen = {text for text in request.form.getlist("despite") if len(text) <= _ID}
    failing = [story.id for story in stories.list_stories(session, key) if str(story.id) in seen]
    note = request.form.get("note", "")
    return versions.activate(session, key, note=note, kinds=current.runtime.kinds, despite=failing)


def _ask(key: str) -> Response:
    kinds = current.runtime.kinds
    with reading_here() as session:
        found = foresee_activation(session, key, kinds)
        canvas = Artist(kinds, load_vocabulary(session), found.problems).draw(found.document)
        triggers, places = _triggers(session, found), place_problems(canvas, found.problems)
        results = [] if places else stories.run_stories(session, key, kinds)
    blocked = any(result.story.blocks and not result.passes for result in results)
    row, differing = found.workflow, found.difference
    title = f"Publish changes of “{row.name}”?" if row.is_active else f"Activate “{row.name}”?"
    words = {"added": "Added", "changed": "Changed", "moved": "Moved", "removed": "Removed"}
    changes = [
        (words[name], [name_of(item, kinds) for item in getattr(differing, name)])
        for name in words
        if differing and getattr(differing, name)
    ]
    context = {"title": title, "found": found, "places": places, "triggers": triggers, "changes": changes}
    verb = "Publish" if row.is_active else "Activate"
    submit = f"{verb} anyway" if blocked else "Publish changes" if row.is_active else verb
    context |= {"kinds": kinds, "results": results, "blocked": blocked, "submit": submit}
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
