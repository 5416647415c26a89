"""Threads beside the runner: so many and no more, each until nothing is left, and none after the stop."""

from __future__ import annotations

import threading

from campaigns.dispatch.aside import Aside

PATIENCE = 30.0


def test_a_thread_works_until_there_is_nothing_left():
    left = [True, True, False]
    aside = Aside(1)
    assert aside.begin(lambda: left.pop(0))
    assert aside.wait(PATIENCE)
    assert left == []


def test_there_are_so_many_and_no_more_and_each_ends():
    let_go = threading.Event()
    aside = Aside(2)
    assert [aside.begin(lambda: not let_go.wait(PATIENCE)) for _ in range(3)] == [True, True, False]
    assert not aside.wait(0)
    let_go.set()
    assert aside.wait(PATIENCE)
    assert aside.begin(lambda: False)
    assert aside.stop(PATIENCE)


def test_work_that_fails_ends_its_thread_and_no_more():
    aside = Aside(1)
    for _ in range(2):
        assert aside.begin(lambda: bool(1 // 0))
        assert aside.wait(PATIENCE)


def test_nothing_begins_after_the_stop():
    aside = Aside(1)
    assert aside.stop(PATIENCE)
    assert not aside.begin(lambda: False)
