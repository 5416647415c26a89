"""Undoing an import: the leads that it made go, those that it changed get their former values back.

What has been changed since stays: a lead that somebody else did something to, a value that is not the import's any
more. Executions that its events started are cancelled. A chunk of its events, newest first, is one transaction; the
mark of how far it has come stands in the import's position as `undo`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from campaigns.engine.events import LANES
from campaigns.errors import Conflict
from campaigns.services import audit
from campaigns.services.import_files import Uploads
from campaigns.services.import_restoring import Change, Restoring
from campaigns.services.imports import get_import
from campaigns.services.lead_erasure import erase_leads
from campaigns.storage.models import Event, Execution, Import, Lead, Note, Task
from campaigns.storage.queries import stopping
from campaigns.storage.queries.bulk import Native, Same, fetch, remove
from campaigns.storage.queries.due import shard_of
from campaigns.storage.queries.erasure import UNFINISHED
from campaigns.storage.transaction import TenantSession

CHUNK = 500
UNDONE = "undone"
_MADE = "lead.created"
_CAN = ("done", "cancelled", "failed")
_HISTORY = "SELECT lead_id, name, source, source_id FROM events WHERE tenant_id = :tenant AND lead_id IN :leads"
_BY_HAND = or_(Task.execution_id.is_(None), Task.done_at.is_not(None))  # somebody made the task, or did it
_SKEW = timedelta(days=1)  # by how much the clock of who writes an import's events may be behind


@dataclass(frozen=True, slots=True)
class Consequences:
    """What undoing does.

    Leads: `removed`, `kept` though the import made them, `changed` by it. `running`: executions that it started and
    that have not ended.
    """

    removed: int
    kept: int
    changed: int
    running: int


@dataclass(frozen=True, slots=True)
class Undo:
    """How far an undo is: `before` is the id of the last event undone. Leads removed, given values back, and kept."""

    before: str = ""
    events: int = 0
    removed: int = 0
    restored: int = 0
    kept: int = 0
    cancelled: int = 0


def undo_of(entry: Import) -> Undo | None:
    """Return how far the undoing of an import is, or None when it was never begun."""
    return Undo(**entry.position["undo"]) if "undo" in entry.position else None


def consequences(session: TenantSession, import_id: UUID) -> Consequences:
    """Return what undoing this import does; raise NotFound, or Conflict when it can't be undone."""
    entry = get_import(session, import_id)
    _check(session, entry)
    own = _own(session, entry)
    made = and_(*own, Event.name == _MADE)
    there = select(func.count()).select_from(Event).join(Lead, _is_lead_of_event(session)).where(made)
    created = session.scalar(there) or 0
    removed = session.scalar(there.where(~_touched(session, entry))) or 0
    leads = session.scalar(select(func.count(Event.lead_id.distinct())).where(*own)) or 0
    begun = (Execution.tenant_id == session.tenant_id, Execution.event_id.in_(select(Event.id).where(*own)))
    running = select(func.count()).select_from(Execution).where(*begun, Execution.status.in_(UNFINISHED))
    count = session.scalar(running) or 0
    return Consequences(removed, created - removed, max(leads - created, 0), count)


def undo(session: TenantSession, uploads: Uploads, import_id: UUID, *, size: int = CHUNK) -> Import:
    """Undo an import that has ended: its first chunk of `size` events at once, what is left by the worker.

    Raise NotFound, or Conflict when it can't be undone.
    """
    stopping.stop_batches(session, recall=True)  # before any other lock
    entry = session.get(Import, (session.tenant_id, import_id), with_for_update=True)
    entry = entry or get_import(session, import_id)
    _check(session, entry)
    numbers = {"created": entry.created, "updated": entry.changed}
    audit.record(session, "import.undone", kind="import", target=str(import_id), **numbers)
    entry.status, entry.reason, entry.finished_at = "running", "", None
    entry.position = {**entry.position, "undo": asdict(undo_of(entry) or Undo())}
    session.after_commit(lambda: uploads.discard(session.tenant_id, import_id))
    _undo_chunk(session, entry, size)
    return entry


def go_on(session: TenantSession, read: Import, *, size: int) -> None:
    """Do one more chunk of an undo, unless somebody stopped it or did that chunk since it was read."""
    stopping.stop_batches(session, recall=True)
    entry = session.get(Import, (session.tenant_id, read.id), with_for_update=True)
    if entry is not None and entry.status in ("pending", "running") and entry.position == read.position:
        entry.status = "running"
        _undo_chunk(session, entry, size)


def _check(session: TenantSession, entry: Import) -> None:
    if entry.status == UNDONE:
        raise Conflict("This import was undone already.")
    if entry.status not in _CAN:
        doing = "being undone" if "undo" in entry.position and entry.status != "draft" else entry.status
        raise Conflict(f"This import is {doing}: only one that has ended can be undone. Cancel it first.")
    did_something = entry.created or entry.changed
    if did_something and "undo" not in entry.position and not _page(session, entry, "", 1):
        raise Conflict("What this import did is not on record any more, so it can't be undone.")


def _own(session: TenantSession, entry: Import) -> tuple[ColumnElement[bool], ...]:
    """Say which events are the import's. Ids begin with their time: those from before it need not be looked at."""
    own = (Event.tenant_id == session.tenant_id, Event.id > _since(entry))
    return (*own, Event.source == "import", Event.source_id == entry.id)


