"""flow.wait: the first event wins, the others are waited for no more, and time is a branch of its own."""

from datetime import timedelta

import pytest

from campaigns.engine.validation import find_problems, parse
from campaigns.errors import Invalid
from tests.support.lines import Line, note, received
from tests.support.programs import KINDS, VOCABULARY, document, item


def wait(timeout=None, **names):
    config = {"for": [{"name": name, "trigger": spec} for name, spec in names.items()]}
    config |= {"timeout": timeout} if timeout else {}
    return item("flow.wait", "w", **config, branches={name: [note(f"in-{name}")] for name in [*names, "timeout"]})


BOTH = wait({"days": 2}, bought=received("bought"), left=received("left"))


def test_the_first_event_wins_and_closes_the_others():
    line = Line(BOTH, note("after"))
    assert (line.status, line.steps) == ("waiting", [("w", "waiting")])
    assert line.event("left")
    assert line.steps == [("w", "waiting"), ("w", "left"), ("in-left", "done"), ("after", "done")]
    assert not line.event("bought")


def test_the_branch_timeout_is_taken_when_the_time_is_over():
    line = Line(BOTH, note("after"))
    line.pass_time(days=2)
    assert line.steps[1:] == [("w", "timeout"), ("in-timeout", "done"), ("after", "done")]
    assert not line.event("left")


def test_without_a_timeout_it_waits_until_the_deadline_of_all_waits():
    line = Line(wait(bought=received("bought")))
    line.pass_time(days=730)
    assert line.status == "waiting"
    line.pass_time(days=1)
    assert (line.status, line.execution.reason) == ("stopped", "deadline")
    late = Line(wait(bought=received("bought")))
    late.pass_time(days=730)
    assert late.event("bought")
    assert late.status == "finished"


def test_receipts_tell_times_in_utc():
    line = Line(wait({"hours": 1}, bought=received("bought")))
    line.event("bought")
    entered, left = [receipt for _, section, _, receipt in line.execution.steps if section == "w"]
    assert entered["until"] == (line.now + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert left == {"event": "bought", "at": line.now.isoformat().replace("+00:00", "Z")}


def test_a_filter_and_a_count_have_to_be_met():
    spec = received("bought", filter={"field": "event.price", "op": "gte", "value": 10}, times={"at_least": 2})
    line = Line(wait({"days": 2}, bought=spec))
    assert not line.event("bought", price=5)
    line.event("bought", price=10)
    assert line.status == "waiting"
    line.event("bought", price=11)
    assert line.steps[1] == ("w", "bought")


def test_what_woke_the_token_is_the_event_of_what_follows():
    line = Line(
        wait(bought=received("bought")), item("state.set", "s", values={"n": {"template": "{{ event.price }}"}})
    )
    line.event("bought", price=7)
    assert line.execution.state == {"n": 7}


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"type": "no.such"}, "/sections/0/config/for/0/trigger/type"),
        ({"type": "flow.stop"}, "/sections/0/config/for/0/trigger/type"),
        ({"type": "manual"}, "/sections/0/config/for/0/trigger/type"),
        ({"type": "event.received", "config": {}}, "/sections/0/config/for/0/trigger/config/name"),
        (received("x", times={"at_least": 0}), "/sections/0/config/for/0/trigger/times/at_least"),
        (received("x", times={"every": True, "exactly": 2}), "/sections/0/config/for/0/trigger/times"),
    ],
)
def test_what_can_not_be_waited_for_is_refused_at_its_place(spec, path):
    with pytest.raises(Invalid) as refused:
        parse(document(item("flow.wait", "w", **{"for": [{"name": "a", "trigger": spec}]})), KINDS)
    assert path in [problem.path for problem in refused.value.problems]


@pytest.mark.parametrize("names", [["a", "a"], ["timeout"]])
def test_names_are_unique_and_timeout_is_taken(names):
    config = {"for": [{"name": name, "trigger": received("x")} for name in names]}
    with pytest.raises(Invalid, match="not valid"):
        parse(document(item("flow.wait", "w", **config)), KINDS)


def test_what_a_trigger_inside_names_has_to_exist():
    spec = {"type": "list.added", "config": {"list": "nowhere"}}
    filtered = received("x", filter={"field": "lead.nothing", "op": "eq", "value": "a"})
    waits = [{"name": "a", "trigger": spec}, {"name": "b", "trigger": filtered}]
    raw = document(item("flow.wait", "w", **{"for": waits}))
    found = {problem.path for problem in find_problems(parse(raw, KINDS), KINDS, VOCABULARY)}
    assert found == {"/sections/0/config/for/0/trigger/config/list", "/sections/0/config/for/1/trigger/filter/field"}
