"""How an import comes along: its rate, the time left, what it would start, and its refused rows one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select

from campaigns.imports.records import RowProblem
from campaigns.services.import_undo import UNDONE, undo_of
from campaigns.services.imports import OPEN, problems_of
from campaigns.storage.models import Event, Import, PendingEvent, Subscription, Version, Workflow
from campaigns.storage.transaction import TenantSession

_CREATES = "lead.created"
_CHANGES = ("lead.field_changed", "lead.status_changed", "lead.owner_changed")
_LISTS = "list.added"
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Progress:
    """`rate` in rows a second, `left` until the end; None while nothing can be said. `is_starting`: events wait."""

    share: float
    rate: float | None
    left: timedelta | None
    is_starting: bool

    @property
    def is_moving(self) -> bool:
        return self.share < 1 or self.is_starting


def progress_of(session: TenantSession, entry: Import) -> Progress:
    """Return how far an import is. What it started counts on after its last row, until no event of it waits."""
    if (undone := undo_of(entry)) is not None:
        done = undone.events / max(entry.created + entry.changed, 1)
        return Progress(1.0 if entry.status == UNDONE else min(done, 1.0), None, None, is_starting=False)
    is_open = entry.status in OPEN
    share = 1.0 if entry.status == "done" else min(entry.bytes_done / max(entry.size, 1), 1.0)
    rate, left = _pace(entry, session.now) if entry.status == "running" else (None, None)
    waits = not is_open and entry.finished_at is not None and _has_pending(session, entry.id)
    return Progress(share, rate, left, waits)


def _pace(entry: Import, now: datetime) -> tuple[float | None, timedelta | None]:
    since = entry.position.get("since")
    if not since:
        return None, None
    seconds = (now - datetime.fromisoformat(since[0])).total_seconds()
    rows, read = entry.rows - since[1], entry.bytes_done - since[2]
    if seconds < 1 or read <= 0:
        return None, None
    return rows / seconds, timedelta(seconds=max(entry.size - entry.bytes_done, 0) * seconds / read)


def _has_pending(session: TenantSession, import_id: UUID) -> bool:
    tenant_id = session.tenant_id
    mine = and_(Event.tenant_id == tenant_id, Event.id == PendingEvent.event_id, Event.source_id == import_id)
    waiting = select(PendingEvent.event_id).join(Event, mine).where(PendingEvent.tenant_id == tenant_id).limit(1)
    return session.scalar(waiting) is not None


@dataclass(frozen=True, slots=True)
class Listening:
    """Names of the active workflows that an import could start: by new leads, by changed ones, by its list."""

    created: tuple[str, ...]
    changed: tuple[str, ...]
    listed: tuple[str, ...]


def listening(session: TenantSession) -> Listening:
    """Return what an import would start if its workflows switch is on; whether a lead fits is seen lead by lead."""
    tenant_id = session.tenant_id
    statement = (
        select(Workflow.name, Subscription.event_type, Subscription.trigger_id, Version.document)
        .join(Workflow, and_(Workflow.tenant_id == tenant_id, Workflow.id == Subscription.workflow_id))
        .join(Version, and_(Version.tenant_id == tenant_id, Version.id == Subscription.version_id))
        .where(Subscription.tenant_id == tenant_id, Subscription.mode == "start")
        .where(Subscription.event_type.in_((_CREATES, _LISTS, *_CHANGES)))
        .order_by(Workflow.name)
    )
    rows: Sequence[Any] = session.execute(statement).all()
    heard = [(str(row.name), str(row.event_type)) for row in rows if _takes_imports(row.document, row.trigger_id)]
    return Listening(
        _names(heard, _CREATES),
        _names(heard, *_CHANGES),
        _names(heard, _LISTS),
    )


def _names(heard: list[tuple[str, str]], *events: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name, event in heard if event in events))


def _takes_imports(document: Mapping[str, Any], trigger_id: str) -> bool:
    """Say whether a trigger listens to leads from imports; one that names another source does not."""
    config: Mapping[str, Any] = next(
        (one["config"] for one in document.get("triggers", []) if one.get("id") == trigger_id), {}
    )
    return config.get("source", "any") in ("any", "import")


def all_problems(read: Callable[[], AbstractContextManager[TenantSession]], import_id: UUID) -> Iterator[RowProblem]:
    """Yield an import's refused rows by line, a page at a time: never all of them in memory."""
    after = 0
    while True:
        with read() as session:
            rows = problems_of(session, import_id, after_line=after, limit=_PAGE)
        yield from (RowProblem(row.line, row.column, row.reason, row.cells) for row in rows)
        if len(rows) < _PAGE:
            return
        after = rows[-1].line
