"""Goals and waits where several lines, or several waits for one event, meet."""

import pytest

from tests.support.lines import Line, hours, listener, note, received
from tests.support.programs import item, lead, points

HOT = {"field": "lead.score", "op": "gte", "value": 50}
FAR = {"field": "lead.score", "op": "gte", "value": 90}


def goal(id="g", otherwise="continue", condition=HOT):
    return item("flow.goal", id, condition=condition, otherwise=otherwise)


def fork(join, **branches):
    return item("flow.fork", "f", join=join, branches=branches)


def test_who_comes_in_with_the_goal_met_goes_there_at_once():
    line = Line(note("s1"), goal(), note("s2"), subject=lead(score=80))
    assert line.steps == [("g", "done"), ("s2", "done")]


def test_a_branch_that_meets_the_goal_keeps_the_line_from_going_on_behind_the_fork():
    line = Line(fork("all", a=[points("a1", 60)]), note("between"), goal(), note("s2"))
    assert line.steps == [("f", "waiting"), ("a1", "done"), ("g", "done"), ("s2", "done")]


def test_a_line_that_jumped_out_of_a_fork_has_the_goals_ahead():
    out = fork("all", a=[item("flow.goto", "a1", section="s1", max_visits=1)])
    line = Line(out, points("s1", 60), note("s2"), goal(), note("s3"))
    assert line.steps[-2:] == [("g", "done"), ("s3", "done")]
    assert ("s2", "done") not in line.steps


def test_an_event_reaches_one_goal_and_not_the_next():
    bought = item("flow.goal", "g1", trigger=received("bought"))
    line = Line(hours("s1"), bought, goal("g2", "end", FAR), note("s2"))
    assert line.event("bought")
    assert line.steps[-2:] == [("g1", "done"), ("g2", "finished")]


@pytest.mark.parametrize("join", ["all", "none"])
def test_a_goal_in_a_branch_is_waited_for(join):
    line = Line(fork(join, a=[goal(otherwise="wait"), note("a2")], b=[hours("b1", 9)]), hours("s1", 99))
    line.subject.values["score"] = 60
    line.changed()
    assert line.steps[-2:] == [("g", "done"), ("a2", "done")]


def test_a_goal_in_a_listener_is_waited_for_when_the_main_line_has_ended():
    line = Line(note("s1") | {"listeners": [listener("t2", "clicked", goal(otherwise="wait"), note("l2"))]})
    line.event("clicked")
    assert line.status == "listening"
    line.subject.values["score"] = 60
    line.changed()
    assert (line.status, line.steps[-1]) == ("finished", ("l2", "done"))


def test_who_waits_at_a_goal_goes_on_when_another_line_meets_it():
    in_state = {"field": "state.a", "op": "eq", "value": 1}
    beside = fork("none", a=[hours("a1"), item("state.set", "a2", values={"a": 1})])
    line = Line(beside, goal(otherwise="wait", condition=in_state), note("s2"))
    line.pass_time(hours=1)
    assert (line.status, line.steps[-1]) == ("finished", ("s2", "done"))


def test_a_goal_ahead_is_waited_for_once_however_often_other_lines_move():
    line = Line(fork("none", a=[hours("a1"), hours("a2"), hours("a3")]), hours("s1", 9), goal())
    line.pass_time(hours=3)
    assert [(armed.name, armed.event_type) for armed in line.execution.tokens[0].waits] == [("g", "lead.*")]


def test_a_section_that_its_condition_skips_arms_nothing():
    section = note("s1") | {"only_if": HOT, "listeners": [listener("t2", "clicked", note("l1"))]}
    assert Line(section).status == "finished"
    assert Line(section, subject=lead(score=60)).status == "listening"


def test_one_event_wins_one_wait_though_the_next_round_waits_for_it_again():
    awaited = [{"name": name, "trigger": received("came")} for name in ("a", "b")]
    wait = item("flow.wait", "w", **{"for": awaited}, branches={"a": [note("in_a")], "b": [note("in_b")]})
    line = Line(item("flow.for", "l", end=3, branches={"do": [wait]}))
    assert line.event("came")
    assert line.steps.count(("w", "a")) == 1
    assert (line.status, ("w", "b") in line.steps) == ("waiting", False)


def test_an_event_that_a_goal_and_a_wait_hear_goes_to_the_goal():
    wait = item("flow.wait", "w", **{"for": [{"name": "a", "trigger": received("bought")}]},
                branches={"a": [note("in_a")]})  # fmt: skip
    line = Line(wait, item("flow.goal", "g", trigger=received("bought")), note("s2"))
    assert line.event("bought")
    assert line.steps == [("w", "waiting"), ("g", "done"), ("s2", "done")]


def bought_twice(id="g"):
    return item("flow.goal", id, trigger=received("bought", times={"at_least": 2}))


def test_what_has_come_for_a_goal_counts_on_when_the_line_moves():
    line = Line(hours("s1"), hours("s2"), note("s3"), bought_twice(), note("s4"))
    assert line.event("bought")
    line.pass_time(hours=1)
    assert line.standing == ["s2"]
    assert line.event("bought")
    assert line.steps[-2:] == [("g", "done"), ("s4", "done")]


def test_it_counts_on_past_a_wait_and_a_fork():
    for_click = item("flow.wait", "w", **{"for": [{"name": "clicked", "trigger": received("clicked")}]})
    line = Line(for_click | {"branches": {}}, fork("all", a=[hours("a1")]), hours("s2"), bought_twice(), note("s3"))
    line.event("bought")
    line.event("clicked")
    assert line.standing == ["a1", "f"]
    line.pass_time(hours=1)
    assert line.standing == ["s2"]
    line.event("bought")
    assert line.steps[-2:] == [("g", "done"), ("s3", "done")]


def test_a_goal_that_was_reached_counts_from_the_beginning_when_it_is_ahead_again():
    again = item("flow.goto", "b", section="s1", max_visits=1)
    line = Line(hours("s1"), bought_twice(), again, note("s2"))
    line.event("bought")
    line.event("bought")
    assert line.standing == ["s1"]
    line.event("bought")
    assert line.standing == ["s1"]
    line.event("bought")
    assert line.steps[-1] == ("s2", "done")
