"""Taking slots of a workflow: the database decides, by conditional statements that say who was admitted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, and_, literal_column, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from campaigns.engine.document import Limits
from campaigns.storage.models import Due, Enrolment, WorkflowTotal
from campaigns.storage.transaction import TenantSession

_SILENT = {"synchronize_session": False}


def join_batches(session: TenantSession, shards: Sequence[int]) -> None:
    """Stand where a batch of these shards would: beside other batches, and not while somebody stops them.

    To be called before any other lock is taken; on SQLite the write transaction does the same by itself.
    """
    own = (Due.tenant_id == session.tenant_id, Due.kind == "run", Due.shard.in_(shards))
    query = select(Due.shard).where(*own).order_by(Due.shard)
    session.execute(query.with_for_update(read=True, key_share=True)).all()


def enrol(session: TenantSession, workflow_id: UUID, lead_ids: Sequence[UUID], limits: Limits) -> set[UUID]:
    """Take one slot for each of these leads, in one statement; return those who were admitted."""
    if not lead_ids:
        return set()
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    table = Enrolment.__table__
    insert = dialect.insert(table)
    statement = insert.on_conflict_do_update(
        index_elements=["tenant_id", "workflow_id", "lead_id"],
        set_={
            "active": table.c.active + literal_column("1", Integer),
            "ever": table.c.ever + literal_column("1", Integer),
            "last_started": insert.excluded.last_started,
        },
        where=and_(_below(table.c.active, limits.per_lead_active), _below(table.c.ever, limits.per_lead_ever)),
    ).returning(table.c.lead_id)
    same = {"tenant_id": session.tenant_id, "workflow_id": workflow_id, "last_started": session.now}
    rows = [{**same, "lead_id": lead_id, "active": 1, "ever": 1} for lead_id in lead_ids]
    return set(session.scalars(statement, rows))


def take_slot_again(session: TenantSession, workflow_id: UUID, lead_id: UUID, limits: Limits) -> bool:
    """Take a slot for an execution that was in the workflow before; return whether the limit allows it."""
    own = (Enrolment.tenant_id == session.tenant_id, Enrolment.workflow_id == workflow_id, Enrolment.lead_id == lead_id)
    statement = update(Enrolment).where(*own, _below(Enrolment.active, limits.per_lead_active))
    return _one(session, statement.values(active=Enrolment.active + 1))


def lock_active(session: TenantSession, workflow_id: UUID) -> int:
    """Return how many executions of a workflow hold a slot; nobody changes it until the transaction ends."""
    own = (WorkflowTotal.tenant_id == session.tenant_id, WorkflowTotal.workflow_id == workflow_id)
    return session.scalars(select(WorkflowTotal.active).where(*own).with_for_update()).one()


def count_started(session: TenantSession, workflow_id: UUID, count: int, limits: Limits) -> bool:
    """Count executions that start; return whether the limit of all together allows it."""
    values = {"active": WorkflowTotal.active + count, "started": WorkflowTotal.started + count}
    return _one(session, _totals(session, workflow_id, limits, count).values(values))


def count_retried(session: TenantSession, workflow_id: UUID, limits: Limits) -> bool:
    """Count an execution that failed and goes on; return whether the limit of all together allows it."""
    values = {"active": WorkflowTotal.active + 1, "failed": WorkflowTotal.failed - 1}
    return _one(session, _totals(session, workflow_id, limits, 1).values(values))


def count_refused(session: TenantSession, workflow_id: UUID, count: int) -> None:
    """Count starts that were refused."""
    own = (WorkflowTotal.tenant_id == session.tenant_id, WorkflowTotal.workflow_id == workflow_id)
    statement = update(WorkflowTotal).where(*own).values(refused=WorkflowTotal.refused + count)
    session.execute(statement, execution_options=_SILENT)


def _totals(session: TenantSession, workflow_id: UUID, limits: Limits, count: int) -> Any:
    own = (WorkflowTotal.tenant_id == session.tenant_id, WorkflowTotal.workflow_id == workflow_id)
    most = limits.active_total
    return update(WorkflowTotal).where(*own, WorkflowTotal.active + count <= most if most else true())


def _below(column: Any, limit: int) -> ColumnElement[bool]:
    """Limits are written into the statement: many rows go with it, and bound values would break them apart."""
    return column < literal_column(str(int(limit)), Integer) if limit else true()


def _one(session: TenantSession, statement: Any) -> bool:
    result: Any = session.execute(statement, execution_options=_SILENT)
    return bool(result.rowcount == 1)
