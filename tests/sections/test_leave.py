"""flow.leave: with and without a condition, in a branch and at the root."""

import pytest

from tests.support.lines import Line, note
from tests.support.programs import item

HOT = {"field": "lead.score", "op": "gte", "value": 50}
COLD = {"not": HOT}


def inside(**config):
    body = [item("flow.leave", "x", **config), note("n")]
    return Line(item("flow.if", "i", condition=COLD, branches={"yes": body}), note("after"))


def test_without_a_condition_it_always_goes_on_after_the_section_that_opened_the_branch():
    assert inside().steps == [("i", "yes"), ("x", "done"), ("after", "done")]


@pytest.mark.parametrize(
    ("condition", "steps"),
    [(COLD, [("x", "done"), ("after", "done")]), (HOT, [("x", "skipped"), ("n", "done"), ("after", "done")])],
)
def test_with_a_condition_it_does_so_where_that_holds(condition, steps):
    assert inside(condition=condition).steps[1:] == steps


def test_at_the_root_it_ends_the_token_as_finished():
    line = Line(item("flow.leave", "x"), note("n"))
    assert (line.status, line.steps) == ("finished", [("x", "done")])
