"""Executions: found, described, cancelled and retried. Starting them by hand stands in `starts`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import select, update

from campaigns.engine.document import Document, walk, walk_triggers
from campaigns.engine.matching import refusal_text
from campaigns.errors import Conflict, LimitReached, NotFound
from campaigns.services import audit
from campaigns.services.endings import teller
from campaigns.services.starts import start_by_hand, start_for_list
from campaigns.storage.models import Execution, SectionCount, Step, Token, Version, Workflow
from campaigns.storage.queries import enrolments, stopping
from campaigns.storage.queries import executions as queries
from campaigns.storage.queries.due import shard_of
from campaigns.storage.queries.executions import Summary, Wanted
from campaigns.storage.transaction import TenantSession

CANCELLED = "cancelled by hand"

__all__ = [
    "Detail",
    "Filters",
    "Summary",
    "cancel_execution",
    "describe_execution",
    "describe_summary",
    "get_execution",
    "list_executions",
    "retry_execution",
    "start_by_hand",
    "start_for_list",
]


class Filters(TypedDict, total=False):
    """Which executions a list shows: a workflow's (by key), a lead's, of a status, with a token at a section now.

    `reason` is looked for in why they failed or ended.
    """

    workflow: str | None
    lead: UUID | None
    status: str | None
    section: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Detail:
    """One execution with everything that its page shows."""

    execution: Execution
    workflow: Workflow
    version: Version
    steps: list[Step]
    tokens: list[Token]


def list_executions(
    session: TenantSession, *, before: UUID | None = None, limit: int = 50, **filters: Unpack[Filters]
) -> list[Summary]:
    """Return executions, newest first; `before`: the last id of the page before."""
    return queries.load_page(session, Wanted(before=before, **filters), limit=limit)


def describe_summary(summary: Summary) -> dict[str, Any]:
    """Return a line of a list as the API answers it."""
    return {
        "id": summary.id,
        "workflow": summary.workflow_key,
        "version": summary.version,
        "lead": summary.lead_id,
        "status": summary.status,
        "reason": summary.reason,
        "created_at": summary.created_at,
        "finished_at": summary.finished_at,
    }


def get_execution(session: TenantSession, execution_id: UUID) -> Detail:
    """Return an execution with its steps, tokens and version; raise NotFound."""
    tenant_id = session.tenant_id
    statement = (
        select(Execution, Workflow, Version)
        .join(Workflow, Workflow.id == Execution.workflow_id)
        .join(Version, Version.id == Execution.version_id)
        .where(Execution.tenant_id == tenant_id, Workflow.tenant_id == tenant_id, Version.tenant_id == tenant_id)
        .where(Execution.id == execution_id)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFound(f"There is no execution {execution_id}.")
    steps = session.scalars(select(Step).where(Step.execution_id == execution_id).order_by(Step.number))
    tokens = session.scalars(select(Token).where(Token.execution_id == execution_id).order_by(Token.number))
    return Detail(row[0], row[1], row[2], list(steps), list(tokens))


def describe_execution(detail: Detail) -> dict[str, Any]:
    """Return an execution as the API answers it, with state, tokens and steps; times and ids as values."""
    execution = detail.execution
    types = _types(detail.version.document)
    return {
        "id": execution.id,
        "workflow": detail.workflow.key,
        "version": detail.version.number,
        "lead": execution.lead_id,
        "status": execution.status,
        "reason": execution.reason,
        "created_at": execution.created_at,
        "finished_at": execution.finished_at,
        "event": execution.event_id,
        "trigger": execution.trigger_id,
        "state": execution.state or {},
        "tokens": [
            {"number": token.number, "section": token.section, "wake_at": token.wake_at, "entered_at": token.entered_at}
            for token in detail.tokens
        ],
        "steps": [
            {
                "section": step.section,
                "type": types.get(step.section),
                "outcome": step.outcome,
                "at": step.at,
                "receipt": step.receipt or {},
            }
            for step in detail.steps
        ],
    }


def cancel_execution(session: TenantSession, execution_id: UUID) -> Execution:
    """End an execution as cancelled; raise Conflict when it has ended already."""
    execution = _stopped(session, execution_id)
    statuses = (*stopping.OPEN, "failed")
    tell = teller(session, execution.workflow_id, "cancelled")
    if execution.status in stopping.FINAL or not stopping.cancel(
        session, execution.workflow_id, statuses=statuses, reason=CANCELLED, ids=[execution_id], tell=tell
    ):
        raise Conflict(f"The execution has ended already: {execution.status}.")
    audit.record(session, "execution.cancelled", kind="execution", target=str(execution_id))
    session.flush()
    session.refresh(execution)
    return execution


def retry_execution(session: TenantSession, execution_id: UUID) -> Execution:
    """Let a failed execution go on at the section that failed, with the state it had.

    Raise Conflict when it has not failed, LimitReached when its slot was given away.
    """
    execution = _stopped(session, execution_id)
    own = (Execution.tenant_id == session.tenant_id, Execution.id == execution_id, Execution.status == "failed")
    again = {"status": "ready", "reason": "", "finished_at": None, "attempts": 0}
    result: Any = session.execute(
        update(Execution).where(*own).values(again), execution_options={"synchronize_session": False}
    )
    if result.rowcount != 1:
        raise Conflict(f"Only a failed execution can be retried; this one is {execution.status}.")
    _take_slot(session, execution)
    _wake(session, execution)
    audit.record(session, "execution.retried", kind="execution", target=str(execution_id))
    session.flush()
    session.refresh(execution)
    return execution


def _stopped(session: TenantSession, execution_id: UUID) -> Execution:
    """Return the execution as it is once no batch works on it any more."""
    found = session.scalar(select(Execution).where(Execution.id == execution_id))
    if found is None:
        raise NotFound(f"There is no execution {execution_id}.")
    stopping.stop_batches(session, recall=True)
    session.refresh(found)
    return found


def _shard(execution: Execution) -> int:
    return shard_of(execution.lead_id or execution.event_id or execution.id)


def _take_slot(session: TenantSession, execution: Execution) -> None:
    version = session.scalars(select(Version).where(Version.id == execution.version_id)).one()
    limits = Document.model_validate(version.document).settings.limits
    if execution.lead_id is not None and not enrolments.take_slot_again(
        session, execution.workflow_id, execution.lead_id, limits
    ):
        raise LimitReached("per_lead_active", refusal_text("per_lead_active"))
    if not enrolments.count_retried(session, execution.workflow_id, limits):
        raise LimitReached("active_total", refusal_text("active_total"))


def _wake(session: TenantSession, execution: Execution) -> None:
    """Set the token at the failed section to be decided now, and take the failure off the section's count."""
    tokens = session.scalars(select(Token).where(Token.execution_id == execution.id)).all()
    token = next((one for one in tokens if not (one.data or {}).get("entered")), None)  # the others are its forks
    if token is None:
        last = select(Step.section).where(Step.execution_id == execution.id).order_by(Step.number.desc()).limit(1)
        token = Token(
            execution_id=execution.id,
            number=0,
            workflow_id=execution.workflow_id,
            section=session.scalar(last) or "",
            shard=_shard(execution),
        )
        session.add(token)
    token.wake_at = token.due_at = token.entered_at = session.now
    own = (SectionCount.tenant_id == session.tenant_id, SectionCount.version_id == execution.version_id)
    counts = update(SectionCount).where(*own, SectionCount.section == token.section)
    session.execute(counts.values(failed=SectionCount.failed - 1), execution_options={"synchronize_session": False})
    session.make_due("run", [token.shard], lane="interactive")


def _types(raw: dict[str, Any]) -> dict[str, str]:
    document = Document.model_validate(raw)
    items: Iterable[Any] = [item for item, _, _ in walk(document.sections)]
    triggers = [trigger for trigger, _ in walk_triggers(document)]
    return {item.id: item.type for item in [*items, *triggers]}
