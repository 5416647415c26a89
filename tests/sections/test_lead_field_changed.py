"""lead.field_changed."""

import pytest

from campaigns.engine.events import event_types
from tests.support.section_types import check_contract, errors, listens, matches, problems, summary

NAME = "lead.field_changed"
HOT = {"field": "lead.score", "op": "gte", "value": 50}
CHANGED = {"field": "lead.city", "op": "changed"}


def test_the_contract():
    check_contract(NAME, "trigger", condition=HOT)


def test_a_condition_is_asked_for():
    assert list(errors(NAME)) == ["/condition"]


@pytest.mark.parametrize(
    ("before", "after", "starts"), [(40, 60, True), (60, 70, False), (60, 40, False), (None, 50, True)]
)
def test_it_starts_when_the_condition_becomes_true_by_the_change(before, after, starts):
    found = matches(NAME, condition=HOT, event={}, lead_values={"score": after}, before={"score": before})
    assert found is starts


def test_a_change_of_something_else_does_not_start_it():
    assert not matches(NAME, condition=HOT, event={}, lead_values={"score": 60, "city": "Ulm"}, before={"city": "Bonn"})


def test_with_changed_it_starts_at_each_such_change():
    assert matches(NAME, condition=CHANGED, event={}, lead_values={"city": "Ulm"}, before={"city": "Bonn"})
    assert not matches(NAME, condition=CHANGED, event={}, lead_values={"score": 1}, before={"score": 0})


@pytest.mark.parametrize(
    ("field", "facet"), [("status", {"status": ["new", "lost"]}), ("owner", {"owner": [None, "anna"]})]
)
def test_status_and_owner_are_fields_as_well(field, facet):
    before, after = facet[field]
    assert listens(NAME, condition=HOT) in event_types("lead.changed", facet)
    became = {"field": f"lead.{field}", "op": "changed_to", "value": after}
    assert matches(NAME, condition=became, event={}, lead_values={field: after}, before={field: before})


def test_problems_stand_below_the_condition():
    assert list(problems(NAME, condition={"any": [{"field": "lead.gone", "op": "changed"}]})) == [
        "/condition/any/0/field"
    ]
    joined = {"all": [CHANGED, {"field": "now", "op": "after", "value": "2026-01-01"}]}
    assert list(problems(NAME, condition=joined)) == ["/condition/all/1/field"]


def test_the_card_says_the_condition_in_words():
    assert "50" in summary(NAME, condition=HOT)
