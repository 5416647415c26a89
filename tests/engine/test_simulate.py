"""Virtual time: the path that the engine would take, with the hours at which it would take it."""

from datetime import timedelta

import pytest

from campaigns.engine.limits import Counters
from campaigns.engine.matching import Enrolment
from campaigns.engine.simulate import Around, Happening, not_taken, simulate
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


def test_exit_triggers_end_it_and_restart_triggers_take_it_back():
    ends = {"id": "x", **received("stop"), "mode": "exit"}
    back = {"id": "b", **received("again"), "mode": "restart", "section": "a"}
    made = program(note("a"), hours("d", 9), triggers=[ends, back])
    path = simulate(made, lead(), at(0), later=[at(2, "again"), at(3, "other"), at(4, "stop")])
    assert [(s, o) for s, o, *_ in path.steps] == [
        ("a", "done"), ("d", "waiting"), ("b", "done"), ("a", "done"), ("d", "waiting"), ("x", "stopped"),
    ]  # fmt: skip
    assert (path.status, path.reason) == ("stopped", "exit")
    assert [(one.name, one.counted, one.before) for one in path.heard] == [
        ("again", True, 2), ("other", False, 5), ("stop", True, 5),
    ]  # fmt: skip


def test_a_restart_by_what_it_does_itself_comes_to_an_end():
    back = {"id": "b", **received("again"), "mode": "restart", "section": "e"}
    path = simulate(program(item("event.emit", "e", name="again"), hours("d", 1), triggers=[back]), lead(), at(0))
    assert path.status == "finished"


def test_each_step_tells_the_state_after_it_and_what_it_changed():
    path = run(
        item("state.set", "s", values={"n": 1}),
        item("lead.add_tag", "t", tag="vip"),
        item("state.update", "u", values={"m": 2}),
    )
    assert [trace.state for trace in path.traces] == [{"n": 1}, {"n": 1}, {"n": 1, "m": 2}]
    assert [trace.changes for trace in path.traces] == [{}, {"tags_added": ["vip"]}, {}]


def test_where_it_rests_is_told_with_its_time():
    path = simulate(program(hours("d", 24 * 500), hours("e", 24 * 500)), lead(), at(0))
    assert path.standing == [("e", NOW + timedelta(days=1000))]


def test_what_happened_before_counts_for_what_the_lead_did():
    asks = item("flow.if", "i", condition={"did": "bought", "within": {"days": 2}}, branches={"yes": [note("y")]})
    around = Around(did=(("bought", NOW - timedelta(days=1)),))
    assert [s for s, *_ in simulate(program(asks), lead(), at(0), around=around).steps] == ["i", "y"]
    assert [s for s, *_ in simulate(program(asks), lead(), at(0)).steps] == ["i"]


def test_a_limit_counts_how_often_the_lead_was_there():
    around = Around(enrolment=Enrolment(active=1, ever=1))
    path = simulate(program(note("a")), lead(), at(0), around=around)
    assert path.status == "refused"
    assert "per_lead_active" in path.reason


def test_an_event_that_a_trigger_does_not_take_says_why():
    filtered = {"id": "t1", **received("start"), "filter": {"field": "event.price", "op": "gte", "value": 10}}
    made = program(note("a"), triggers=[filtered])
    trigger = made.triggers["t1"]
    assert not_taken(made, trigger, lead(), at(0, price=12)) is None
    why = not_taken(made, trigger, lead(), at(0, price=3))
    assert why is not None
    assert why["filter"]["saw"] == 3
