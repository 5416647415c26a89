"""Virtual time: the path that the engine would take, with the hours at which it would take it."""

from datetime import timedelta

import pytest

from campaigns.engine.limits import Counters
from campaigns.engine.simulate import Happening, simulate
from tests.support.lines import hours, listener, note, received
from tests.support.programs import NOW, item, lead, program


def at(hour: float, name: str = "start", **properties) -> Happening:
    when = NOW + timedelta(hours=hour)
    values = {"id": f"{name}{hour}", "name": name, "occurred_at": when, "properties": properties, **properties}
    return Happening(when, (f"event.received:{name}",), values)


def run(*sections, later=(), subject=None, **settings):
    return simulate(program(*sections, **settings), subject or lead(), at(0), later=later)


def told(path):
    return [(section, outcome, (when - NOW) / timedelta(hours=1)) for section, outcome, when, _ in path.steps]


WAIT = item("flow.wait", "w", **{"for": [{"name": "yes", "trigger": received("bought")}], "timeout": {"hours": 5}},
            branches={"yes": [note("y")], "timeout": [note("n")]})  # fmt: skip


def test_delays_are_jumped_over():
    path = run(note("a"), hours("b", 3), note("c"))
    assert told(path) == [("a", "done", 0), ("b", "waiting", 0), ("b", "resumed", 3), ("c", "done", 3)]
    assert (path.status, path.ends_at) == ("finished", NOW + timedelta(hours=3))


@pytest.mark.parametrize(("later", "branch", "hour"), [([], "timeout", 5), ([at(2, "bought")], "yes", 2)])
def test_waits_are_won_by_events_or_by_time(later, branch, hour):
    assert ("w", branch, hour) in told(run(WAIT, later=later))


def test_an_event_before_the_wait_does_not_count():
    assert ("w", "timeout", 8) in told(run(hours("d", 3), WAIT, later=[at(1, "bought")]))


def test_forks_join_and_listeners_hear():
    fork = item("flow.fork", "f", join="all", branches={"a": [hours("a1", 1)], "b": [hours("b1", 2)]})
    heard = note("s") | {"listeners": [listener("t2", "clicked", note("l"))]}
    path = run(fork, heard, later=[at(4, "clicked")])
    assert told(path)[-3:] == [("s", "done", 2), ("t2", "done", 4), ("l", "done", 4)]


def test_the_execution_hears_what_it_causes_itself():
    goal = item("flow.goal", "g", trigger=received("ready"))
    ready = [hours("a1", 1), item("event.emit", "e", name="ready")]
    fork = item("flow.fork", "f", join="all", branches={"a": ready, "b": [hours("b1", 99)]})
    assert told(run(fork, goal))[-1] == ("g", "done", 1)


def test_other_workflows_and_calls_are_taken_as_done():
    call = item("http.call", "h", url="https://x.example/", branches={"ok": [note("y")]})
    start = item("workflow.start", "s", workflow="onboarding", wait=True)
    path = run(call, start, note("z"))
    assert path.status == "finished"
    assert {section for section, *_ in path.steps} == {"h", "y", "s", "z"}


def test_nothing_runs_for_ever():
    loop = item("flow.while", "w", condition={"all": []}, branches={"do": [hours("d")]})
    path = run(loop)
    assert path.ends_at is not None
    assert path.ends_at <= NOW + timedelta(days=732)


def test_a_refusal_is_said():
    path = run(note("a"), keep_while={"field": "lead.score", "op": "gte", "value": 50})
    assert (path.status, path.steps) == ("refused", [])
    assert "keep_while" in path.reason


def test_limits_count_in_virtual_time_by_counters_that_leads_may_share():
    once = item("flow.limit", "l", keys=["k"], times=1, within={"hours": 2}, branches={"block": [note("b")]})
    rounds = (once, hours("d", 1), item("flow.goto", "g", section="l", max_visits=2))
    assert [outcome for section, outcome, _ in told(run(*rounds)) if section == "l"] == ["pass", "block", "pass"]
    counters, made = Counters(), program(once)
    paths = [simulate(made, lead(), at(hour), counters=counters) for hour in (5, 0, 4, 7, 3)]
    assert [path.steps[0][1] for path in paths] == ["pass", "pass", "block", "pass", "pass"]
