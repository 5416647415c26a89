"""Executions as pages list them, and changing many of them at once: hold, release, cancel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, case, delete, exists, func, null, select, update

from campaigns.storage.models import (
    Due,
    Enrolment,
    Execution,
    Lead,
    Message,
    OutboxItem,
    SectionCount,
    Token,
    Version,
    Workflow,
    WorkflowTotal,
)
from campaigns.storage.transaction import TenantSession

OPEN = ("ready", "running", "waiting", "listening", "held")
FINAL = ("finished", "stopped", "cancelled")
_HOLDING_A_SLOT = ("ready", "running", "waiting", "held")
_SILENT = {"synchronize_session": False}


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
    before: UUID | None = None


def stop_batches(session: TenantSession, shards: Sequence[int] | None = None) -> None:
    """Let the batches that are being written commit, and keep others from writing until this transaction ends.

    To be called before any other lock is taken; on SQLite the write transaction does the same by itself.
    """
    query = select(Due.shard).where(Due.tenant_id == session.tenant_id, Due.kind == "run").order_by(Due.shard)
    if shards is not None:
        query = query.where(Due.shard.in_(shards))
    session.execute(query.with_for_update()).all()


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


def hold(session: TenantSession, workflow_id: UUID) -> int:
    """Hold every open execution of a workflow: nothing wakes it until it is released. Return how many."""
    chosen = _own(session, workflow_id, ("ready", "running", "waiting", "listening"))
    tokens = _tokens_of(session, workflow_id, chosen)
    values = {"due_at": func.coalesce(Token.wake_at, Token.due_at), "wake_at": null()}
    session.execute(tokens.values(values), execution_options=_SILENT)
    return _changed(session, update(Execution).where(*chosen).values(status="held"))


def release(session: TenantSession, workflow_id: UUID) -> dict[int, datetime]:
    """Let held executions go on when they were due; return by shard when the first of them is."""
    chosen = _own(session, workflow_id, ("held",))
    at = func.coalesce(Token.due_at, session.now)
    held = select(Execution.id).where(*chosen)
    own = (Token.tenant_id == session.tenant_id, Token.workflow_id == workflow_id, Token.execution_id.in_(held))
    moments = select(Token.shard, func.min(at, type_=Token.wake_at.type)).where(*own).group_by(Token.shard)
    due = dict(session.execute(moments).all())
    waits = exists().where(
        Token.tenant_id == session.tenant_id, Token.execution_id == Execution.id, Token.data.is_not(null())
    )
    tokens = _tokens_of(session, workflow_id, chosen).values(wake_at=at)
    session.execute(tokens, execution_options=_SILENT)
    status = case((waits, "waiting"), else_="ready")
    session.execute(update(Execution).where(*chosen).values(status=status), execution_options=_SILENT)
    return due


def cancel(
    session: TenantSession, workflow_id: UUID, *, statuses: Sequence[str], reason: str, execution_id: UUID | None = None
) -> int:
    """Cancel a workflow's executions of these statuses (or one of them), with all that counts them. Return how many."""
    chosen = _own(session, workflow_id, statuses, execution_id)
    ids = select(Execution.id).where(*chosen)
    _uncount_sections(session, workflow_id, chosen)
    _give_slots_back(session, workflow_id, chosen)
    _count_cancelled(session, workflow_id, chosen)
    _skip_mails(session, ids, reason)
    tokens = delete(Token).where(Token.tenant_id == session.tenant_id, Token.workflow_id == workflow_id)
    session.execute(tokens.where(Token.execution_id.in_(ids)), execution_options=_SILENT)
    ended = {"status": "cancelled", "reason": reason, "finished_at": session.now}
    return _changed(session, update(Execution).where(*chosen).values(ended))


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
    statement = select(Execution.version_id, func.count()).where(
        *_own(session, workflow_id, (*OPEN, "failed")), Execution.status != "finished"
    )
    return dict(session.execute(statement.group_by(Execution.version_id)).all())


def _own(
    session: TenantSession, workflow_id: UUID, statuses: Sequence[str], execution_id: UUID | None = None
) -> list[ColumnElement[bool]]:
    found = [Execution.tenant_id == session.tenant_id, Execution.workflow_id == workflow_id]
    found.append(Execution.status.in_(statuses))
    if execution_id is not None:
        found.append(Execution.id == execution_id)
    return found


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
    if wanted.before is not None:
        found.append(Execution.id < wanted.before)
    return found


