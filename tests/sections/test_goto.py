"""flow.goto: jumps, at most so many times, and never where a fork or a listener forbids it."""

import pytest

from campaigns.engine.validation import parse
from campaigns.errors import Invalid
from tests.support.lines import Line, hours, listener, note
from tests.support.programs import KINDS, document, item


def test_each_jump_is_a_visit_and_after_the_last_it_goes_on():
    line = Line(note("a"), item("flow.goto", "g", section="a", max_visits=2), note("b"))
    assert line.steps == [
        ("a", "done"), ("g", "done"), ("a", "done"), ("g", "done"), ("a", "done"), ("g", "exhausted"), ("b", "done"),
    ]  # fmt: skip


def test_visits_are_counted_over_waits():
    line = Line(hours("a"), item("flow.goto", "g", section="a", max_visits=3), note("b"))
    line.pass_time(hours=9)
    assert (line.status, line.steps.count(("a", "resumed"))) == ("finished", 4)


def test_it_jumps_into_and_out_of_branches():
    yes = {"yes": [note("y"), item("flow.goto", "g", section="end", max_visits=1)]}
    line = Line(item("flow.if", "i", condition={"all": []}, branches=yes), note("never"), note("end"))
    assert line.steps == [("i", "yes"), ("y", "done"), ("g", "done"), ("end", "done")]


def refused(*sections):
    with pytest.raises(Invalid) as error:
        parse(document(*sections), KINDS)
    return {problem.path: problem.message for problem in error.value.problems}


def test_a_target_has_to_be_there():
    found = refused(item("flow.goto", "g", section="nowhere"))
    assert found == {"/sections/0/config/section": "there is no section nowhere"}


def test_it_does_not_jump_into_a_fork_nor_from_one_branch_into_another():
    fork = item("flow.fork", "f", branches={"a": [note("a1")], "b": [item("flow.goto", "g", section="a1")]})
    found = refused(fork, item("flow.goto", "h", section="a1"))
    assert found == {
        "/sections/0/branches/b/0/config/section": "a1 stands in another branch of a fork",
        "/sections/1/config/section": "a1 stands in another branch of a fork",
    }


def test_it_does_not_jump_into_or_out_of_what_a_listener_runs():
    heard = note("s") | {"listeners": [listener("t2", "x", note("l1"), item("flow.goto", "g", section="s"))]}
    assert refused(heard, item("flow.goto", "h", section="l1")) == {
        "/sections/0/listeners/0/sections/1/config/section": "s stands outside of what this listener runs",
        "/sections/1/config/section": "l1 stands in what a listener runs",
    }


def test_within_one_branch_of_a_fork_it_may_jump():
    branch = [note("a1"), item("flow.goto", "g", section="a1", max_visits=1)]
    line = Line(item("flow.fork", "f", branches={"a": branch}), note("after"))
    assert line.steps.count(("a1", "done")) == 2
    assert line.steps[-1] == ("after", "done")
