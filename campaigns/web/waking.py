"""Run now: ending waits before their time, of one execution or of those that were picked at a section."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from campaigns.errors import NotWaiting
from campaigns.services import execution_pages, waking, workflows
from campaigns.services.waking import MOST_COUNTED, Chosen
from campaigns.web.answers import done
from campaigns.web.bites import bite, going_on, ids_of, sent
from campaigns.web.executions import read_filters
from campaigns.web.filters import number, plural
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, writing_here

bp = Blueprint("waking", __name__)


@bp.post("/executions/<uuid:execution_id>/wake")
@needs("executions.edit")
def one(execution_id: UUID) -> ResponseReturnValue:
    """End one execution's wait: at the section that is named, or wherever it waits for a time."""
    back = url_for("executions.show", execution_id=execution_id)
    try:
        with writing_here() as session:
            waking.wake_execution(session, execution_id, section=request.form.get("section") or None)
    except NotWaiting as error:
        return done(back, f"Not run. {error.message}", tone="error")
    return done(back, "It goes on now, without waiting any longer.")


@bp.post("/workflows/<key>/executions/wake")
@needs("executions.edit")
def some(key: str) -> ResponseReturnValue:
    """Ask, then end the waits of those that were ticked or that the filters find."""
    with reading_here() as session:
        workflows.get_workflow(session, key)
    chosen, query = _chosen(key), request.form.get("query", "")
    back = url_for("executions.of_workflow", key=key) + (f"?{query}" if query else "")
    if not chosen.filters.section:
        return done(back, "Choose the section first at which they wait.", tone="warning")
    if chosen.ids == []:
        return done(back, "No execution was selected: tick those that are meant.", tone="warning")
    return _work(chosen, back) if request.form.get("sure") == "true" else _ask(chosen, back)


def _work(chosen: Chosen, back: str) -> ResponseReturnValue:
    changed, after = bite(lambda session, at: waking.wake_some(session, chosen, after=at))
    if after is None:
        return done(back, f"{plural(changed, 'execution')} {'goes' if changed == 1 else 'go'} on now.")
    action = url_for("waking.some", key=chosen.filters.workflow)
    total = request.form.get("total", type=int)
    names = {"title": "Running executions", "action": action, "label": "Executions run now"}
    return going_on(total=total, changed=changed, after=after, back=back, **names)


def _ask(chosen: Chosen, back: str) -> ResponseReturnValue:
    with reading_here() as session:
        total = waking.count_timed(session, chosen)
        workflow = workflows.get_workflow(session, chosen.filters.workflow or "")
        version = chosen.filters.version
        places = execution_pages.list_places(session, workflow, version, current.runtime.kinds)
    many = total > MOST_COUNTED
    count = f"more than {number(MOST_COUNTED)} executions" if many else plural(total, "execution")
    context: dict[str, Any] = {
        "count": count,
        "total": None if many else total,
        "back": back,
        "sent": sent(request.form),
    }
    context |= {"workflow": workflow, "place": places.get(chosen.filters.section or "")}
    return make_response(render_template("executions/wake.html", title=f"Run {count} now?", **context))


def _chosen(key: str) -> Chosen:
    given = MultiDict(parse_qsl(request.form.get("query", "")))
    filters = read_filters(given, key)
    return Chosen(filters, None if request.form.get("all") == "true" else ids_of(request.form, "execution"))
