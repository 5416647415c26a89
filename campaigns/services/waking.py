"""Run now: ending the wait for a time before it comes, of one execution or of many that stand at a section.

The wait is answered by the worker as if its time had come; the receipt says who wanted that, and when.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from campaigns.errors import NotFound, NotWaiting
from campaigns.services import audit
from campaigns.services.execution_chunks import MOST_COUNTED, Chosen, Chunk, count_fitting, next_ids
from campaigns.services.workflows import get_workflow
from campaigns.storage.models import Execution
from campaigns.storage.queries import stopping
from campaigns.storage.queries.waking import Timed, find_timed, hasten
from campaigns.storage.transaction import TenantSession

CHUNK = 2000

__all__ = ["MOST_COUNTED", "Chosen", "Chunk", "count_timed", "find_timed", "wake_execution", "wake_some"]


def wake_execution(session: TenantSession, execution_id: UUID, *, section: str | None = None) -> Execution:
    """End what an execution waits for by time, at one section or wherever it does.

    Raise NotFound, and NotWaiting when it is held or has ended, or waits for something else than a time.
    """
    execution = session.scalar(select(Execution).where(Execution.id == execution_id))
    if execution is None:
        raise NotFound(f"There is no execution {execution_id}.")
    stopping.stop_batches(session, recall=True)
    session.refresh(execution)
    timed = find_timed(session, [execution_id], section=section)
    if not timed:
        raise NotWaiting(_why_not(execution, section))
    _wake(session, timed, lane="interactive")
    sections = sorted({one.section for one in timed})
    audit.record(session, "execution.woken", kind="execution", target=str(execution_id), sections=sections)
    session.flush()
    return execution


def wake_some(session: TenantSession, chosen: Chosen, *, after: UUID | None = None, most: int | None = None) -> Chunk:
    """End the waits of the next executions that were chosen; others that do not wait for a time are passed over.

    `after` is where the chunk before ended. The filters name a workflow and a section; raise NotFound without them.
    """
    stopping.stop_batches(session, recall=True)
    ids, more = next_ids(session, chosen, after, most or CHUNK)
    timed = _timed(session, chosen, ids)
    if timed:
        _wake(session, timed, lane="timed")
        count = len({one.execution_id for one in timed})
        key, section = chosen.filters.workflow or "", chosen.filters.section
        audit.record(session, "executions.woken", kind="workflow", target=key, section=section, executions=count)
        session.flush()
    return Chunk(len({one.execution_id for one in timed}), more)


def count_timed(session: TenantSession, chosen: Chosen, *, most: int = MOST_COUNTED) -> int:
    """Return how many of the chosen executions wait for a time; more than `most` are not counted to their end."""
    return count_fitting(
        session,
        chosen,
        lambda ids: len({one.execution_id for one in _timed(session, chosen, ids)}),
        chunk=CHUNK,
        most=most,
    )


def _timed(session: TenantSession, chosen: Chosen, ids: Sequence[UUID]) -> list[Timed]:
    workflow, section = chosen.filters.workflow, chosen.filters.section
    if not workflow or not section:
        raise NotFound("Name a workflow and a section of it.")
    return find_timed(session, ids, section=section, workflow_id=get_workflow(session, workflow).id)


def _wake(session: TenantSession, timed: Sequence[Timed], *, lane: str) -> None:
    actor = session.actor
    by: dict[str, Any] = {"by": actor.name or actor.kind, "at": session.now.isoformat().replace("+00:00", "Z")}
    hasten(session, timed, by)
    session.make_due("run", {one.shard for one in timed}, lane=lane)


def _why_not(execution: Execution, section: str | None) -> str:
    if execution.status in stopping.FINAL:
        return f"The execution has ended already: {execution.status}."
    if execution.status in ("held", "failed"):
        return f"The execution is {execution.status}: no time runs for it."
    where = f" at {section}" if section else ""
    return f"The execution does not wait for a time{where}: it goes on by itself, or waits for something else."
