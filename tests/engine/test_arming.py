"""Listeners beside their section, and goals ahead: armed, heard, used up, and over."""

from datetime import timedelta

import pytest

from campaigns.engine.effects import AddTag
from campaigns.engine.subject import Changes
from tests.support.lines import Line, hours, listener, note, received
from tests.support.programs import NOW, item, lead

HOT = {"field": "lead.score", "op": "gte", "value": 50}


def heard(times=None, **more):
    extra = {"times": times} if times is not None else {}
    return note("s1") | {"listeners": [listener("t2", "clicked", note("l1"), **extra, **more)]}


def test_the_main_line_goes_on_and_the_execution_listens_when_it_has_ended():
    line = Line(heard(), note("s2"))
    assert line.steps == [("s1", "done"), ("s2", "done")]
    assert line.status == "listening"
    assert line.event("clicked", url="/a")
    assert (line.status, line.steps[-2:]) == ("finished", [("t2", "done"), ("l1", "done")])


def test_a_listener_runs_beside_a_main_line_that_waits():
    line = Line(heard(), hours("s2"))
    line.event("clicked")
    assert (line.status, line.steps[-1]) == ("waiting", ("l1", "done"))
    line.pass_time(hours=1)
    assert line.status == "finished"


@pytest.mark.parametrize(
    ("times", "runs", "still"),
    [
        (None, [1], False),
        ({"at_least": 1}, [1], False),
        ({"at_least": 3}, [3], False),
        ({"exactly": 2}, [2], False),
        ({"at_most": 2}, [1, 2], False),
        ({"every": True}, [1, 2, 3, 4], True),
    ],
)
def test_it_runs_as_often_as_its_times_say(times, runs, still):
    line = Line(heard(times))
    came = []
    for count in range(1, 5):
        before = line.steps.count(("l1", "done"))
        line.event("clicked")
        came += [count] if line.steps.count(("l1", "done")) > before else []
    assert came == runs
    assert (line.status == "listening") is still


def test_it_listens_for_thirty_days_or_as_long_as_it_says():
    line = Line(heard())
    assert line.execution.wake_at == NOW + timedelta(days=30)
    line.pass_time(days=30)
    assert (line.status, line.steps[-1]) == ("finished", ("t2", "finished"))
    assert Line(heard(listen_for={"days": 2})).execution.wake_at == NOW + timedelta(days=2)


def test_its_filter_has_to_hold():
    line = Line(heard(filter={"field": "event.url", "op": "eq", "value": "/buy"}))
    assert not line.event("clicked", url="/other")
    assert line.event("clicked", url="/buy")
    assert line.status == "finished"


def test_a_listener_with_a_delay_keeps_the_execution_listening():
    section = note("s1") | {"listeners": [listener("t2", "clicked", hours("l1"), note("l2"), times={"every": True})]}
    line = Line(section)
    line.event("clicked")
    line.event("clicked")
    assert (line.status, line.standing) == ("listening", ["l1", "l1", "s1"])
    line.pass_time(hours=1)
    assert line.steps.count(("l2", "done")) == 2


def test_a_listener_is_armed_anew_by_each_round_and_stands_once():
    body = [note("s1") | {"listeners": [listener("t2", "clicked", note("l1"))]}, hours("s2")]
    line = Line(item("flow.for", "f", end=3, branches={"do": body}))
    line.pass_time(hours=1)
    assert sum(token.listener == "t2" for token in line.execution.tokens.values()) == 1


def test_a_disabled_or_skipped_section_arms_nothing():
    skipped = heard() | {"disabled": True}
    assert Line(skipped).status == "finished"


def test_leave_and_return_end_the_listener_alone():
    section = note("s1") | {"listeners": [listener("t2", "clicked", item("flow.leave", "l1"), note("l2"))]}
    line = Line(section, hours("s2"))
    line.event("clicked")
    assert (line.status, line.steps[-1]) == ("waiting", ("l1", "done"))


def test_a_goal_is_jumped_to_from_a_delay_as_soon_as_it_is_met():
    line = Line(hours("s1", 9), note("s2"), item("flow.goal", "g", condition=HOT), note("s3"))
    line.changed()
    assert line.standing == ["s1"]
    line.subject.values["score"] = 60
    line.changed()
    assert line.status == "finished"
    assert line.steps == [("s1", "waiting"), ("g", "done"), ("s3", "done")]


