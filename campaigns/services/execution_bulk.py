"""Acting on many executions of a workflow, a chunk at a time: retrying those that failed, cancelling those under way.

Ending waits stands in `waking`, taking leads to another section in `relocating`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from campaigns.engine.document import Document, Limits
from campaigns.services import audit
from campaigns.services.endings import teller
from campaigns.services.execution_chunks import MOST_COUNTED, Chosen, Chunk, count_fitting, next_ids
from campaigns.services.executions import CANCELLED
from campaigns.services.workflows import get_workflow
from campaigns.storage.models import Execution, Message, Version
from campaigns.storage.queries import stopping
from campaigns.storage.queries.retrying import Failed, Retrying
from campaigns.storage.transaction import TenantSession

CHUNK = 2000
_CANCELLED = (*stopping.OPEN, "failed")


def retry_some(session: TenantSession, chosen: Chosen, *, after: UUID | None = None, most: int | None = None) -> Chunk:
    """Let the next of the chosen executions that failed go on where they failed; others are passed over.

    So are those whose slot was given away meanwhile: they rest as they are.
    """
    stopping.stop_batches(session, recall=True)
    workflow = get_workflow(session, chosen.filters.workflow or "")
    ids, more = next_ids(session, chosen, after, most or CHUNK)
    retrying = Retrying(session, workflow.id)
    failed = retrying.find(ids)
    limits = {retrying.native.id(key): value for key, value in _limits(session, workflow.id).items()}
    going = list(_with_slot(failed, limits, active=retrying.active()))
    if going:
        session.make_due("run", retrying.start(going), lane="timed")
        audit.record(session, "executions.retried", kind="workflow", target=workflow.key, executions=len(going))
        session.flush()
    return Chunk(len(going), more)


def cancel_some(session: TenantSession, chosen: Chosen, *, after: UUID | None = None, most: int | None = None) -> Chunk:
    """Cancel the next of the chosen executions that have not ended; others are passed over."""
    stopping.stop_batches(session, recall=True)
    workflow = get_workflow(session, chosen.filters.workflow or "")
    ids, more = next_ids(session, chosen, after, most or CHUNK)
    tell = teller(session, workflow.id, "cancelled")
    count = stopping.cancel(session, workflow.id, statuses=_CANCELLED, reason=CANCELLED, ids=ids, tell=tell)
    if count:
        audit.record(session, "executions.cancelled", kind="workflow", target=workflow.key, executions=count)
        session.flush()
    return Chunk(count, more)


def count_failed(session: TenantSession, chosen: Chosen, *, most: int = MOST_COUNTED) -> int:
    """Return how many of the chosen executions have failed; more than `most` are not counted to their end."""
    return _count(session, chosen, ("failed",), most)


def count_open(session: TenantSession, chosen: Chosen, *, most: int = MOST_COUNTED) -> int:
    """Return how many of the chosen executions have not ended; more than `most` are not counted to their end."""
    return _count(session, chosen, _CANCELLED, most)


def count_planned(session: TenantSession, chosen: Chosen) -> int:
    """Return how many mails of the first chosen executions wait to be handed over: of a chunk, not of all."""
    ids, _ = next_ids(session, chosen, None, CHUNK)
    own = (Message.tenant_id == session.tenant_id, Message.execution_id.in_(ids), Message.state == "planned")
    return session.scalar(select(func.count()).select_from(Message).where(*own)) or 0


def _count(session: TenantSession, chosen: Chosen, statuses: Sequence[str], most: int) -> int:
    workflow = get_workflow(session, chosen.filters.workflow or "")
    own = (Execution.tenant_id == session.tenant_id, Execution.workflow_id == workflow.id)
    statement = select(func.count()).select_from(Execution).where(*own, Execution.status.in_(statuses))

    def fitting(ids: Sequence[UUID]) -> int:
        return session.scalar(statement.where(Execution.id.in_(ids))) or 0

    return count_fitting(session, chosen, fitting, chunk=CHUNK, most=most)


def _limits(session: TenantSession, workflow_id: UUID) -> dict[UUID, Limits]:
    own = (Version.tenant_id == session.tenant_id, Version.workflow_id == workflow_id)
    rows = session.execute(select(Version.id, Version.document).where(*own))
    return {row[0]: Document.model_validate(row[1]).settings.limits for row in rows}


def _with_slot(failed: Sequence[Failed], limits: Mapping[Any, Limits], *, active: int) -> Iterator[Failed]:
    """Yield those that the limits leave a slot for."""
    taken = Counter[Any]()
    for one in failed:
        own = limits[one.version_id]
        if own.active_total and active >= own.active_total:
            continue
        if one.lead_id is not None and own.per_lead_active and one.active + taken[one.lead_id] >= own.per_lead_active:
            continue
        taken[one.lead_id] += 1
        active += 1
        yield one
