"""Conditions evaluated on a lead: what is true, and what is missing."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.engine.conditions import check
from tests.support.conditions import EVERY_OPERATOR, FIELDS, NOW, READ, Lead, asks, verdict


@pytest.mark.parametrize(
    ("values", "document", "truth"),
    [
        ({"score": 72}, asks("lead.score", "gte", 50), True),
        ({"score": 50.0}, asks("lead.score", "eq", 50), True),
        ({"score": 49}, asks("lead.score", "gte", 50), False),
        ({"score": 0}, asks("lead.score", "is_set"), True),
        ({"amount": 2}, asks("lead.amount", "in", [1, 2]), True),
        ({"amount": 3}, asks("lead.amount", "not_in", [1, 2]), True),
        ({"city": "Berlin"}, asks("lead.city", "eq", "berlin"), False),
        ({"city": "STRASSE"}, asks("lead.city", "eq", "straße", ignore_case=True), True),
        ({"city": "Berlin"}, asks("lead.city", "contains", "RL", ignore_case=True), True),
        ({"city": "Berlin"}, asks("lead.city", "not_contains", "RL"), True),
        ({"city": "Berlin"}, asks("lead.city", "starts_with", "Ber"), True),
        ({"city": "Berlin"}, asks("lead.city", "ends_with", "LIN"), False),
        ({"city": "Paris"}, asks("lead.city", "in", ["berlin", "PARIS"], ignore_case=True), True),
        ({"city": "Paris"}, asks("lead.city", "not_in", ["Paris"]), False),
        ({"email": "Ann@Example.org"}, asks("lead.email", "eq", "ann@example.ORG"), True),
        ({"email": "Ann@Example.org"}, asks("lead.email", "in", ["ANN@example.org"]), True),
        ({"email": "Ann@Example.org"}, asks("lead.email", "ends_with", "@EXAMPLE.org"), True),
        ({"plan": "pro"}, asks("lead.plan", "ne", "free"), True),
        ({"member": False}, asks("lead.member", "eq", False), True),
        ({"member": False}, asks("lead.member", "is_empty"), False),
        ({"member": True}, asks("lead.member", "ne", True), False),
        ({"city": ""}, asks("lead.city", "is_empty"), True),
        ({"city": " "}, asks("lead.city", "is_set"), True),
    ],
)
def test_each_type_compares_as_it_should(values, document, truth):
    assert verdict(document, Lead(values)).truth is truth


@pytest.mark.parametrize(
    ("value", "document", "truth"),
    [
        ("2026-03-16", asks("lead.renewal", "eq", "2026-03-16"), True),
        ("2026-03-16", asks("lead.renewal", "before", "2026-03-16"), False),
        ("2026-03-15", asks("lead.renewal", "before", "2026-03-16"), True),
        ("2026-03-15", asks("lead.renewal", "in", ["2026-03-14", "2026-03-15"]), True),
        # today is the day of the lead's zone, not of UTC
        ("2026-03-16", asks("lead.renewal", "within_last", {"days": 0}), True),
        ("2026-03-09", asks("lead.renewal", "within_last", {"days": 7}), True),
        ("2026-03-08", asks("lead.renewal", "within_last", {"days": 7}), False),
        ("2026-03-17", asks("lead.renewal", "within_last", {"days": 7}), False),
        ("2026-03-23", asks("lead.renewal", "within_next", {"days": 7}), True),
        ("2026-03-24", asks("lead.renewal", "within_next", {"days": 7}), False),
        ("2026-03-15", asks("lead.renewal", "within_next", {"days": 7}), False),
        ("2026-03-08", asks("lead.renewal", "before", {"days": 7}), True),
        ("2026-03-09", asks("lead.renewal", "before", {"days": 7}), False),
        ("2026-03-24", asks("lead.renewal", "after", {"days": 7}), True),
        # an instant against a day: the day of the instant in the lead's zone
        ("2026-03-15T23:10:00Z", asks("lead.seen", "eq", "2026-03-16"), True),
        (datetime(2026, 3, 15, 22, 50, tzinfo=UTC), asks("lead.seen", "before", "2026-03-16"), True),
        # instants against each other; without a zone it is the lead's clock
        ("2026-03-15T23:10:00Z", asks("lead.seen", "lt", "2026-03-16T00:11:00"), True),
        ("2026-03-15T23:10:00Z", asks("lead.seen", "gte", "2026-03-16T00:10:00+01:00"), True),
        ("2026-03-15T22:31:00Z", asks("lead.seen", "within_last", {"hours": 1}), True),
        ("2026-03-15T22:29:00Z", asks("lead.seen", "within_last", {"hours": 1}), False),
        ("not a date", asks("lead.seen", "after", "2020-01-01"), False),
        ("not a date", asks("lead.seen", "ne", "2020-01-01"), False),
    ],
)
def test_dates_are_days_in_the_zone_of_the_lead_and_times_are_instants(value, document, truth):
    key = document["field"].removeprefix("lead.")
    assert verdict(document, Lead({key: value})).truth is truth


def test_created_at_and_now_are_instants():
    view = Lead({"created_at": NOW - timedelta(days=3)})
    assert verdict(asks("lead.created_at", "within_last", {"days": 4}), view).truth
    assert verdict(asks("now", "after", "2026-03-15"), view).truth
    assert not verdict(asks("now", "after", "2026-03-16"), view).truth


@pytest.mark.parametrize(("path", "op", "value"), EVERY_OPERATOR)
@pytest.mark.parametrize(
    "lead", [None, {}, {"city": None, "score": None, "renewal": None}, {"city": "", "renewal": ""}]
)
def test_a_missing_value_makes_every_test_false_but_four(lead, path, op, value):
    assert verdict(asks(path, op, value), Lead(lead)).truth is (op in {"is_empty", "ne", "not_contains", "not_in"})


@pytest.mark.parametrize(
    ("document", "truth"),
    [
        (asks("event.name", "eq", "order.placed"), True),
        (asks("event.plan", "eq", "pro"), True),
        (asks("event.properties.plan", "eq", "pro"), True),
        (asks("event.occurred_at", "within_last", {"hours": 1}), True),
        (asks("event.occurred_at", "eq", "2026-03-16"), True),
        (asks("event.items.1.sku", "eq", "B"), True),
        (asks("event.items.7.sku", "eq", "B"), False),
        (asks("event.tags", "contains", "Gift", ignore_case=True), True),
        (asks("event.tags", "not_contains", "gift"), False),
        (asks("event.total", "gt", 9), True),
        (asks("event.total", "in", ["9", 9.5]), True),
        (asks("event.paid", "eq", True), True),
        (asks("event.due", "before", "2026-04-02"), True),
        (asks("event.due", "lt", "2026-04-02"), True),
        (asks("event.nothing", "is_empty"), True),
        (asks("state.visits.count", "lte", 3), True),
        (asks("session.id", "starts_with", "s-"), True),
        # of the wrong type: false, whatever is asked
        (asks("event.total", "eq", "9.5"), False),
        (asks("event.total", "ne", "9.5"), False),
        (asks("event.total", "contains", "9"), False),
        (asks("event.plan", "gt", 9), False),
        (asks("event.plan", "not_in", [1, 2]), False),
        (asks("event.plan", "before", "2026-01-01"), False),
        (asks("event.paid", "gt", 0), False),
        (asks("event.items", "eq", "A"), False),
        (asks("event.plan.tier", "eq", "A"), False),
    ],
)
def test_events_state_and_session_are_typed_by_what_is_asked(document, truth):
    view = Lead(
        None,
        event={
            "name": "order.placed",
            "occurred_at": NOW,
            "properties": {
                "plan": "pro", "name": "never seen by the short name", "total": 9.5, "paid": True, "due": "2026-04-01",
                "items": [{"sku": "A"}, {"sku": "B"}], "tags": ["new", "gift"],
            },
        },
        state={"visits": {"count": 3}},
        session={"id": "s-1"},
    )  # fmt: skip
    condition = READ.validate_python(document)
    assert check(condition, FIELDS) == []
    assert verdict(document, view).truth is truth


def test_a_wrong_type_is_noted_in_the_receipt():
    found = verdict(asks("event.total", "gt", 5), Lead(event={"properties": {"total": "much"}}))
    assert found.receipt == {
        "field": "event.total",
        "op": "gt",
        "value": 5,
        "saw": "much",
        "is": False,
        "note": "is no number",
    }
