"""One runner thread: no wake is lost, no failure ends it, and the tick is only another wake."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from campaigns.dispatch.embedded import Embedded
from campaigns.dispatch.runner import LONGEST_PAUSE_SECONDS, pause_after

TENANT = UUID("01900000-0000-7000-8000-000000000001")
PATIENCE = 20.0
NEVER = 3600.0


class Scripted:
    """Work whose every look does what the test says: `script(number of the look)` is its answer."""

    def __init__(
        self, script: Callable[[int], bool] = lambda look: False, tick: Callable[[], None] | None = None
    ) -> None:
        self.script = script
        self.on_tick = tick
        self.looks = 0
        self.threads: set[int] = set()
        self.changed = threading.Condition()

    def drain(self, deadline: Callable[[], bool]) -> bool:
        with self.changed:
            self.looks += 1
            look = self.looks
            self.threads.add(threading.get_ident())
            self.changed.notify_all()
        return self.script(look)

    def tick(self) -> None:
        if self.on_tick is not None:
            self.on_tick()

    def wait_for(self, looks: int) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: self.looks >= looks, PATIENCE)


@pytest.fixture
def embedded() -> Iterator[Embedded]:
    made = Embedded(tick_seconds=NEVER)
    yield made
    assert made.stop(PATIENCE)


def test_a_wake_while_draining_is_not_lost(embedded: Embedded) -> None:
    def wake_in_the_first(look: int) -> bool:
        if look == 1:
            embedded.wake(TENANT, "bulk")
        return False

    work = Scripted(wake_in_the_first)
    embedded.start(work)
    assert work.wait_for(2)


def test_work_that_stopped_with_more_to_do_goes_on_by_itself(embedded: Embedded) -> None:
    work = Scripted(lambda look: look < 5)
    embedded.start(work)
    assert work.wait_for(5)


def test_work_runs_in_one_thread_that_is_not_the_callers(embedded: Embedded) -> None:
    work = Scripted(lambda look: look < 20)
    embedded.start(work)
    callers = [threading.Thread(target=embedded.wake, args=(TENANT, "interactive")) for _ in range(8)]
    for caller in callers:
        caller.start()
    assert work.wait_for(20)
    assert len(work.threads) == 1
    assert threading.get_ident() not in work.threads


def test_failing_work_is_tried_again_without_any_wake(embedded: Embedded) -> None:
    def fail_once(look: int) -> bool:
        if look == 1:
            raise RuntimeError("the work fails")
        return False

    work = Scripted(fail_once)
    embedded.start(work)
    assert work.wait_for(2)


def test_a_stop_cuts_the_pause_after_failures_short() -> None:
    def fail(look: int) -> bool:
        raise RuntimeError("the work fails")

    embedded, work = Embedded(tick_seconds=NEVER), Scripted(fail)
    embedded.start(work)
    assert work.wait_for(5)
    assert pause_after(5) > 1.5
    assert embedded.stop(1.0)


def test_pauses_grow_up_to_half_a_minute() -> None:
    pauses = [pause_after(failures) for failures in range(1, 100)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.1, LONGEST_PAUSE_SECONDS)


def test_failing_duties_do_not_keep_work_waiting(embedded: Embedded) -> None:
    def fail() -> None:
        raise RuntimeError("the duties fail")

    work = Scripted(tick=fail)
    embedded.start(work)
    assert work.wait_for(1)


def test_what_is_noticed_between_two_ticks_is_looked_for() -> None:
    noticed = iter([False, True])
    embedded, work = Embedded(tick_seconds=NEVER, noticed=lambda: next(noticed, False)), Scripted()
    embedded.start(work)
    assert work.wait_for(2)
    assert embedded.stop(PATIENCE)
    assert work.looks == 2


def test_failing_to_notice_counts_as_noticing() -> None:
    def fail() -> bool:
        raise OSError("the file is gone")

    embedded, work = Embedded(tick_seconds=NEVER, noticed=fail), Scripted()
    embedded.start(work)
    assert work.wait_for(3)
    assert embedded.stop(PATIENCE)
