"""What versions refer to: who uses a thing, and letting go of what only dead versions used."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, delete, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from campaigns.storage.models import Execution, Version, VersionRef, Workflow
from campaigns.storage.transaction import TenantSession

FINAL = ("finished", "stopped", "cancelled")


@dataclass(frozen=True, slots=True)
class Use:
    """A version that is live, or that an unfinished execution runs."""

    workflow_key: str
    workflow_name: str
    version: int


def find_uses(session: TenantSession, column: InstrumentedAttribute[UUID | None], *ids: UUID) -> list[Use]:
    """Return the versions that use one of these rows and are live or not finished with; `column` of version_refs."""
    tenant_id = session.tenant_id
    unfinished = exists().where(
        Execution.tenant_id == tenant_id, Execution.version_id == Version.id, Execution.status.not_in(FINAL),
        Execution.workflow_id == Version.workflow_id,
    )  # fmt: skip
    statement = (
        select(Workflow.key, Workflow.name, Version.number)
        .join(Version, and_(Version.tenant_id == tenant_id, Version.workflow_id == Workflow.id))
        .join(VersionRef, and_(VersionRef.tenant_id == tenant_id, VersionRef.version_id == Version.id))
        .where(Workflow.tenant_id == tenant_id, column.in_(ids))
        .where(or_(and_(Workflow.is_active, Workflow.live_version == Version.number), unfinished))
        .distinct()
        .order_by(Workflow.name, Version.number)
    )
    return [Use(key, name, number) for key, name, number in session.execute(statement)]


def forget(session: TenantSession, column: InstrumentedAttribute[UUID | None], *ids: UUID) -> None:
    """Remove the references to these rows; to be called when `find_uses` found nobody."""
    session.execute(delete(VersionRef).where(VersionRef.tenant_id == session.tenant_id, column.in_(ids)))
