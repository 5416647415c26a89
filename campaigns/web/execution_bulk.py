"""Acting on many executions of a list: asked first, with real numbers, then done in bites."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from flask import Blueprint, make_response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from campaigns.errors import Conflict, NotFound
from campaigns.services import execution_bulk, execution_pages, relocating, waking, workflows
from campaigns.services.execution_chunks import MOST_COUNTED, Chosen, Chunk
from campaigns.storage.transaction import TenantSession
from campaigns.web.answers import done
from campaigns.web.bites import bite, going_on, ids_of, sent
from campaigns.web.executions import read_filters
from campaigns.web.filters import number, plural
from campaigns.web.htmx import page_or_part, toast, trigger, wants_part
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here

bp = Blueprint("execution_bulk", __name__)


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do with many executions, in words: "Retry 3 executions?", "Retrying executions", "… go on"."""

    verb: str
    doing: str
    told: tuple[str, str]  # of one, of several
    count: Callable[[TenantSession, Chosen], int]
    act: Callable[[TenantSession, Chosen, UUID | None], Chunk]


def _move(session: TenantSession, chosen: Chosen, after: UUID | None) -> Chunk:
    into = request.form.get("into", "")
    return relocating.move_some(session, chosen, into, kinds=current.runtime.kinds, after=after)


ACTIONS = {
    "wake": Action(
        "Run {} now?", "Running executions", ("goes on now", "go on now"), waking.count_timed,
        lambda session, chosen, after: waking.wake_some(session, chosen, after=after),
    ),
    "retry": Action(
        "Retry {}?", "Retrying executions", ("goes on where it failed", "go on where they failed"),
        execution_bulk.count_failed,
        lambda session, chosen, after: execution_bulk.retry_some(session, chosen, after=after),
    ),
    "move": Action(
        "Move {}?", "Moving executions", ("was moved", "were moved"), relocating.count_movable, _move,
    ),
    "cancel": Action(
        "Cancel {}?", "Cancelling executions", ("was cancelled", "were cancelled"), execution_bulk.count_open,
        lambda session, chosen, after: execution_bulk.cancel_some(session, chosen, after=after),
    ),
}  # fmt: skip


@bp.post("/workflows/<key>/executions/bulk")
@needs("executions.edit")
def act(key: str) -> ResponseReturnValue:
    """Ask, then do with those that were ticked, or that the filters find, what the pressed button says."""
    with reading_here() as session:
        workflows.get_workflow(session, key)
    do, chosen = request.form.get("do", ""), _chosen(key)
    if missing := _missing(do, chosen):
        return _finished(key, missing, tone="warning")
    try:
        return _work(key, do, chosen) if request.form.get("sure") == "true" else _ask(key, do, chosen)
    except (Conflict, NotFound) as error:
        return _finished(key, error.message, tone="error")


def _missing(do: str, chosen: Chosen) -> str:
    if do not in ACTIONS:
        return "Choose what to do with them."
    if do == "wake" and not chosen.filters.section:
        return "Choose the section first at which they wait."
    return "No execution was selected: tick those that are meant." if chosen.ids == [] else ""


def _work(key: str, do: str, chosen: Chosen) -> ResponseReturnValue:
    action = ACTIONS[do]
    changed, after = bite(lambda session, at: action.act(session, chosen, at))
    if after is None:
        return _finished(key, f"{plural(changed, 'execution')} {action.told[changed != 1]}.")
    names = {"title": action.doing, "action": url_for(".act", key=key), "label": "Executions done"}
    total = request.form.get("total", type=int)
    return going_on(total=total, changed=changed, after=after, back=_back(key), **names)


def _ask(key: str, do: str, chosen: Chosen) -> ResponseReturnValue:
    with reading_here() as session:
        total = ACTIONS[do].count(session, chosen)
        context = _asked(session, key, do, chosen)
    many = total > MOST_COUNTED
    count = f"more than {number(MOST_COUNTED)} executions" if many else plural(total, "execution")
    context |= {"count": count, "total": None if many else total, "title": ACTIONS[do].verb.format(count)}
    return make_response(page_or_part("executions/bulk.html", "executions/_bulk_dialog.html", **context))


def _asked(session: TenantSession, key: str, do: str, chosen: Chosen) -> dict[str, Any]:
    """Return what the question shows beside the number."""
    workflow, kinds = workflows.get_workflow(session, key), current.runtime.kinds
    places = execution_pages.list_places(session, workflow, chosen.filters.version, kinds)
    return {
        "do": do,
        "workflow": workflow,
        "place": places.get(chosen.filters.section or ""),
        "back": _back(key),
        "sent": sent(request.form),
        "mails": execution_bulk.count_planned(session, chosen) if do == "cancel" else 0,
        "target": relocating.load_target(session, key, kinds) if do == "move" else None,
    }


def _finished(key: str, message: str, *, tone: str = "success") -> ResponseReturnValue:
    """Go on to the list, or say it in place where the list stands beside the canvas."""
    if not (wants_part() and request.form.get("beside") == "canvas"):
        return done(_back(key), message, tone=tone)
    response = make_response("", 200)
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#modal-body", "innerHTML"  # empty, it closes
    return trigger(toast(response, message, tone=tone), executionsChanged=True)


def _back(key: str) -> str:
    query = request.form.get("query", "")
    return url_for("executions.of_workflow", key=key) + (f"?{query}" if query else "")


def _chosen(key: str) -> Chosen:
    given = MultiDict(parse_qsl(request.form.get("query", "")))
    filters = read_filters(given, key)
    return Chosen(filters, None if request.form.get("all") == "true" else ids_of(request.form, "execution"))
