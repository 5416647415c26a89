"""Tasks: a page of them with the names around it, their counts, and many written or taken along at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from campaigns.storage.models import Lead, Task, User
from campaigns.storage.queries.bulk import Columns, Native, Same, fetch, insert, remove
from campaigns.storage.queries.execution_pages import lead_label
from campaigns.storage.transaction import TenantSession

# What a new task says of itself; the rest is the same for all: the tenant, `created_at`, and that it is open.
COLUMNS = ("id", "lead_id", "user_id", "title", "text", "due_at", "execution_id", "section")
_ESCAPE = "\\"
_WORDS = 8  # more words than this make a search no sharper


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tasks: all that is given must fit. `unassigned`: nobody is to do them; `overdue_at`: due before then.

    `text` is looked for in the task's title and in the lead's names, address and phone.
    """

    user_id: UUID | None = None
    unassigned: bool = False
    lead_id: UUID | None = None
    is_done: bool | None = None
    overdue_at: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A task with the names around it; None where there is nobody."""

    task: Task
    lead_label: str
    assignee: str | None
    assignee_name: str | None
    done_by: str | None
    done_by_name: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many tasks are open, and how many of them are overdue: a member's own, and all."""

    mine: int
    mine_overdue: int
    all: int
    all_overdue: int


def find_ids(session: TenantSession, wanted: Wanted, *, limit: int, offset: int) -> list[UUID]:
    """Return the ids of a page: what is due first comes first, of what is done the latest."""
    done_last = (Task.done_at.desc(), Task.id.desc())
    due_first = (Task.due_at.is_(None), Task.due_at, Task.id)
    order = done_last if wanted.is_done else due_first
    statement = _found(session, select(Task.id), wanted).order_by(*order)
    return list(session.scalars(statement.limit(limit).offset(offset)))


def next_ids(session: TenantSession, wanted: Wanted, *, after: UUID | None, limit: int) -> list[UUID]:
    """Return the ids that come after one, by id: pages that stay right while tasks change."""
    statement = _found(session, select(Task.id), wanted)
    if after is not None:
        statement = statement.where(Task.id > after)
    return list(session.scalars(statement.order_by(Task.id).limit(limit)))


def count(session: TenantSession, wanted: Wanted) -> int:
    """Return how many tasks there are of this kind."""
    return session.scalar(_found(session, select(func.count()).select_from(Task), wanted)) or 0


def count_open(session: TenantSession, user_id: UUID | None, *, now: datetime) -> Counts:
    """Return the numbers of open tasks in one query. Those of leads that moved have gone with them."""
    late, mine = Task.due_at < now, Task.user_id == user_id
    wanted = (func.count().filter(mine), func.count().filter(mine, late), func.count(), func.count().filter(late))
    statement = select(*wanted).select_from(Task).where(Task.tenant_id == session.tenant_id, Task.done_at.is_(None))
    return Counts(*session.execute(statement).one())


def load_rows(session: TenantSession, ids: Sequence[UUID]) -> list[Row]:
    """Return these tasks with their names, in the order of the ids; a task of a lead that moved is left out."""
    assignee, doer, tenant_id = aliased(User), aliased(User), session.tenant_id
    statement = (
        select(Task, lead_label(), assignee.email, assignee.name, doer.email, doer.name)
        .join(Lead, and_(Lead.tenant_id == tenant_id, Lead.id == Task.lead_id))
        .outerjoin(assignee, assignee.id == Task.user_id)
        .outerjoin(doer, doer.id == Task.done_by)
        .where(Task.tenant_id == tenant_id, Task.id.in_(ids))
    )
    rows = {row[0].id: _row(row) for row in session.execute(statement)} if ids else {}
    return [rows[task_id] for task_id in ids if task_id in rows]


def add_tasks(connection: Connection, tenant_id: Any, columns: Mapping[str, Any], *, at: Any) -> None:
    """Write open tasks, given by COLUMNS; ids and moments in the driver's form."""
    insert(connection, "tasks", {"tenant_id": Same(tenant_id), **columns, "created_at": Same(at)})


def take_open(session: TenantSession, lead_ids: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Take leads' open tasks out of the tenant; return (lead_id, user_id, title, text, due_at, created_at) of each."""
    connection = session.connection()
    tenant = Native(connection).id(session.tenant_id)
    sql = """
        SELECT id, lead_id, user_id, title, text, due_at, created_at FROM tasks
        WHERE tenant_id = :tenant AND lead_id IN :leads AND done_at IS NULL ORDER BY id
    """
    rows = fetch(connection, sql, {"tenant": tenant}, leads=lead_ids)
    remove(connection, "tasks", {"tenant_id": Same(tenant), "id": [row[0] for row in rows]})
    return [tuple(row[1:]) for row in rows]


def bring(session: TenantSession, rows: Sequence[tuple[Any, ...]], *, members: set[Any]) -> None:
    """Write what `take_open` gave into the session's tenant; whose assignee is no member here is nobody's."""
    native = Native(session.connection())
    columns: Columns = {
        "tenant_id": Same(native.id(session.tenant_id)),
        "id": native.ids(len(rows)),
        "lead_id": [row[0] for row in rows],
        "user_id": [row[1] if row[1] in members else None for row in rows],
        "title": [row[2] for row in rows],
        "text": [row[3] for row in rows],
        "due_at": [row[4] for row in rows],
        "section": Same(""),
        "created_at": [row[5] for row in rows],
    }
    insert(session.connection(), "tasks", columns)


def _row(row: Any) -> Row:
    task, label, assignee, assignee_name, doer, doer_name = row
    return Row(task, label or "", assignee, assignee_name or assignee, doer, doer_name or doer)


def _found(session: TenantSession, statement: Select[Any], wanted: Wanted) -> Select[Any]:
    """Leads are asked only where they matter: an open task's lead is always here."""
    if wanted.text.strip() or wanted.is_done is not False:
        statement = statement.join(Lead, and_(Lead.tenant_id == session.tenant_id, Lead.id == Task.lead_id))
    return statement.where(Task.tenant_id == session.tenant_id, *_conditions(wanted))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found = _words(wanted.text)
    if wanted.user_id is not None:
        found.append(Task.user_id == wanted.user_id)
    if wanted.unassigned:
        found.append(Task.user_id.is_(None))
    if wanted.lead_id is not None:
        found.append(Task.lead_id == wanted.lead_id)
    if wanted.is_done is not None:
        found.append(Task.done_at.is_not(None) if wanted.is_done else Task.done_at.is_(None))
    if wanted.overdue_at is not None:
        found.append(and_(Task.due_at < wanted.overdue_at, Task.done_at.is_(None)))
    return found


def _words(text: str) -> list[ColumnElement[bool]]:
    """Every word stands in the title, or somewhere in the lead's names, address and phone."""
    return [_word(word) for word in text.split()[:_WORDS]]


def _word(word: str) -> ColumnElement[bool]:
    """SQLite knows the case of ASCII letters alone: others are found as they are typed, too."""
    typed, folded = _pattern(word), _pattern(word.casefold())
    places = ((Task.title, typed), (func.lower(Task.title), folded), (Lead.search_text, folded))
    return or_(*(column.like(pattern, escape=_ESCAPE) for column, pattern in places))


def _pattern(word: str) -> str:
    for letter in (_ESCAPE, "%", "_"):
        word = word.replace(letter, _ESCAPE + letter)
    return f"%{word}%"
