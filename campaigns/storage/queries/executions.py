"""Executions as pages list them, and how many stand where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select

from campaigns.storage.models import (
    Execution,
    Lead,
    Token,
    Version,
    Workflow,
)
from campaigns.storage.queries.stopping import FINAL, OPEN
from campaigns.storage.transaction import TenantSession


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of a list of executions; `section` and `wake_at` say where its token stands, if it has one."""

    id: UUID
    workflow_key: str
    workflow_name: str
    version: int
    lead_id: UUID | None
    lead_label: str
    status: str
    reason: str
    created_at: datetime
    finished_at: datetime | None
    section: str | None
    wake_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which executions a list shows; None means any. `before` is the id after which the page begins."""

    workflow: str | None = None
    lead: UUID | None = None
    status: str | None = None
    section: str | None = None
    reason: str | None = None
    before: UUID | None = None


def load_page(session: TenantSession, wanted: Wanted, *, limit: int) -> list[Summary]:
    """Return executions, newest first, in one query."""
    tenant_id = session.tenant_id
    token = and_(Token.tenant_id == tenant_id, Token.execution_id == Execution.id, Token.number == 0)
    statement = (
        select(
            Execution.id, Workflow.key, Workflow.name, Version.number, Execution.lead_id, _lead_label(),
            Execution.status, Execution.reason, Execution.created_at, Execution.finished_at, Token.section,
            Token.wake_at,
        )
        .join(Workflow, and_(Workflow.tenant_id == tenant_id, Workflow.id == Execution.workflow_id))
        .join(Version, and_(Version.tenant_id == tenant_id, Version.id == Execution.version_id))
        .outerjoin(Lead, and_(Lead.tenant_id == tenant_id, Lead.id == Execution.lead_id))
        .outerjoin(Token, token)
        .where(Execution.tenant_id == tenant_id, *_conditions(tenant_id, wanted))
        .order_by(Execution.id.desc())
        .limit(limit)
    )  # fmt: skip
    rows: list[Any] = list(session.execute(statement))
    return [Summary(*row) for row in rows]


def count_inside(session: TenantSession, workflow_id: UUID) -> list[tuple[int, str, int]]:
    """Return (version number, section, count) of all tokens of a workflow; the start is section ""."""
    tenant_id = session.tenant_id
    execution = and_(Execution.tenant_id == tenant_id, Execution.id == Token.execution_id)
    statement = (
        select(Version.number, Token.section, func.count())
        .select_from(Token)
        .join(Execution, execution)
        .join(Version, and_(Version.tenant_id == tenant_id, Version.id == Execution.version_id))
        .where(Token.tenant_id == tenant_id, Token.workflow_id == workflow_id)
        .group_by(Version.number, Token.section)
        .order_by(Version.number.desc(), Token.section)
    )
    return [(number, section, count) for number, section, count in session.execute(statement)]


def count_by_version(session: TenantSession, workflow_id: UUID) -> dict[UUID, int]:
    """Return how many executions each version has that are not ended."""
    own = (Execution.tenant_id == session.tenant_id, Execution.workflow_id == workflow_id)
    statement = select(Execution.version_id, func.count()).where(
        *own, Execution.status != "finished", Execution.status.not_in(FINAL)
    )
    return dict(session.execute(statement.group_by(Execution.version_id)).all())


def count_people(session: TenantSession, workflow_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many different leads have something open in each of these workflows."""
    own = (Execution.tenant_id == session.tenant_id, Execution.workflow_id.in_(workflow_ids))
    statement = select(Execution.workflow_id, func.count(Execution.lead_id.distinct())).where(
        *own, Execution.status != "finished", Execution.status.in_(OPEN)
    )
    return dict(session.execute(statement.group_by(Execution.workflow_id)).all()) if workflow_ids else {}


def _conditions(tenant_id: UUID, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.workflow is not None:
        own = select(Workflow.id).where(Workflow.tenant_id == tenant_id, Workflow.key == wanted.workflow)
        found.append(Execution.workflow_id == own.scalar_subquery())
    if wanted.lead is not None:
        found.append(Execution.lead_id == wanted.lead)
    if wanted.status is not None:
        found.append(Execution.status == wanted.status)
    if wanted.section is not None:
        here = (Token.tenant_id == tenant_id, Token.execution_id == Execution.id, Token.section == wanted.section)
        found.append(exists().where(*here).correlate(Execution))
    if wanted.reason:
        found += [Execution.reason.icontains(wanted.reason, autoescape=True), Execution.status != "finished"]
    if wanted.before is not None:
        found.append(Execution.id < wanted.before)
    return found


def _lead_label() -> ColumnElement[str]:
    name = func.trim(func.coalesce(Lead.first_name, "") + " " + func.coalesce(Lead.last_name, ""))
    return func.coalesce(func.nullif(name, ""), Lead.email, Lead.external_id, "")
