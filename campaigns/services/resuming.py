"""Going on after a pause: what becomes of held executions whose time has passed meanwhile.

They go on at once, end, are spread over some hours, or only the latest of each lead goes on. Others wait as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

from campaigns.errors import Invalid, Problem
from campaigns.services.endings import teller
from campaigns.storage.queries import overdue as queries
from campaigns.storage.queries import stopping
from campaigns.storage.queries.bulk import Native
from campaigns.storage.queries.overdue import Late
from campaigns.storage.transaction import TenantSession

Plan = Literal["send", "skip", "spread", "latest"]
PLANS: tuple[str, ...] = get_args(Plan)
MOST_HOURS = 24 * 30
SKIPPED = "its time passed while the workflow was paused"  # why an execution has ended that does not go on


@dataclass(frozen=True)
class Resume:
    """What becomes of who is late. `hours`: over how many they are spread."""

    plan: str = "send"
    hours: int = 24

    def __post_init__(self) -> None:
        problems = [] if self.plan in PLANS else [Problem("/overdue", f"is one of {', '.join(PLANS)}")]
        if not 1 <= self.hours <= MOST_HOURS:
            problems.append(Problem("/spread_hours", f"is a whole number from 1 to {MOST_HOURS}"))
        if problems:
            raise Invalid(problems=problems)


@dataclass(frozen=True, slots=True)
class Overdue:
    """How many held executions are late, and of how many leads."""

    executions: int
    leads: int


AT_ONCE = Resume()


def count_overdue(session: TenantSession, workflow_id: UUID) -> Overdue:
    """Return who would go on at once if the workflow were activated now."""
    return Overdue(*queries.count(session, workflow_id))


def go_on(session: TenantSession, workflow_id: UUID, resume: Resume) -> dict[int, datetime]:
    """Release what is held, by the plan; return by shard when the first is due."""
    late = queries.find(session, workflow_id) if resume.plan != "send" else []
    if resume.plan == "skip":
        _end(session, workflow_id, late)
    elif resume.plan == "latest":
        _end(session, workflow_id, _earlier(late))
    due = stopping.release(session, workflow_id)
    if resume.plan == "spread":
        queries.put_off(session, _spread(late, session.now, timedelta(hours=resume.hours)))
    return due


def _spread(late: Sequence[Late], now: datetime, span: timedelta) -> list[tuple[UUID, datetime]]:
    """Return a time for each, evenly over the span, the first at once: who has waited longest goes first."""
    return [(one.execution_id, now + span * number / len(late)) for number, one in enumerate(late)]


def _earlier(late: Iterable[Late]) -> list[Late]:
    """Return all but the latest of each lead; who is late is given in the order of time."""
    latest = {one.lead_id: one.execution_id for one in late if one.lead_id is not None}
    return [one for one in late if one.lead_id is not None and latest[one.lead_id] != one.execution_id]


def _end(session: TenantSession, workflow_id: UUID, late: Sequence[Late]) -> None:
    native, tell = Native(session.connection()), teller(session, workflow_id, "stopped")
    for start in range(0, len(late), stopping.CHUNK):
        part = late[start : start + stopping.CHUNK]
        ids = [native.id(one.execution_id) for one in part]
        versions = [native.id(one.version_id) for one in part]
        leads = [native.id(one.lead_id) if one.lead_id is not None else None for one in part]
        stopping.stop_executions(session, ids, reason=SKIPPED)
        if tell is not None:
            tell(stopping.Chosen(ids, versions, leads, ["held"] * len(ids)))