def _lead_label() -> ColumnElement[str]:
    name = func.trim(func.coalesce(Lead.first_name, "") + " " + func.coalesce(Lead.last_name, ""))
    return func.coalesce(func.nullif(name, ""), Lead.email, Lead.external_id, "")


def _tokens_of(session: TenantSession, workflow_id: UUID, chosen: list[ColumnElement[bool]]) -> Any:
    own = (Token.tenant_id == session.tenant_id, Token.workflow_id == workflow_id)
    return update(Token).where(*own, Token.execution_id.in_(select(Execution.id).where(*chosen)))


def _uncount_sections(session: TenantSession, workflow_id: UUID, chosen: list[ColumnElement[bool]]) -> None:
    tenant_id = session.tenant_id
    here = (
        select(func.count())
        .select_from(Token)
        .join(Execution, and_(Execution.tenant_id == tenant_id, Execution.id == Token.execution_id))
        .where(Token.tenant_id == tenant_id, Token.workflow_id == workflow_id, *chosen)
        .where(Token.section == SectionCount.section, Execution.version_id == SectionCount.version_id)
        .correlate(SectionCount)
    )
    waiting = here.where(Execution.status != "failed", Token.data.is_not(null()))
    failed = here.where(Execution.status == "failed")
    versions = select(Version.id).where(Version.tenant_id == tenant_id, Version.workflow_id == workflow_id)
    values = {
        "waiting": SectionCount.waiting - waiting.scalar_subquery(),
        "failed": SectionCount.failed - failed.scalar_subquery(),
    }
    counts = update(SectionCount).where(SectionCount.tenant_id == tenant_id, SectionCount.version_id.in_(versions))
    session.execute(counts.values(values), execution_options=_SILENT)


def _give_slots_back(session: TenantSession, workflow_id: UUID, chosen: list[ColumnElement[bool]]) -> None:
    holding = (*chosen, Execution.status.in_(_HOLDING_A_SLOT))
    leads = select(Execution.lead_id).where(*holding)
    slots = select(func.count()).where(*holding, Execution.lead_id == Enrolment.lead_id).correlate(Enrolment)
    own = (Enrolment.tenant_id == session.tenant_id, Enrolment.workflow_id == workflow_id)
    enrolments = update(Enrolment).where(*own, Enrolment.lead_id.in_(leads))
    values = {"active": Enrolment.active - slots.scalar_subquery()}
    session.execute(enrolments.values(values), execution_options=_SILENT)


def _count_cancelled(session: TenantSession, workflow_id: UUID, chosen: list[ColumnElement[bool]]) -> None:
    def count(*more: ColumnElement[bool]) -> ScalarSelect[int]:
        return select(func.count()).select_from(Execution).where(*chosen, *more).scalar_subquery()

    own = (WorkflowTotal.tenant_id == session.tenant_id, WorkflowTotal.workflow_id == workflow_id)
    values = {
        "active": WorkflowTotal.active - count(Execution.status.in_(_HOLDING_A_SLOT)),
        "failed": WorkflowTotal.failed - count(Execution.status == "failed"),
        "cancelled": WorkflowTotal.cancelled + count(),
    }
    session.execute(update(WorkflowTotal).where(*own).values(values), execution_options=_SILENT)


def _skip_mails(session: TenantSession, ids: Select[UUID], reason: str) -> None:
    """Mails that were planned and not yet handed over are not sent any more."""
    tenant_id = session.tenant_id
    planned = (Message.tenant_id == tenant_id, Message.execution_id.in_(ids), Message.state == "planned")
    items = select(Message.id).where(*planned)
    outbox = delete(OutboxItem).where(OutboxItem.tenant_id == tenant_id, OutboxItem.message_id.in_(items))
    session.execute(outbox, execution_options=_SILENT)
    skipped = {"state": "skipped", "reason": reason, "settled_at": session.now}
    session.execute(update(Message).where(*planned).values(skipped), execution_options=_SILENT)


def _changed(session: TenantSession, statement: Any) -> int:
    return session.execute(statement, execution_options=_SILENT).rowcount  # type: ignore[attr-defined, no-any-return]  # an UPDATE's result has it
