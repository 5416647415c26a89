"""Groups, activity, changes and templates in conditions, and what the receipt says of them."""

import json
from datetime import timedelta

import pytest

from campaigns.engine.conditions import became_true, check
from tests.support.conditions import FIELDS, NOW, READ, Lead, asks, verdict


def test_groups_without_parts_have_a_stated_truth():
    assert verdict({"all": []}, Lead()).truth is True
    assert verdict({"any": []}, Lead()).truth is False
    assert verdict({"not": {"any": []}}, Lead()).truth is True


def test_membership_tags_and_workflows():
    view = Lead(tags={"vip"}, lists={"customers"}, workflows={"onboarding"})
    for key, value in (("has_tag", "vip"), ("in_list", "customers"), ("in_workflow", "onboarding")):
        assert verdict({key: value}, view).receipt == {key: value, "is": True}
        assert verdict({key: "other"}, view).truth is False


@pytest.mark.parametrize(
    ("times", "within", "truth"),
    [
        (None, None, True), ({"at_least": 3}, None, True), ({"at_least": 4}, None, False), ({"exactly": 3}, None, True),
        ({"exactly": 2}, {"days": 7}, True), ({"at_most": 1}, {"days": 7}, False), ({"at_most": 0}, {"hours": 1}, True),
    ],
)  # fmt: skip
def test_did_counts_what_happened_in_the_span(times, within, truth):
    view = Lead(happened={"email.opened": [NOW - timedelta(days=days) for days in (1, 6, 30)]})
    document = {"did": "email.opened", **({"times": times} if times else {}), **({"within": within} if within else {})}
    assert verdict(document, view).truth is truth


def test_the_receipt_says_clause_by_clause_what_was_seen_and_leaves_out_what_was_not_needed():
    document = {
        "all": [
            asks("lead.score", "gte", 50),
            {"any": [{"has_tag": "vip"}, asks("lead.city", "eq", "Berlin"), {"in_list": "never looked at"}]},
            {"not": {"did": "email.opened", "times": {"at_least": 2}, "within": {"days": 1}}},
        ]
    }
    opened = [NOW - timedelta(hours=2)]
    found = verdict(document, Lead({"score": 72, "city": "Berlin"}, happened={"email.opened": opened}))
    assert found.truth
    assert found.receipt == {
        "all": [
            {"field": "lead.score", "op": "gte", "value": 50, "saw": 72, "is": True},
            {
                "any": [
                    {"has_tag": "vip", "is": False},
                    {"field": "lead.city", "op": "eq", "value": "Berlin", "saw": "Berlin", "is": True},
                ],
                "is": True,
            },
            {
                "not": {
                    "did": "email.opened",
                    "times": {"at_least": 2},
                    "since": "2026-03-14T23:30:00Z",
                    "saw": 1,
                    "is": False,
                },
                "is": True,
            },
        ],
        "is": True,
    }


def test_a_receipt_stays_small_and_can_be_stored():
    deep = {"a": {"b": {"c": {"d": 1}}}}
    view = Lead(
        {"city": "x" * 10_000},
        event={"properties": {"list": ["y" * 999] * 999, "nan": float("nan"), "nul": "a\x00b", "o": deep}},
    )
    for path in ("lead.city", "event.list", "event.nan", "event.nul", "event.o"):
        receipt = verdict(asks(path, "is_set"), view).receipt
        assert len(json.dumps(receipt)) < 6_000
        assert "\x00" not in json.dumps(receipt, ensure_ascii=False)


@pytest.mark.parametrize(
    ("before", "now", "changed", "changed_to"),
    [
        (None, "Berlin", False, False),  # no change is known
        ({}, "Berlin", False, False),
        ({"city": "Paris"}, "Berlin", True, True),
        ({"city": "Berlin"}, "Berlin", False, False),
        ({"city": None}, "Berlin", True, True),
        ({"city": ""}, None, False, False),  # nothing is nothing
        ({"city": "Berlin"}, None, True, False),
        ({"city": "Berlin"}, "Rome", True, False),
        ({"score": 1}, "Berlin", False, False),  # another field changed
    ],
)
def test_a_change_compares_with_the_value_before(before, now, changed, changed_to):
    view = Lead({"city": now}, before=before)
    assert verdict(asks("lead.city", "changed"), view).truth is changed
    assert verdict(asks("lead.city", "changed_to", "Berlin"), view).truth is changed_to


def test_a_change_of_case_is_no_change_of_an_address():
    view = Lead({"email": "Ann@example.org", "city": "berlin"}, before={"email": "ann@example.org", "city": "Berlin"})
    assert not verdict(asks("lead.email", "changed"), view).truth
    assert verdict(asks("lead.city", "changed"), view).truth


