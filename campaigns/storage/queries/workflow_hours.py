"""The hours of workflows: where their counters stood when an hour began, and how far they are now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, delete, select, update

from campaigns.storage.models import Execution, Message, OutboxItem, Workflow, WorkflowHour, WorkflowTotal
from campaigns.storage.transaction import TenantSession

HOURS = 8 * 24  # are kept of each workflow
HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SILENT = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Standing:
    """A workflow that listens: its counters (starts, mails) now, and when the hour began; None when nobody looked."""

    workflow_id: UUID
    now: tuple[int, int]
    before: tuple[int, int] | None


def hour_of(moment: datetime) -> datetime:
    """Return the hour (in UTC) that a moment is in, as its beginning."""
    return moment - (moment - _EPOCH) % HOUR


def _slot(hour: datetime) -> int:
    return (hour - _EPOCH) // HOUR % HOURS


def standings(session: TenantSession) -> list[Standing]:
    """Return how the workflows that listen stand in this hour."""
    hour, total = hour_of(session.now), WorkflowTotal
    at_its_beginning = and_(
        WorkflowHour.tenant_id == session.tenant_id,
        WorkflowHour.workflow_id == total.workflow_id,
        WorkflowHour.slot == _slot(hour),
        WorkflowHour.hour == hour,
    )
    rows = session.execute(
        select(total.workflow_id, total.unasked, total.unasked_mails, WorkflowHour.unasked, WorkflowHour.unasked_mails)
        .join(Workflow, and_(Workflow.tenant_id == session.tenant_id, Workflow.id == total.workflow_id))
        .outerjoin(WorkflowHour, at_its_beginning)
        .where(total.tenant_id == session.tenant_id, Workflow.is_active)
    )
    return [Standing(row[0], (row[1], row[2]), (row[3], row[4]) if row[3] is not None else None) for row in rows]


def begin_hour(session: TenantSession, rows: Sequence[Standing]) -> None:
    """Note where the counters of these workflows stand at the beginning of this hour. Workers that do both agree."""
    hour = hour_of(session.now)
    for row in rows:
        place = (session.tenant_id, row.workflow_id, _slot(hour))
        session.merge(WorkflowHour(
            tenant_id=place[0], workflow_id=place[1], slot=place[2], hour=hour,
            unasked=row.now[0], unasked_mails=row.now[1],
        ))  # fmt: skip
    session.flush()


def history(session: TenantSession, workflow_id: UUID) -> list[tuple[datetime, tuple[int, int]]]:
    """Return the hours that are known of a workflow, the first one first, each with its counters at its beginning."""
    rows = session.scalars(
        select(WorkflowHour)
        .where(WorkflowHour.workflow_id == workflow_id, WorkflowHour.hour > session.now - HOURS * HOUR)
        .order_by(WorkflowHour.hour)
    )
    return [(row.hour, (row.unasked, row.unasked_mails)) for row in rows]


def forget_hour(session: TenantSession, workflow_id: UUID) -> None:
    """Let this hour of a workflow begin anew with the next look."""
    own = (WorkflowHour.tenant_id == session.tenant_id, WorkflowHour.workflow_id == workflow_id)
    statement = delete(WorkflowHour).where(*own, WorkflowHour.slot == _slot(hour_of(session.now)))
    session.execute(statement, execution_options=_SILENT)


def count_mails(session: TenantSession, workflow_id: UUID, count: int) -> None:
    """Count mails that leave for executions that nobody has asked for."""
    own = (WorkflowTotal.tenant_id == session.tenant_id, WorkflowTotal.workflow_id == workflow_id)
    values = {"unasked_mails": WorkflowTotal.unasked_mails + count}
    session.execute(update(WorkflowTotal).where(*own).values(values), execution_options=_SILENT)


def wake_mails(session: TenantSession, workflow_id: UUID) -> set[int]:
    """Have the planned mails of a workflow looked at now; return their shards."""
    planned = (
        select(OutboxItem.message_id, OutboxItem.shard)
        .join(Message, and_(Message.tenant_id == session.tenant_id, Message.id == OutboxItem.message_id))
        .join(Execution, and_(Execution.tenant_id == session.tenant_id, Execution.id == Message.execution_id))
        .where(OutboxItem.tenant_id == session.tenant_id, OutboxItem.lease_until.is_(None))
        .where(Execution.workflow_id == workflow_id, OutboxItem.next_at > session.now)
    )
    rows = session.execute(planned).all()
    ids = [row.message_id for row in rows]
    for start in range(0, len(ids), 500):
        own = (OutboxItem.tenant_id == session.tenant_id, OutboxItem.message_id.in_(ids[start : start + 500]))
        statement = update(OutboxItem).where(*own, OutboxItem.lease_until.is_(None)).values(next_at=session.now)
        session.execute(statement, execution_options=_SILENT)
    return {row.shard for row in rows}
