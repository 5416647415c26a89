"""Counting what passes: never more than so many in any window, whatever the order in which they come."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.engine.limits import Counter, Counters
from campaigns.engine.outcome import Limit
from tests.support.programs import NOW

MINUTE = timedelta(minutes=1)
MINUTES = st.lists(st.integers(0, 60), max_size=60)


def limit(times, minutes, *key, shared=False):
    return Limit(key or ("k",), times, minutes * MINUTE, shared)


def at(minutes):
    return NOW + minutes * MINUTE


def test_so_many_pass_and_the_next_is_told_when_it_would():
    counter = Counter()
    found = [counter.ask(limit(2, 10), at(minute)) for minute in (0, 3, 4)]
    assert [(one.passes, one.count) for one in found] == [(True, 1), (True, 2), (False, 2)]
    assert (found[0].again_at, found[2].again_at) == (None, at(10))


def test_what_passed_counts_until_the_window_has_left_it_behind_to_the_microsecond():
    counter = Counter([at(0)], 1, 10 * MINUTE)
    assert not counter.ask(limit(1, 10), at(10) - timedelta(microseconds=1)).passes
    assert counter.ask(limit(1, 10), at(10)).passes


def test_what_was_blocked_does_not_count():
    counter = Counter([at(0)])
    assert [counter.ask(limit(1, 10), at(minute)).passes for minute in (5, 9, 10)] == [False, False, True]


def test_each_counts_by_its_own_number_and_time_what_any_let_pass():
    counter = Counter()
    assert [counter.ask(limit(3, 1), at(minute)).passes for minute in (0, 0, 0, 0)] == [True, True, True, False]
    assert not counter.ask(limit(3, 60), at(2)).passes
    assert counter.ask(limit(4, 60), at(2)).passes


def test_only_what_may_still_count_for_anybody_is_kept():
    counter = Counter([at(minute) for minute in range(20)], 3, 5 * MINUTE)
    assert counter.kept(at(20)) == [at(17), at(18), at(19)]
    assert counter.kept(at(23)) == [at(19)]
    counter.ask(limit(9, 1), at(20))
    assert counter.kept(at(20)) == [at(minute) for minute in (16, 17, 18, 19, 20)]


@given(MINUTES, st.integers(1, 5), st.integers(1, 30))
def test_no_window_ever_holds_more_whatever_the_order(minutes, times, within):
    counter, asked = Counter(), limit(times, within)
    for minute in minutes:
        counter.ask(asked, at(minute))
    passed = counter.passes
    assert passed == sorted(passed)
    assert all(last - first >= asked.within for first, last in zip(passed, passed[times:], strict=False))


@given(MINUTES, st.integers(1, 5), st.integers(1, 30))
def test_in_order_it_blocks_nobody_for_whom_there_is_room_and_tells_when_there_is(minutes, times, within):
    counter, asked, passed = Counter(), limit(times, within), []
    for minute in sorted(minutes):
        room = sum(one > minute - within for one in passed) < times
        verdict = counter.ask(asked, at(minute))
        assert verdict.passes is room
        if room:
            passed.append(minute)
        else:
            again = verdict.again_at
            assert not Counter(list(counter.passes)).ask(asked, again - timedelta(microseconds=1)).passes
            assert Counter(list(counter.passes)).ask(asked, again).passes


@given(MINUTES, st.integers(1, 5), st.integers(1, 30))
def test_what_is_not_kept_makes_no_difference(minutes, times, within):
    whole, short, asked = Counter(), Counter(), limit(times, within)
    for before, minute in pairwise([0, *sorted(minutes)]):
        short.passes = short.kept(at(before))
        assert whole.ask(asked, at(minute)) == short.ask(asked, at(minute))


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (limit(1, 1, "a", "b"), limit(1, 1, "a", "b"), True),
        (limit(1, 1, "a", "b"), limit(1, 1, "b", "a"), False),
        (limit(1, 1, "a", "b"), limit(1, 1, "ab"), False),
        (limit(1, 1, "a"), limit(1, 1, "a", shared=True), False),
    ],
)
def test_counters_are_told_apart_by_all_of_the_key_and_by_whose_they_are(first, second, same):
    counters = Counters()
    assert counters.ask(first, NOW).passes
    assert counters.ask(second, NOW).passes is not same
