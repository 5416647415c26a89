"""Counting what passes a limit: at most so many within a window of time that slides, exactly.

What has passed counts as long as the window reaches back to it; what was blocked does not count.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaigns.engine.outcome import Limit

PASS, BLOCK = "pass", "block"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it passes. `count`: what has passed within the window, this included; `again_at`: when one may again."""

    passes: bool
    count: int
    again_at: datetime | None = None


def passes_always(_limit: Limit) -> Verdict:
    """The answer where nobody counts."""
    return Verdict(True, 1)


@dataclass(slots=True)
class Counter:
    """When something passed by one key, oldest first. `times` and `within`: the most that anybody has asked of it."""

    passes: list[datetime] = field(default_factory=list)
    times: int = 0
    within: timedelta = timedelta()

    def ask(self, limit: Limit, now: datetime) -> Verdict:
        """Answer, and count what passes."""
        self.times, self.within = max(self.times, limit.times), max(self.within, limit.within)
        place = bisect_right(self.passes, now)
        count = place - bisect_right(self.passes, now - limit.within)
        full = self._full(limit, now, place)
        if full is not None:
            return Verdict(False, count, full + limit.within)
        insort(self.passes, now)
        return Verdict(True, count + 1)

    def kept(self, now: datetime) -> list[datetime]:
        """Return the passes that may still count for anybody who has asked."""
        first = bisect_right(self.passes, now - self.within)
        return self.passes[max(first, len(self.passes) - self.times) :]

    def _full(self, limit: Limit, now: datetime, place: int) -> datetime | None:
        """Return the first pass of the latest window that has no room for this moment, or None.

        Nearly always all passes lie before the moment, and there is one window to look at. Where a clock was set back,
        and where a simulation takes one lead after another, some lie behind it, and theirs must have room as well.
        """
        passes, times = self.passes, limit.times
        if place == len(passes):
            first = passes[place - times] if place >= times else None
            return first if first is not None and now - first < limit.within else None
        near = [*passes[max(0, place - times) : place], now, *passes[place : place + times]]
        full = [first for first, last in zip(near, near[times:], strict=False) if last - first < limit.within]
        return max(full, default=None)


class Counters:
    """Counters in memory, by key: what a simulation counts."""

    def __init__(self) -> None:
        self._counters: dict[tuple[bool, tuple[str, ...]], Counter] = {}

    def ask(self, limit: Limit, now: datetime) -> Verdict:
        """Answer at a moment, and count what passes."""
        return self._counters.setdefault((limit.shared, limit.key), Counter()).ask(limit, now)
