"""Tasks: find, create, read, and change: done, due, assignee."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from pydantic import Field

from campaigns.api.bodies import Body, body_of
from campaigns.api.events import LeadName
from campaigns.api.lead_names import lead_of
from campaigns.api.queries import TASK_STATUSES
from campaigns.api.requests import answer, cursor_id, keyed, limit, page, read, scope, uuid_of, write
from campaigns.errors import Invalid, Problem
from campaigns.services import leads, tasks
from campaigns.services.tasks import Wanted
from campaigns.storage.transaction import TenantSession

bp = keyed("api_tasks")


class TaskChange(Body):
    """What becomes of a task. What is not sent stays; null empties. `done`: false opens it again."""

    done: bool | None = None
    due_at: str | None = None
    assignee: str | None = None
    title: str | None = Field(None, max_length=200)
    text: str | None = Field(None, max_length=4000)


class TaskBody(Body):
    """A new task: for which lead (its id, or one of id, email and external_id), what, for whom, and by when."""

    lead: str | LeadName
    title: str = Field(max_length=200)
    text: str | None = Field(None, max_length=4000)
    assignee: str | None = None
    due_at: str | None = None


@bp.get("/tasks")
@scope("tasks.view")
def index() -> Response:
    status = request.args.get("status")
    if status not in {None, *TASK_STATUSES}:
        raise Invalid(problems=[Problem("/status", f"is one of {', '.join(TASK_STATUSES)}")])
    size = limit()
    with read() as session:
        wanted = Wanted(is_done=None if status is None else status == "done", **_named(session))
        found = tasks.list_tasks(session, wanted, after=cursor_id(), limit=size + 1)
        items = [tasks.task_json(row) for row in found]
    return page(items, size, lambda item: item["id"])


def _named(session: TenantSession) -> dict[str, Any]:
    """Return what the filters name; raise NotFound for a lead or a member that there is not."""
    lead = request.args.get("lead")
    own = {"lead_id": leads.get_lead(session, uuid_of(lead)).id} if lead is not None else {}
    return own | tasks.assigned_to(session, request.args.get("assignee"))


@bp.post("/tasks")
@scope("tasks.edit")
def create() -> Response:
    body = body_of(TaskBody)
    values = body.model_dump(exclude_unset=True, exclude={"lead"})
    named = body.lead if isinstance(body.lead, str) else body.lead.model_dump(exclude_none=True)
    with write() as session:
        row = tasks.create_task(session, lead_of(session, named), values)
    return answer(tasks.task_json(row), 201)


@bp.get("/tasks/<task_id>")
@scope("tasks.view")
def show(task_id: str) -> Response:
    with read() as session:
        return answer(tasks.task_json(tasks.get_task(session, uuid_of(task_id))))


@bp.patch("/tasks/<task_id>")
@scope("tasks.edit")
def change(task_id: str) -> Response:
    values = body_of(TaskChange).model_dump(exclude_unset=True)
    with write() as session:
        return answer(tasks.task_json(tasks.update_task(session, uuid_of(task_id), values)))
