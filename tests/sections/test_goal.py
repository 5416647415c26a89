"""flow.goal: exactly one way to reach it, and what becomes of who arrives without. Jumping there: test_arming."""

import pytest

from campaigns.engine.validation import find_problems, parse
from campaigns.errors import Invalid
from tests.support.lines import Line, note, received
from tests.support.programs import KINDS, VOCABULARY, document, item, lead

HOT = {"field": "lead.score", "op": "gte", "value": 50}


def test_who_has_reached_it_goes_on_and_the_receipt_says_by_what():
    line = Line(item("flow.goal", "g", condition=HOT, otherwise="end"), note("n"), subject=lead(score=80))
    assert line.steps == [("g", "done"), ("n", "done")]
    receipt = line.execution.steps[0][3]
    assert (receipt["reached"], receipt["saw"]) == (True, 80)


@pytest.mark.parametrize("config", [{}, {"condition": HOT, "trigger": received("x")}, {"trigger": {"type": "manual"}}])
def test_it_is_a_condition_or_a_trigger(config):
    with pytest.raises(Invalid):
        parse(document(item("flow.goal", "g", **config)), KINDS)


def test_what_it_names_has_to_exist():
    raw = document(item("flow.goal", "g", trigger={"type": "list.added", "config": {"list": "nowhere"}}))
    found = [problem.path for problem in find_problems(parse(raw, KINDS), KINDS, VOCABULARY)]
    assert found == ["/sections/0/config/trigger/config/list"]
