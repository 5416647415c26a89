"""Workflows as pages list them, and deleting one with all that hangs on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, func, select, update
from sqlalchemy.orm import aliased

from campaigns.storage.models import (
    Admission,
    Draft,
    EmailTemplate,
    Execution,
    Message,
    PlannedSwitch,
    Subscription,
    TemplateVersion,
    Version,
    VersionRef,
    Workflow,
    WorkflowTotal,
)
from campaigns.storage.transaction import TenantSession

_SILENT = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Outline:
    """What a list of workflows shows besides the row: the draft, what is live, whether a template moved on."""

    draft_revision: int
    draft: dict[str, Any]
    live: dict[str, Any] | None
    templates_moved: bool
    totals: dict[str, int]
    switches: list[PlannedSwitch]
    admission: Admission | None


TOTALS = ("active", "started", "finished", "stopped", "cancelled", "failed", "refused")


def load_outlines(session: TenantSession, workflow_ids: Sequence[UUID]) -> dict[UUID, Outline]:
    """Return the outlines of these workflows, in one query."""
    tenant_id = session.tenant_id
    live = and_(
        Version.tenant_id == tenant_id, Version.workflow_id == Workflow.id, Version.number == Workflow.live_version
    )
    moved = exists().where(
        VersionRef.tenant_id == tenant_id,
        VersionRef.version_id == Version.id,
        TemplateVersion.tenant_id == tenant_id,
        TemplateVersion.id == VersionRef.template_version_id,
        EmailTemplate.tenant_id == tenant_id,
        EmailTemplate.id == TemplateVersion.template_id,
        EmailTemplate.revision > TemplateVersion.revision,
    )
    on, off = aliased(PlannedSwitch), aliased(PlannedSwitch)
    running = and_(Admission.workflow_id == Workflow.id, Admission.status == "running")
    totals = [getattr(WorkflowTotal, name) for name in TOTALS]
    statement = (
        select(Workflow.id, Draft.revision, Draft.document, Version.document, moved, on, off, Admission, *totals)
        .join(Draft, and_(Draft.tenant_id == tenant_id, Draft.workflow_id == Workflow.id))
        .join(WorkflowTotal, and_(WorkflowTotal.tenant_id == tenant_id, WorkflowTotal.workflow_id == Workflow.id))
        .outerjoin(Version, live)
        .outerjoin(on, _planned(on, "activate", tenant_id))
        .outerjoin(off, _planned(off, "deactivate", tenant_id))
        .outerjoin(Admission, and_(running, Admission.tenant_id == tenant_id))
        .where(Workflow.tenant_id == tenant_id, Workflow.id.in_(workflow_ids))
    )
    return {
        row[0]: Outline(
            row[1],
            row[2],
            row[3],
            bool(row[4]),
            dict(zip(TOTALS, row[8:], strict=True)),
            sorted((one for one in row[5:7] if one is not None), key=lambda one: one.at),
            row[7],
        )
        for row in session.execute(statement)
    }


def _planned(switch: Any, turn: str, tenant_id: UUID) -> ColumnElement[bool]:
    return and_(switch.tenant_id == tenant_id, switch.workflow_id == Workflow.id, switch.turn == turn)


def count_by_status(session: TenantSession, workflow_id: UUID) -> dict[str, int]:
    """Return how many executions of a workflow are not ended, by status; read from the index of the open ones."""
    statement = select(Execution.status, func.count()).where(
        Execution.tenant_id == session.tenant_id,
        Execution.workflow_id == workflow_id,
        Execution.status != "finished",
        Execution.status.not_in(("stopped", "cancelled")),
    )
    return dict(session.execute(statement.group_by(Execution.status)).all())


def delete_with_history(session: TenantSession, workflow: Workflow) -> None:
    """Delete a workflow that nothing runs in, with its versions and executions; mails stay, without their origin."""
    tenant_id, workflow_id = session.tenant_id, workflow.id
    own = select(Execution.id).where(Execution.tenant_id == tenant_id, Execution.workflow_id == workflow_id)
    mails = update(Message).where(Message.tenant_id == tenant_id, Message.execution_id.in_(own))
    session.execute(mails.values(execution_id=None), execution_options=_SILENT)
    for model, column in (
        (Execution, Execution.workflow_id),
        (Subscription, Subscription.workflow_id),
        (Workflow, Workflow.id),
    ):
        statement = delete(model).where(model.tenant_id == tenant_id, column == workflow_id)
        session.execute(statement, execution_options=_SILENT)
    session.expunge(workflow)
