"""What mails in hand go back to: the workflow, whether it was stopped, and whether anybody has asked for the start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select

from campaigns.services.unasked import BY_WORKFLOWS, is_unasked
from campaigns.storage.models import Enrolment, Event, Execution, Message, Workflow
from campaigns.storage.queries import workflow_hours
from campaigns.storage.transaction import TenantSession


@dataclass(frozen=True, slots=True)
class Cause:
    """The workflow that a mail is of; `is_stopped`: by the brake; `is_unasked`: it counts for the brake."""

    workflow_id: UUID
    is_stopped: bool
    is_unasked: bool


class Causes:
    """Knows the causes of some mails: one query for all."""

    def __init__(self, session: TenantSession, messages: Sequence[Message]) -> None:
        self._by_execution = _find(session, {m.execution_id for m in messages if m.execution_id is not None})

    def rests(self, message: Message) -> bool:
        """Return whether a mail has to wait until a person lets its workflow go on."""
        cause = self._cause(message)
        return cause is not None and cause.is_stopped

    def count(self, session: TenantSession, messages: Iterable[Message]) -> None:
        """Count mails that leave now and that nobody has asked for."""
        causes = [cause for message in messages if (cause := self._cause(message)) is not None and cause.is_unasked]
        for workflow_id, count in sorted(Counter(cause.workflow_id for cause in causes).items()):
            workflow_hours.count_mails(session, workflow_id, count)

    def _cause(self, message: Message) -> Cause | None:
        return self._by_execution.get(message.execution_id) if message.execution_id is not None else None


def _find(session: TenantSession, executions: set[UUID]) -> dict[UUID, Cause]:
    tenant = session.tenant_id
    enrolled = and_(
        Enrolment.tenant_id == tenant,
        Enrolment.workflow_id == Execution.workflow_id,
        Enrolment.lead_id == Execution.lead_id,
    )
    rows = session.execute(
        select(
            Execution.id, Execution.workflow_id, Execution.lane, Execution.hop,
            Workflow.stopped_because, Event.source, Enrolment.ever,
        )
        .join(Workflow, and_(Workflow.tenant_id == tenant, Workflow.id == Execution.workflow_id))
        .outerjoin(Event, and_(Event.tenant_id == tenant, Event.id == Execution.event_id))
        .outerjoin(Enrolment, enrolled)
        .where(Execution.tenant_id == tenant, Execution.id.in_(executions))
    )  # fmt: skip
    return {row.id: Cause(row.workflow_id, row.stopped_because != "", _is_unasked(row)) for row in rows}


def _is_unasked(row: Any) -> bool:
    """One without an event was started by hand, or by another workflow: then it is some hops from a person."""
    source = row.source if row.source is not None else (BY_WORKFLOWS if row.hop else "")
    return is_unasked(source, row.lane, again=(row.ever or 0) > 1)