def _since(entry: Import) -> UUID:
    milliseconds = max((entry.id.int >> 80) - _SKEW // timedelta(milliseconds=1), 0)
    return UUID(int=milliseconds << 80)


def _page(session: TenantSession, entry: Import, before: str, size: int) -> Sequence[Any]:
    wanted = select(Event.id, Event.name, Event.lead_id, Event.changes).where(*_own(session, entry))
    if before:
        wanted = wanted.where(Event.id < UUID(before))
    return session.execute(wanted.order_by(Event.id.desc()).limit(size)).all()


def _is_lead_of_event(session: TenantSession) -> ColumnElement[bool]:
    return and_(Lead.tenant_id == session.tenant_id, Lead.id == Event.lead_id)


def _touched(session: TenantSession, entry: Import) -> ColumnElement[bool]:
    """Say whether somebody did something with the lead of an event: neither the import nor an execution."""
    other = aliased(Event)
    events = select(other.lead_id).where(
        other.tenant_id == session.tenant_id,
        other.id > _since(entry),
        other.lead_id.is_not(None),
        other.source != "execution",
        or_(other.source_id.is_(None), other.source_id != entry.id),
    )
    mine = Note.execution_id.is_(None)
    notes = exists().where(Note.tenant_id == session.tenant_id, Note.lead_id == Event.lead_id, mine)
    tasks = exists().where(Task.tenant_id == session.tenant_id, Task.lead_id == Event.lead_id, _BY_HAND)
    return or_(Event.lead_id.in_(events), notes, tasks)


def _undo_chunk(session: TenantSession, entry: Import, size: int) -> None:
    """Undo the next events. Leads go before values come back: what has an address may be one that the import made."""
    mark = undo_of(entry) or Undo()
    rows = _page(session, entry, mark.before, size)
    living = [row for row in rows if row.lead_id is not None]
    cancelled = _stop(session, living)
    gone = _removable(session, entry, {row.lead_id for row in living})
    staying = [row for row in living if row.lead_id not in gone]
    removed = erase_leads(session, sorted(gone)) if gone else 0
    restoring, native = Restoring(session, entry.id), Native(session.connection())
    restoring.take_back([Change(native.id(row.lead_id), row.changes) for row in staying if row.name != _MADE])
    mark = Undo(
        before=str(rows[-1].id) if rows else mark.before,
        events=mark.events + len(rows),
        removed=mark.removed + removed,
        restored=mark.restored + len(restoring.restored),
        kept=mark.kept + len(restoring.kept) + sum(row.name == _MADE for row in staying),
        cancelled=mark.cancelled + cancelled,
    )
    entry.position = {**entry.position, "undo": asdict(mark)}
    if len(rows) < size:
        entry.status, entry.finished_at = UNDONE, session.now
    else:
        session.make_due("import", [0], lane="bulk")


def _stop(session: TenantSession, rows: Sequence[Any]) -> int:
    """Let events start nothing any more, and cancel the executions that they started; return how many."""
    native = Native(session.connection())
    pending: dict[str, Any] = {
        "tenant_id": Same(native.id(session.tenant_id)),
        "shard": [shard_of(row.lead_id) for row in rows],
        "lane": Same(LANES.index("bulk")),
        "event_id": [native.id(row.id) for row in rows],
    }
    remove(session.connection(), "pending_events", pending)
    own = (Execution.tenant_id == session.tenant_id, Execution.lead_id.in_([row.lead_id for row in rows]))
    begun = select(Execution.workflow_id, Execution.id).where(
        *own, Execution.event_id.in_([row.id for row in rows]), Execution.status.in_(UNFINISHED)
    )
    return sum(
        stopping.cancel(session, workflow_id, statuses=UNFINISHED, reason=UNDONE, ids=[execution_id])
        for workflow_id, execution_id in session.execute(begun.order_by(Execution.id)).all()
    )


def _removable(session: TenantSession, entry: Import, lead_ids: set[UUID]) -> set[UUID]:
    """Return which of these leads the import made, and nobody touched since."""
    if not lead_ids:
        return set()
    connection = session.connection()
    native = Native(connection)
    sql = (
        _HISTORY.replace("events", "events INDEXED BY ix_events_tenant_id_lead_id_id") if native.is_sqlite else _HISTORY
    )
    mine, made, touched = native.id(entry.id), set[UUID](), set[UUID]()
    leads = sorted(map(native.id, lead_ids))
    for lead, name, source, source_id in fetch(connection, sql, {"tenant": native.id(session.tenant_id)}, leads=leads):
        if source_id != mine and source != "execution":
            touched.add(native.uuid(lead))
        elif source_id == mine and name == _MADE:
            made.add(native.uuid(lead))
    notes = select(Note.lead_id).where(Note.tenant_id == session.tenant_id, Note.lead_id.in_(made))
    tasks = select(Task.lead_id).where(Task.tenant_id == session.tenant_id, Task.lead_id.in_(made), _BY_HAND)
    touched |= {*session.scalars(notes.where(Note.execution_id.is_(None))), *session.scalars(tasks)}
    return made - touched
