"""Tasks: what somebody is to do about a lead; made by hand, by the API or by workflows, done and opened again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from campaigns.errors import Invalid, NotFound, Problem
from campaigns.imports import values as checks
from campaigns.imports.values import BLANK
from campaigns.services.leads import get_lead
from campaigns.storage.models import Membership, Task, User
from campaigns.storage.queries import tasks as queries
from campaigns.storage.queries.leads import NOBODY
from campaigns.storage.queries.tasks import Counts, Row, Wanted
from campaigns.storage.transaction import TenantSession

LONGEST_TITLE, LONGEST_TEXT = 200, 4000  # characters
MAX_LIMIT = 500

__all__ = [
    "NOBODY", "Counts", "Found", "Row", "Wanted", "assigned_to", "count_open", "create_task", "get_task", "list_tasks",
    "rows_of_lead", "search_tasks", "task_json", "update_task",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """One page of tasks, and how many there are in all."""

    rows: list[Row]
    total: int


def create_task(session: TenantSession, lead_id: UUID, values: Mapping[str, Any]) -> Row:
    """Give somebody something to do about a lead: title, and if wanted text, assignee (an address) and due_at.

    Raise NotFound for the lead, Invalid with a problem for each value.
    """
    get_lead(session, lead_id)
    checked = _checked(session, {"title": "", **values})
    task = Task(lead_id=lead_id, text="", section="", created_at=session.now)
    return _write(session, task, checked)


def update_task(session: TenantSession, task_id: UUID, values: Mapping[str, Any]) -> Row:
    """Change what is given and nothing else; null empties. `done`: true closes it, false opens it again.

    Who closes a task twice changes nothing. Raise NotFound, or Invalid with a problem for each value.
    """
    task = get_task(session, task_id).task
    session.refresh(task, with_for_update=True)
    return _write(session, task, _checked(session, values))


def get_task(session: TenantSession, task_id: UUID) -> Row:
    """Return a task with the names around it; raise NotFound."""
    rows = queries.load_rows(session, [task_id])
    if not rows:
        raise NotFound("There is no such task.")
    return rows[0]


def search_tasks(session: TenantSession, wanted: Wanted, *, limit: int = 50, offset: int = 0) -> Found:
    """Return a page of tasks: of open ones what is due first, of done ones the latest."""
    ids = queries.find_ids(session, wanted, limit=min(limit, MAX_LIMIT), offset=offset)
    total = offset + len(ids) if 0 < len(ids) < limit else queries.count(session, wanted)
    return Found(queries.load_rows(session, ids), total)


def list_tasks(session: TenantSession, wanted: Wanted, *, after: UUID | None = None, limit: int = 50) -> list[Row]:
    """Return tasks by id, from the one after `after`: what cursors walk through."""
    return queries.load_rows(session, queries.next_ids(session, wanted, after=after, limit=limit))


def rows_of_lead(session: TenantSession, lead_id: UUID, *, limit: int = 50) -> Sequence[Row]:
    """Return a lead's open tasks, what is due first."""
    return search_tasks(session, Wanted(lead_id=lead_id, is_done=False), limit=limit).rows


def count_open(session: TenantSession) -> Counts:
    """Return how many tasks are open and overdue, of who asks and of all."""
    return queries.count_open(session, _person(session), now=session.now)


def assigned_to(session: TenantSession, address: str | None) -> dict[str, Any]:
    """Return the filter that finds a member's tasks by their address, or nobody's; raise NotFound for strangers."""
    if not address:
        return {}
    if address == NOBODY:
        return {"unassigned": True}
    user_id = _member(session, address)
    if user_id is None:
        raise NotFound(f"There is no member {address}.")
    return {"user_id": user_id}


def task_json(row: Row) -> dict[str, Any]:
    """Return a task as the API answers it."""
    task = row.task
    return {
        "id": task.id,
        "lead": task.lead_id,
        "title": task.title,
        "text": task.text,
        "assignee": row.assignee,
        "status": "done" if task.done_at is not None else "open",
        "due_at": task.due_at,
        "done_at": task.done_at,
        "done_by": row.done_by,
        "execution": task.execution_id,
        "section": task.section,
        "created_at": task.created_at,
    }


def _write(session: TenantSession, task: Task, checked: dict[str, Any]) -> Row:
    done = checked.pop("done", None)
    for name, value in checked.items():
        setattr(task, name, value)
    if done is True and task.done_at is None:
        task.done_at, task.done_by = session.now, _person(session)
    elif done is False:
        task.done_at = task.done_by = None
    session.add(task)
    session.flush()
    return get_task(session, task.id)


def _checked(session: TenantSession, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values by column; raise Invalid with every problem."""
    found: dict[str, Any] = {}
    problems = []
    for key, value in values.items():
        try:
            column, checked = _value(session, key, value)
            found[column] = checked
        except ValueError as error:
            problems.append(Problem(f"/{key}", str(error)))
    if problems:
        raise Invalid(problems=problems)
    return found


def _value(session: TenantSession, key: str, value: Any) -> tuple[str, Any]:
    match key:
        case "title":
            return key, _text(value, longest=LONGEST_TITLE, least=1)
        case "text":
            return key, _text(value, longest=LONGEST_TEXT)
        case "assignee":
            return "user_id", _assignee(session, value)
        case "due_at":
            return key, _moment(value)
        case "done":
            if not isinstance(value, bool):
                raise ValueError("must be true or false")
            return key, value
    raise ValueError("is nothing that a task has")


def _text(value: Any, *, longest: int, least: int = 0) -> str:
    if value is not None and not isinstance(value, str):
        raise ValueError("must be text")
    text = checks.plain((value or "").strip(BLANK + "\r\n"))
    if len(text) < least:
        raise ValueError("must not be empty")
    if len(text) > longest:
        raise ValueError(f"must have at most {longest} characters")
    return " ".join(text.split()) if least else text


def _assignee(session: TenantSession, value: Any) -> UUID | None:
    if value is None or value == "":
        return None
    user_id = _member(session, value) if isinstance(value, str) else None
    if user_id is None:
        raise ValueError(f"there is no member {value}")
    return user_id


def _member(session: TenantSession, address: str) -> UUID | None:
    joined = select(User.id).join(Membership, Membership.user_id == User.id)
    own = (Membership.tenant_id == session.tenant_id, User.email_key == address.strip().casefold())
    return session.scalar(joined.where(*own))


def _moment(value: Any) -> datetime | None:
    text = checks.check_value("datetime", value)
    return datetime.fromisoformat(text) if text is not None else None


def _person(session: TenantSession) -> UUID | None:
    return session.actor.id if session.actor.kind == "user" else None