def test_a_goal_is_jumped_to_by_a_step_that_meets_it():
    line = Line(item("lead.add_points", "s1", points=60), note("s2"), item("flow.goal", "g", condition=HOT))
    assert line.steps == [("s1", "done"), ("g", "done")]


def test_a_goal_ends_the_branches_of_open_forks():
    fork = item("flow.fork", "f", join="all", branches={"a": [hours("a1")], "b": [hours("b1")]})
    line = Line(fork, note("s2"), item("flow.goal", "g", trigger=received("bought")), hours("s3"))
    assert line.event("bought")
    assert (line.status, line.standing) == ("waiting", ["s3"])
    line.pass_time(hours=1)
    assert line.steps == [("f", "waiting"), ("a1", "waiting"), ("b1", "waiting"), ("g", "done"), ("s3", "waiting"),
                          ("s3", "resumed")]  # fmt: skip


def test_a_goal_that_another_line_meets_is_jumped_to():
    fork = item("flow.fork", "f", join="all",
                branches={"a": [hours("a1", 1), item("lead.add_points", "a2", points=60), hours("a3", 9)],
                          "b": [hours("b1", 9)]})  # fmt: skip
    line = Line(fork, item("flow.goal", "g", condition=HOT))
    line.pass_time(hours=1)
    assert (line.status, line.steps[-1]) == ("finished", ("g", "done"))


def test_goals_are_jumped_to_one_after_the_other_and_those_behind_are_past():
    far = {"field": "lead.score", "op": "gte", "value": 90}
    line = Line(hours("s1"), item("flow.goal", "g1", condition=HOT), hours("s2"),
                item("flow.goal", "g2", condition=far), hours("s3"))  # fmt: skip
    line.subject.values["score"] = 60
    line.changed()
    assert line.standing == ["s2"]
    line.changed()
    assert line.standing == ["s2"]
    line.subject.values["score"] = 95
    line.changed()
    assert line.standing == ["s3"]
    line.changed()
    assert line.steps.count(("g2", "done")) == 1


@pytest.mark.parametrize(
    ("otherwise", "status", "last"),
    [("continue", "finished", ("s2", "done")), ("end", "finished", ("g", "finished")), ("wait", "waiting", None)],
)
def test_who_arrives_without_goes_on_ends_or_waits(otherwise, status, last):
    line = Line(note("s1"), item("flow.goal", "g", condition=HOT, otherwise=otherwise), note("s2"))
    assert line.status == status
    if last is None:
        line.subject.values["score"] = 60
        line.changed()
        last = ("s2", "done")
    assert (line.status, line.steps[-1]) == ("finished", last)


def test_a_goal_waits_for_its_event():
    line = Line(item("flow.goal", "g", trigger=received("bought"), otherwise="wait"), note("s2"))
    assert not line.event("other")
    assert line.event("bought")
    assert (line.status, line.steps) == ("finished", [("g", "waiting"), ("g", "done"), ("s2", "done")])


def test_what_was_heard_while_held_is_answered_on_release():
    wait = item("flow.wait", "w", **{"for": [{"name": "yes", "trigger": received("came")}], "timeout": {"days": 1}},
                branches={"yes": [note("y")], "timeout": [note("n")]})  # fmt: skip
    line = Line(wait | {"listeners": []}, note("s2"))
    line.execution.status = "held"
    assert line.event("came")
    assert line.status == "held"
    (token,) = line.execution.tokens.values()
    assert token.kept
    line.wake(token)
    assert (line.status, line.steps[1:]) == ("finished", [("w", "yes"), ("y", "done"), ("s2", "done")])


def test_an_effect_is_applied_to_the_lead_a_listener_runs_for():
    ann, changes = lead(), Changes()
    AddTag("vip").apply(ann, changes)
    line = Line(note("s1") | {"listeners": [listener("t2", "clicked", item("lead.add_tag", "l1", tag="hot"))]})
    line.event("clicked")
    assert line.subject.tags == {"hot"}
