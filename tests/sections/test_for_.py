"""flow.for: numbers from start up to end, held in the state, gone at the end."""

import pytest

from campaigns.engine.validation import parse
from campaigns.errors import Invalid
from tests.support.lines import Line, hours, note
from tests.support.programs import KINDS, document, item

KEEP = item("state.update", "k", values={"seen": {"template": "{{ state.seen }}{{ state.i }}"}})


def seen(**config):
    line = Line(item("flow.for", "f", branches={"do": [KEEP]}, **config))
    return line.execution.state.get("seen", "")


@pytest.mark.parametrize(
    ("config", "numbers"),
    [
        ({"end": 3}, "012"),
        ({"start": 1, "end": 8, "step": 3}, "147"),
        ({"start": 3, "end": 0, "step": -1}, "321"),
        ({"start": 5, "end": 5}, ""),
        ({"start": 5, "end": 4}, ""),
        ({"start": -2, "end": 1}, "-2-10"),
    ],
)
def test_the_end_is_not_included_and_a_negative_step_counts_down(config, numbers):
    assert seen(**config) == numbers


def test_the_number_is_gone_at_the_end_and_the_rest_of_the_state_stays():
    line = Line(item("state.set", "s", values={"a": 1}), item("flow.for", "f", end=2, branches={"do": [note("n")]}))
    assert line.execution.state == {"a": 1}
    assert [outcome for section, outcome in line.steps if section == "f"] == ["do", "do", "done"]


def test_the_branch_may_change_the_number():
    skip = item("state.update", "s", values={"i": {"template": "{{ state.i | plus: 1 }}"}})
    line = Line(item("flow.for", "f", end=6, branches={"do": [skip]}))
    assert line.steps.count(("f", "do")) == 3


def test_a_branch_that_replaces_the_state_does_not_lose_count():
    line = Line(item("flow.for", "f", end=3, branches={"do": [item("state.set", "s", values={"a": 1})]}))
    assert (line.status, line.steps.count(("s", "done"))) == ("finished", 3)


def test_it_counts_on_over_waits():
    line = Line(item("flow.for", "f", end=3, branches={"do": [hours("d"), KEEP]}))
    line.pass_time(hours=3)
    assert (line.status, line.execution.state) == ("finished", {"seen": "012"})


def test_it_stands_in_itself_with_another_name():
    inner = item("flow.for", "g", end=2, variable="j", branches={"do": [note("n")]})
    line = Line(item("flow.for", "f", end=3, branches={"do": [inner]}))
    assert line.steps.count(("n", "done")) == 6


def test_more_than_a_thousand_rounds_without_a_wait_fail():
    line = Line(item("flow.for", "f", end=5000, branches={"do": []}))
    assert (line.status, "1000 rounds" in line.execution.reason) == ("failed", True)


@pytest.mark.parametrize("config", [{"end": 3, "step": 0}, {}, {"end": 3, "variable": "a b"}, {"end": "3"}])
def test_what_makes_no_range_is_refused(config):
    with pytest.raises(Invalid):
        parse(document(item("flow.for", "f", **config)), KINDS)
