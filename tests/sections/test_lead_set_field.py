"""lead.set_field."""

from datetime import UTC, datetime

import pytest

from campaigns.engine.outcome import Done, Fail
from tests.support.programs import context, lead
from tests.support.section_types import changed, check_contract, decide, errors, problems, references, summary

NAME = "lead.set_field"


def test_the_contract():
    check_contract(NAME, "action", field="city", value="Berlin")


def test_a_field_and_a_value_are_named():
    assert set(errors(NAME)) == {"/field", "/value"}
    assert set(errors(NAME, field="", value=None)) == {"/field"}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("visits", "many", "must be a number"),
        ("member", "yes", "must be true or false"),
        ("plan", "gold", "is not one of: free, pro"),
        ("birthday", "soon", "date"),
        ("email", "nobody", ""),
        ("city", 5, "must be text"),
        ("score", 1.5, "must be a whole number"),
        ("score", None, "must be a whole number"),
    ],
)
def test_a_value_that_does_not_fit_the_field_is_a_problem(field, value, message):
    assert message in problems(NAME, field=field, value=value)["/value"]


@pytest.mark.parametrize(
    ("field", "value", "after"),
    [
        ("city", "Berlin", "Berlin"),
        ("visits", 2.5, 2.5),
        ("member", True, True),
        ("plan", "PRO", "pro"),
        ("birthday", "1990-05-01", "1990-05-01"),
        ("score", 70, 70),
        ("city", None, None),
    ],
)
def test_a_fixed_value_is_set_in_the_fields_own_form(field, value, after):
    ann = lead(city="Bonn")
    assert problems(NAME, field=field, value=value) == {}
    changed(NAME, ann, field=field, value=value)
    assert ann.values.get(field) == after


def test_the_same_value_again_changes_nothing():
    assert changed(NAME, lead(city="Berlin"), field="city", value="Berlin") == {}


@pytest.mark.parametrize(
    ("field", "source", "after"),
    [
        ("city", "{{ event.city }}", "Ulm"),
        ("city", "{{ event.count }}", "3"),
        ("city", "{{ event.agreed }}", "true"),
        ("city", "{{ event.count }} times", "3 times"),
        ("visits", "{{ event.count | plus: 1 }}", 4),
        ("visits", "{{ event.text }}", 12),
        ("visits", "{{ event.count }}{{ event.count }}", 33),
        ("score", "{{ lead.score | plus: 5 }}", 15),
        ("member", "{{ event.agreed }}", True),
        ("member", "{{ event.word }}", True),
        ("birthday", "{{ event.day }}", "2026-03-04"),
        ("seen", "{{ now }}", "2026-03-04T12:00:00Z"),
        ("plan", "{{ event.plan }}", "pro"),
    ],
)
def test_a_template_gives_a_value_of_the_fields_type(field, source, after):
    event = {"city": "Ulm", "count": 3, "text": "12", "agreed": True, "word": "yes", "day": "2026-03-04", "plan": "PRO"}
    ann = lead(score=10)
    answer = decide(NAME, view=context(ann, event=event), field=field, value={"template": source})
    assert isinstance(answer, Done), answer
    answer.effects[0].apply(ann, {})
    assert ann.values[field] == after


def test_a_moment_fits_a_field_of_days():
    born = datetime(1990, 5, 1, tzinfo=UTC).date()
    answer = decide(NAME, view=context(state={"born": born}), field="birthday", value={"template": "{{ state.born }}"})
    assert answer.effects[0].value == "1990-05-01"


def test_what_a_template_gives_and_does_not_fit_fails_this_lead_with_the_reason():
    answer = decide(NAME, view=context(event={"plan": "gold"}), field="plan", value={"template": "{{ event.plan }}"})
    assert isinstance(answer, Fail)
    assert answer.reason == "plan: is not one of: free, pro"
    assert answer.receipt == {"value": "gold"}


def test_a_missing_value_empties_the_field_and_is_noted():
    ann = lead(city="Bonn")
    answer = decide(NAME, ann, field="city", value={"template": "{{ event.city }}"})
    answer.effects[0].apply(ann, {})
    assert not ann.values["city"]
    assert answer.receipt["missing"] == ["event.city"]


def test_a_template_that_names_nothing_known_is_a_problem():
    assert problems(NAME, field="city", value={"template": "{{ lead.gone }} {{ gone }}"})["/value/template"]
    assert "never closed" in errors(NAME, field="city", value={"template": "{{ lead."})["/value"]


def test_custom_fields_are_references_and_built_in_ones_are_not():
    assert references(NAME, field="city", value="x") == {("field", "city", "/field")}
    assert references(NAME, field="first_name", value="x") == set()


@pytest.mark.parametrize("field", ["status", "owner", "created_at", "updated_at"])
def test_fields_with_an_action_or_a_life_of_their_own_are_not_set_here(field):
    assert references(NAME, field=field, value="x") == {("field", field, "/field")}


def test_the_card_says_field_and_value():
    assert summary(NAME, field="city", value="Berlin") == "City = Berlin"
    assert summary(NAME, field="city", value=None) == "City = (empty)"
    assert summary(NAME, field="first_name", value={"template": "{{ event.name }}"}) == "First name = {{ event.name }}"
