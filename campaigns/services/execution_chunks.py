"""Executions that were chosen in a list, a chunk at a time: what acts on many of them goes on from chunk to chunk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from campaigns.services import execution_pages
from campaigns.services.execution_pages import Cursor, Filters
from campaigns.storage.transaction import TenantSession

MOST_COUNTED = 10_000  # a question before many are changed says "more than" from here on


@dataclass(frozen=True, slots=True)
class Chosen:
    """Executions of a workflow (by key): those with these ids, or all that the filters find."""

    filters: Filters
    ids: Sequence[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one go has done: how many executions were changed, and where to go on (None: that was all)."""

    changed: int
    after: UUID | None


def next_ids(session: TenantSession, chosen: Chosen, after: UUID | None, most: int) -> tuple[list[UUID], UUID | None]:
    """Return the next ids, newest first, and the last of them when there are more."""
    if chosen.ids is not None:
        own = sorted(set(chosen.ids), reverse=True)
        left = [one for one in own if after is None or one < after]
        ids, more = left[:most], len(left) > most
    else:
        filters = replace(chosen.filters, oldest=False)
        page = execution_pages.find_ids(session, filters, Cursor(before=after), limit=most + 1)
        ids, more = page[:most], len(page) > most
    return ids, ids[-1] if more else None


def count_fitting(
    session: TenantSession,
    chosen: Chosen,
    fitting: Callable[[list[UUID]], int],
    *,
    chunk: int,
    most: int = MOST_COUNTED,
) -> int:
    """Return of how many of the chosen `fitting` says so; more than `most` are not counted to their end."""
    count, after = 0, None
    while count <= most:
        ids, after = next_ids(session, chosen, after, chunk)
        count += fitting(ids)
        if after is None:
            break
    return count
