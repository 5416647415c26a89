"""state.set."""

import pytest

from campaigns.engine.effects import SetState
from campaigns.engine.outcome import Fail
from tests.support.programs import context, lead
from tests.support.section_types import check_contract, decide, errors, problems, summary

NAME = "state.set"


def test_the_contract():
    check_contract(NAME, "action", values={"a": 1})


@pytest.mark.parametrize("values", [None, [], "a", {"a": {"template": "{{ x"}}])
def test_values_are_an_object_of_values_and_templates(values):
    assert next(iter(errors(NAME, values=values))).startswith("/values")


def test_values_are_literal_or_rendered_at_any_depth():
    values = {
        "word": "{{ lead.city }}",
        "score": {"template": "{{ lead.score | plus: 1 }}"},
        "deep": {"list": [{"template": "{{ event.plan }}"}, 2]},
    }
    answer = decide(NAME, view=context(lead(score=4), event={"plan": "pro"}), values=values)
    expected = {"word": "{{ lead.city }}", "score": 5, "deep": {"list": ["pro", 2]}}
    assert answer.effects == (SetState(expected, replace=True),)
    assert answer.receipt == {"values": expected}


def test_what_is_missing_is_empty_and_noted():
    answer = decide(NAME, values={"a": {"template": "{{ event.gone }}"}})
    assert answer.receipt["missing"] == ["event.gone"]


def test_names_that_are_unknown_for_certain_are_problems_at_their_places():
    values = {"a": {"template": "{{ gone }}"}, "b": {"c": [{"template": "{{ lead.gone }}"}, {"template": "{{ x"}]}}
    assert problems(NAME, values=values) == {
        "/values/a/template": "there is nothing called gone",
        "/values/b/c/0/template": "there is nothing called lead.gone",
        "/values/b/c/1/template": "{{ is never closed: }} is missing",
    }


def test_a_state_of_64_kib_is_the_largest():
    fits = decide(NAME, values={"a": "x" * (64 * 1024 - 9)})
    assert not isinstance(fits, Fail)
    too_large = decide(NAME, values={"a": "ü" * 32 * 1024})
    assert isinstance(too_large, Fail)
    assert "64 KiB" in too_large.reason


def test_what_stays_counts_as_well():
    answer = decide(NAME, view=context(state={"_kept": "x" * 40_000}), values={"a": "x" * 40_000})
    assert isinstance(answer, Fail)


def test_the_card_names_the_keys():
    assert summary(NAME, values={"a": 1, "b": 2}) == "a, b"