@pytest.mark.parametrize(
    ("document", "before", "lead", "fires"),
    [
        (asks("lead.score", "gte", 50), {"score": 40}, {"score": 60}, True),
        (asks("lead.score", "gte", 50), {"score": 55}, {"score": 60}, False),
        (asks("lead.score", "gte", 50), {"score": 60}, {"score": 40}, False),
        (asks("lead.score", "gte", 50), {"city": "Rome"}, {"score": 60, "city": "Paris"}, False),
        (asks("lead.score", "gte", 50), {"score": None}, {"score": 60}, True),
        (asks("lead.score", "gte", 50), None, {"score": 60}, False),
        (asks("lead.city", "is_empty"), {"city": "Rome"}, {}, True),
        ({"all": [asks("lead.score", "gt", 5), {"has_tag": "vip"}]}, {"score": 1}, {"score": 9}, True),
        (asks("lead.city", "changed"), {"city": "Rome"}, {"city": "Paris"}, True),
        (
            {"all": [asks("lead.city", "changed"), asks("lead.score", "gt", 5)]},
            {"city": "Rome"},
            {"city": "X", "score": 9},
            True,
        ),
        (
            {"all": [asks("lead.city", "changed"), asks("lead.score", "gt", 5)]},
            {"score": 1},
            {"city": "X", "score": 9},
            False,
        ),
    ],
)
def test_a_field_changed_trigger_fires_when_its_condition_becomes_true_or_at_each_change(document, before, lead, fires):
    found = became_true(READ.validate_python(document), FIELDS)(Lead(lead, before=before, tags={"vip"}))
    assert bool(found) is found.truth is fires
    assert json.dumps(found.receipt)


@pytest.mark.parametrize(
    ("lead", "document", "truth"),
    [
        ({"score": 6}, asks("lead.score", "gt", {"template": "{{ state.least }}"}), True),
        ({"score": 6}, asks("lead.score", "gt", {"template": "{{ state.least | plus: 1 }}"}), False),
        ({"score": 6}, asks("lead.score", "eq", {"template": " {{ state.least }}.0 "}), False),
        ({"score": 6}, asks("lead.score", "gt", {"template": "{{ state.text }}"}), False),
        ({"score": 6}, asks("lead.score", "ne", {"template": "{{ state.none }}"}), False),
        ({"city": "pro"}, asks("lead.city", "eq", {"template": "{{ event.plan }}"}), True),
        ({"city": "5"}, asks("lead.city", "eq", {"template": "{{ state.least }}"}), True),
        ({"city": "b"}, asks("lead.city", "in", {"template": "{{ state.list }}"}), True),
        ({"city": "z"}, asks("lead.city", "not_in", {"template": "{{ state.list }}"}), True),
        ({}, asks("lead.city", "ne", {"template": "{{ event.plan }}"}), True),
        ({"renewal": "2026-03-20"}, asks("lead.renewal", "after", {"template": "{{ state.day }}"}), True),
        ({"renewal": "2026-03-20"}, asks("lead.renewal", "after", {"template": "{{ state.text }}"}), False),
        ({"member": True}, asks("lead.member", "eq", {"template": "{{ state.yes }}"}), True),
        ({"score": 6}, asks("lead.score", "gt", {"template": "{{ state.least | divided_by: 0 }}"}), False),
    ],
)
def test_a_template_is_filled_in_for_each_lead_and_keeps_its_type(lead, document, truth):
    state = {"least": 5, "text": "many", "list": ["a", "b"], "day": "2026-03-19", "yes": True}
    view = Lead(lead, state=state, event={"name": "x", "properties": {"plan": "pro"}})
    assert check(READ.validate_python(document), FIELDS) == []
    assert verdict(document, view).truth is truth


def test_a_template_that_gives_nothing_says_what_was_missing():
    found = verdict(asks("lead.score", "gt", {"template": "{{ state.least }}"}), Lead({"score": 5}))
    assert found.receipt["note"] == "the template gave nothing: state.least"


@pytest.mark.parametrize(
    "document",
    [
        asks("lead.gone", "eq", "x"),
        asks("lead.city", "gt", "x"),
        asks("lead.score", "eq", "x"),
        asks("lead.score", "contains", "5"),
    ],
)
def test_a_field_that_was_deleted_or_retyped_since_is_false_and_never_an_exception(document):
    assert verdict(document, Lead({"city": "x", "score": 5, "gone": 7})).truth is False
