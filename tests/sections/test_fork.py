"""flow.fork: its branches are the document's own, and its receipt names them."""

import pytest

from campaigns.engine.validation import parse
from campaigns.errors import Invalid
from tests.support.lines import Line, note
from tests.support.programs import KINDS, document, item


@pytest.mark.parametrize(("join", "outcome"), [("all", "waiting"), ("any", "waiting"), ("none", "done")])
def test_it_says_what_it_sets_going(join, outcome):
    line = Line(item("flow.fork", "f", join=join, branches={"mail": [note("a")], "call": [note("b")]}))
    _, section, found, receipt = line.execution.steps[0]
    assert (section, found, receipt) == ("f", outcome, {"join": join, "branches": ["mail", "call"]})


def test_all_is_the_way_to_join_unless_said_otherwise():
    assert Line(item("flow.fork", "f", branches={"a": []})).execution.steps[0][3]["join"] == "all"


@pytest.mark.parametrize("name", ["", " ", "x" * 81])
def test_a_branch_has_a_name(name):
    with pytest.raises(Invalid):
        parse(document(item("flow.fork", "f", branches={name: []})), KINDS)


def test_a_join_that_is_none_is_refused():
    with pytest.raises(Invalid):
        parse(document(item("flow.fork", "f", join="first")), KINDS)
