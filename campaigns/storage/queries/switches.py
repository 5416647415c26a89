"""Planned switches of workflows: read for lists of them, and dropped when the workflow is as they wanted it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, delete, func, select

from campaigns.storage.models import PlannedSwitch, Workflow
from campaigns.storage.transaction import TenantSession

_SILENT = {"synchronize_session": False}


def planned(session: TenantSession, workflow_id: UUID) -> list[PlannedSwitch]:
    """Return what is planned for a workflow, the next first; also what could not be carried out."""
    own = select(PlannedSwitch).where(PlannedSwitch.workflow_id == workflow_id)
    return list(session.scalars(own.order_by(PlannedSwitch.at)))


def failed(session: TenantSession) -> list[tuple[PlannedSwitch, Workflow]]:
    """Return the tenant's switches that could not be carried out, with their workflows, by name."""
    own = and_(Workflow.tenant_id == PlannedSwitch.tenant_id, Workflow.id == PlannedSwitch.workflow_id)
    statement = select(PlannedSwitch, Workflow).join(Workflow, own).where(PlannedSwitch.failed_because != "")
    return [(row, workflow) for row, workflow in session.execute(statement.order_by(Workflow.name))]


def drop(session: TenantSession, workflow_id: UUID, turn: str, *, only_failed: bool = False) -> None:
    """Forget what was planned for a workflow in one direction, or only what could not be carried out."""
    own = [PlannedSwitch.tenant_id == session.tenant_id, PlannedSwitch.workflow_id == workflow_id]
    own += [PlannedSwitch.turn == turn, *([PlannedSwitch.failed_because != ""] if only_failed else [])]
    session.execute(delete(PlannedSwitch).where(*own), execution_options=_SILENT)


def first(session: TenantSession, *, by: datetime | None = None) -> PlannedSwitch | None:
    """Return the next switch that waits to be carried out, or (with `by`) that has come by then."""
    statement = select(PlannedSwitch).where(PlannedSwitch.failed_because == "")
    if by is not None:
        statement = statement.where(PlannedSwitch.at <= by)
    return session.scalar(statement.order_by(PlannedSwitch.at, PlannedSwitch.id).limit(1))


def next_at(session: TenantSession) -> datetime | None:
    """Return when the next switch of the tenant is due."""
    return session.scalar(select(func.min(PlannedSwitch.at)).where(PlannedSwitch.failed_because == ""))
