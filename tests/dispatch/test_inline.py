"""Work in the caller: never inside of itself, and never at the price of the caller's success."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from campaigns.dispatch.inline import Inline

TENANT = UUID("01900000-0000-7000-8000-000000000001")


class Queue:
    """A list of due items; doing one may call back."""

    def __init__(self, *due: int) -> None:
        self.due = list(due)
        self.done: list[int] = []
        self.depth = self.deepest = 0
        self.on_item: Callable[[int], None] = lambda item: None

    def drain(self, deadline: Callable[[], bool]) -> bool:
        """One item a call, so that more is left."""
        self.depth += 1
        self.deepest = max(self.deepest, self.depth)
        try:
            if self.due and not deadline():
                item = self.due.pop(0)
                self.on_item(item)
                self.done.append(item)
        finally:
            self.depth -= 1
        return bool(self.due)

    def tick(self) -> None:
        self.due.append(99)


def test_all_work_is_done_when_wake_returns() -> None:
    inline, queue = Inline(), Queue(1, 2, 3)
    inline.start(queue)
    inline.wake(TENANT, "bulk")
    assert queue.done == [1, 2, 3]


def test_a_wake_from_within_the_work_asks_for_another_round_and_no_recursion() -> None:
    inline, queue = Inline(), Queue(1)

    def make_more(item: int) -> None:
        if item < 50:
            queue.due.append(item + 1)
            inline.wake(TENANT, "bulk")

    queue.on_item = make_more
    inline.start(queue)
    inline.wake(TENANT, "bulk")
    assert (queue.done, queue.deepest) == (list(range(1, 51)), 1)


def test_a_stop_from_within_the_work_is_told_to_it() -> None:
    inline, queue = Inline(), Queue(1, 2)

    def stop(item: int) -> None:
        assert not inline.stop(0), "this very item is still in hand"

    queue.on_item = stop
    inline.start(queue)
    inline.wake(TENANT, "bulk")
    assert (queue.done, queue.due) == ([1], [2])


def test_a_failure_is_raised_to_whoever_ticks_and_not_to_whoever_wakes() -> None:
    inline, queue = Inline(), Queue(1, 2)

    def fail(item: int) -> None:
        raise RuntimeError("the work fails")

    queue.on_item = fail
    inline.start(queue)
    inline.wake(TENANT, "bulk")
    with pytest.raises(RuntimeError, match="the work fails"):
        inline.tick()


def test_a_tick_does_the_duties_and_what_they_make_due() -> None:
    inline, queue = Inline(), Queue(1)
    inline.start(queue)
    inline.tick()
    assert queue.done == [1, 99]
