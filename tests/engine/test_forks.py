"""Forks: branches side by side, what joins them, who leaves them, and what a failure or a stop ends."""

import pytest

from campaigns.engine.execution import Token
from tests.support.lines import Line, hours, note
from tests.support.programs import item

AFTER = note("after")


def fork(join, **branches):
    return item("flow.fork", "f", join=join, branches=branches)


def test_all_goes_on_once_when_every_branch_has_arrived():
    line = Line(fork("all", a=[hours("a1", 1), note("a2")], b=[hours("b1", 2)]), AFTER)
    assert (line.status, line.standing) == ("waiting", ["a1", "b1", "f"])
    line.pass_time(hours=1)
    assert (line.status, line.standing) == ("waiting", ["b1", "f"])
    line.pass_time(hours=1)
    assert line.status == "finished"
    assert line.steps.count(("after", "done")) == 1
    assert line.steps[0] == ("f", "waiting")
    assert ("f", "resumed") in line.steps


def test_branches_without_a_wait_are_all_walked_before_the_join():
    line = Line(fork("any", a=[note("a1")], b=[note("b1")]), AFTER)
    assert line.status == "finished"
    assert line.steps == [("f", "waiting"), ("a1", "done"), ("b1", "done"), ("f", "resumed"), ("after", "done")]


def test_any_goes_on_with_the_first_and_ends_the_others():
    line = Line(fork("any", a=[hours("a1", 1)], b=[hours("b1", 2), note("b2")]), AFTER)
    line.pass_time(hours=1)
    assert line.status == "finished"
    line.pass_time(hours=9)
    assert ("b2", "done") not in line.steps
    assert line.steps.count(("after", "done")) == 1


def test_none_goes_on_at_once_and_the_branches_run_on_by_themselves():
    line = Line(fork("none", a=[hours("a1", 1), note("a2")]), AFTER)
    assert line.steps[:2] == [("f", "done"), ("after", "done")]
    assert (line.status, line.standing) == ("waiting", ["a1"])
    line.pass_time(hours=1)
    assert (line.status, line.steps[-1]) == ("finished", ("a2", "done"))
    assert line.steps.count(("after", "done")) == 1


@pytest.mark.parametrize("join", ["all", "any"])
def test_a_branch_that_finishes_does_not_arrive(join):
    line = Line(fork(join, a=[item("flow.finish", "a1")], b=[hours("b1")]), AFTER)
    assert line.status == "waiting"
    line.pass_time(hours=1)
    assert (line.status, line.steps[-1]) == ("finished", ("after", "done"))


def test_when_every_branch_finishes_the_fork_ends_with_them():
    line = Line(fork("all", a=[item("flow.finish", "a1")], b=[item("flow.finish", "b1")]), AFTER)
    assert line.status == "finished"
    assert ("after", "done") not in line.steps


def test_an_absent_branch_arrives_at_once_and_a_fork_without_branches_is_passed():
    assert Line(fork("all", a=[], b=[]), AFTER).steps[-1] == ("after", "done")
    assert Line(fork("all"), AFTER).steps == [("f", "done"), ("after", "done")]


@pytest.mark.parametrize("way", ["flow.leave", "flow.return"])
def test_leaving_a_branch_is_arriving(way):
    line = Line(fork("all", a=[item(way, "a1"), note("a2")], b=[hours("b1")]), AFTER)
    line.pass_time(hours=1)
    assert ("a2", "done") not in line.steps
    assert line.steps.count(("after", "done")) == 1


def test_forks_stand_in_forks_and_join_from_inside_to_outside():
    inner = item("flow.fork", "g", join="all", branches={"c": [hours("c1", 1)], "d": [hours("d1", 3)]})
    line = Line(fork("all", a=[inner, note("a2")], b=[hours("b1", 2)]), AFTER)
    line.pass_time(hours=2)
    assert line.standing == ["d1", "f", "g"]
    line.pass_time(hours=1)
    assert line.status == "finished"
    assert line.steps[-4:] == [("g", "resumed"), ("a2", "done"), ("f", "resumed"), ("after", "done")]


def test_any_outside_ends_the_forks_inside():
    inner = item("flow.fork", "g", join="all", branches={"c": [hours("c1", 5)], "d": [hours("d1", 6)]})
    line = Line(fork("any", a=[inner], b=[hours("b1", 1)]), AFTER)
    line.pass_time(hours=1)
    assert (line.status, line.standing) == ("finished", [])


def test_a_fork_in_a_loop_joins_in_every_round():
    body = [item("flow.fork", "g", join="all", branches={"a": [hours("a1")], "b": [note("b1")]})]
    line = Line(item("flow.for", "l", end=3, branches={"do": body}), AFTER)
    line.pass_time(hours=3)
    assert line.status == "finished"
    assert line.steps.count(("g", "resumed")) == 3


def test_stop_in_a_branch_ends_all_tokens():
    line = Line(fork("none", a=[hours("a1"), item("flow.stop", "a2", reason="enough")], b=[hours("b1", 9)]), AFTER)
    line.pass_time(hours=1)
    assert (line.status, line.execution.reason, line.standing) == ("stopped", "enough", [])


def test_a_failure_keeps_the_forks_it_stands_in_so_that_a_retry_joins_again():
    line = Line(fork("all", a=[item("test.boom", "a1"), note("a2")], b=[hours("b1", 2)]), AFTER)
    assert (line.status, line.standing) == ("failed", ["a1", "f"])
    token = next(token for token in line.execution.tokens.values() if token.section == "a1")
    assert not token.entered
    token.section = "a2"
    line.wake(token)
    assert (line.status, line.steps[-1]) == ("finished", ("after", "done"))


def test_a_jump_out_of_a_fork_goes_on_in_its_place():
    out = fork("all", a=[item("flow.goto", "a1", section="end", max_visits=1)], b=[note("b1")])
    line = Line(out, AFTER, note("end"))
    assert line.status == "finished"
    assert line.steps.count(("end", "done")) == 2  # the one that jumped, and the one that went through the join


def test_a_jump_out_of_the_only_branch_leaves_no_fork_behind():
    line = Line(fork("all", a=[item("flow.goto", "a1", section="end", max_visits=1)]), AFTER, hours("end"))
    assert (line.status, line.standing) == ("waiting", ["end"])
    assert ("after", "done") not in line.steps


def test_what_is_kept_of_a_token_is_read_again():
    line = Line(fork("all", a=[hours("a1")], b=[hours("b1", 2)]), AFTER)
    tokens = line.execution.tokens
    line.execution.tokens = {
        number: Token.read(number, one.section, one.wake_at, one.data()) for number, one in tokens.items()
    }
    line.pass_time(hours=2)
    assert (line.status, line.steps[-1]) == ("finished", ("after", "done"))
