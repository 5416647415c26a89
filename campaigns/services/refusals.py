"""Starts that were refused: recorded, and looked up by workflow and lead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy import select

from campaigns.engine.matching import refusal_text
from campaigns.errors import Inactive, LimitReached
from campaigns.services.workflows import get_workflow
from campaigns.storage.models import Refusal, Workflow
from campaigns.storage.queries.bulk import Native, Same, insert
from campaigns.storage.queries.enrolments import count_refused
from campaigns.storage.transaction import TenantSession, writing


def list_refusals(
    session: TenantSession,
    *,
    workflow: str | None = None,
    lead: UUID | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[tuple[Refusal, str]]:
    """Return refusals with the workflow's key, newest first; `before` is the id after which the page begins."""
    statement = select(Refusal, Workflow.key).join(Workflow, Workflow.id == Refusal.workflow_id)
    statement = statement.where(Refusal.tenant_id == session.tenant_id, Workflow.tenant_id == session.tenant_id)
    if workflow is not None:
        statement = statement.where(Refusal.workflow_id == get_workflow(session, workflow).id)
    if lead is not None:
        statement = statement.where(Refusal.lead_id == lead)
    if before is not None:
        statement = statement.where(Refusal.id < before)
    return [(row, key) for row, key in session.execute(statement.order_by(Refusal.id.desc()).limit(limit))]


def describe_refusal(refusal: Refusal, workflow: str) -> dict[str, Any]:
    """Return a refusal as timelines and the API show it."""
    return {
        "at": refusal.at,
        "kind": "refusal",
        "text": refusal.text,
        "workflow": workflow,
        "lead": refusal.lead_id,
        "data": {"workflow": workflow, "limit": refusal.limit},
    }


def refuse(session: TenantSession, workflow_id: UUID, lead_id: UUID, limit: str) -> NoReturn:
    """Record one refusal in a transaction of its own, after rolling this one back, and raise it."""
    store, tenancy = session.store, session.tenancy
    session.rollback()
    with writing(store, tenancy) as own:
        store_refusals(own, workflow_id, {lead_id: limit})
    if limit == "inactive":
        raise Inactive(refusal_text(limit))
    raise LimitReached(limit, refusal_text(limit))


def store_refusals(session: TenantSession, workflow_id: UUID, refused: Mapping[UUID, str]) -> None:
    """Record refusals by lead and limit, and count them."""
    if not refused:
        return
    connection = session.connection()
    native = Native(connection)
    rows: dict[str, Any] = {
        "tenant_id": Same(native.id(session.tenant_id)),
        "id": native.ids(len(refused)),
        "workflow_id": Same(native.id(workflow_id)),
        "lead_id": [native.id(lead_id) for lead_id in refused],
        "limit": list(refused.values()),
        "text": [refusal_text(limit) for limit in refused.values()],
        "at": Same(native.moment(session.now)),
    }
    insert(connection, "refusals", rows)
    count_refused(session, workflow_id, len(refused))
