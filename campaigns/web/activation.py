"""The switch of a workflow: what activating and deactivating would do, and doing it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, cast

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.engine.validation import typed
from campaigns.errors import Invalid, StoryFailed
from campaigns.services import moves, stories, switches, versions, workflows
from campaigns.services.activations import Prospect, count_inside, foresee_activation
from campaigns.services.vocabulary import load_vocabulary
from campaigns.storage.transaction import TenantSession
from campaigns.web.activation_forms import read_activation, read_time
from campaigns.web.answers import done
from campaigns.web.builder_canvas import Artist, place_problems
from campaigns.web.builder_changes import name_of
from campaigns.web.builder_warnings import place_warnings
from campaigns.web.filters import on_clock
from campaigns.web.forms import by_field
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
    """Publish the draft and listen, now or at a time; what keeps it from that is shown with what was asked."""
    try:
        wanted, at = read_activation(request.form), read_time(request.form, current.tenant.time_zone)
        with writing_here() as session:
            if at is None:
                message = _activate(session, key, wanted)
            else:
                switches.plan_activation(session, key, at, wanted)
                message = f"It will be activated on {on_clock(at, current.tenant.time_zone)}."
    except (Invalid, StoryFailed) as error:
        response = _ask(key, by_field(error.problems))
        response.status_code = 422
        return response
    return done(url_for("builder.show", key=key), message)


@bp.get("/deactivation")
@needs("workflows.activate")
def ask_end(key: str) -> ResponseReturnValue:
    return _ask_end(key)


@bp.post("/deactivation")
@needs("workflows.activate")
def end(key: str) -> ResponseReturnValue:
    """Cease to listen, now or at a time."""
    wanted = request.form.get("running", "finish")
    running = cast("Running", wanted if wanted in {"finish", "hold", "cancel"} else "finish")
    try:
        at = read_time(request.form, current.tenant.time_zone)
        with writing_here() as session:
            message = _deactivate(session, key, running, at)
    except Invalid as error:
        response = _ask_end(key, by_field(error.problems))
        response.status_code = 422
        return response
    return done(url_for("builder.show", key=key), message)


def _activate(session: TenantSession, key: str, wanted: switches.Activation) -> str:
    """Publish the draft, in spite of the failing tests that the dialog showed; return what was done, in words."""
    seen = {text for text in request.form.getlist("despite") if len(text) <= _ID}
    failing = [story.id for story in stories.list_stories(session, key) if str(story.id) in seen]
    row = switches.activate(session, key, wanted, kinds=current.runtime.kinds, despite=failing)
    choices = read_choices(request.form)
    moved = f" {told(moves.choose(session, key, choices, kinds=current.runtime.kinds))}" if choices else ""
    return f"“{row.name}” is active with version {row.live_version}.{moved}"


def _deactivate(session: TenantSession, key: str, running: Running, at: datetime | None) -> str:
    if at is None:
        row = versions.deactivate(session, key, running=running)
        return f"“{row.name}” is inactive: no lead enters any more."
    switches.plan_deactivation(session, key, at, running=running)
    return f"It will be deactivated on {on_clock(at, current.tenant.time_zone)}."


def _ask_end(key: str, errors: Mapping[str, str] | None = None) -> Response:
    with reading_here() as session:
        row = workflows.get_workflow(session, key)
        inside = count_inside(session, row)
    context = {"title": f"Deactivate “{row.name}”?", "workflow": row, "inside": inside, "total": sum(inside.values())}
    context |= {"errors": errors or {}, "form": request.form, "zone": current.tenant.time_zone}
    return page_or_part("activation/end.html", "activation/_end.html", **context)


def _ask(key: str, errors: Mapping[str, str] | None = None) -> Response:
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
    context |= {"errors": errors or {}, "form": request.form, "zone": current.tenant.time_zone}
    context["entering"] = _entering(found)
    context["warnings"] = place_warnings(canvas, found.document, kinds)
    return page_or_part("activation/start.html", "activation/_start.html", **context)


def _entering(found: Prospect) -> list[tuple[str, str]]:
    """Return by name of each trigger that can't say who matches now, why."""
    offers = found.matching.offers if found.matching else []
    return [(name_of(one.trigger.model_dump(), current.runtime.kinds), one.why) for one in offers if one.why]


def _triggers(session: TenantSession, found: Prospect) -> list[tuple[str, str]]:
    """Return name and settings of each trigger that would listen."""
    kinds, vocabulary = current.runtime.kinds, load_vocabulary(session)
    listening = []
    for trigger in found.document.triggers:
        kind, config = kinds.get(trigger.type), typed(trigger, kinds)
        if kind is not None and config is not None and not trigger.disabled:
            listening.append((trigger.name or kind.label, config.summary(vocabulary)))
    return listening
