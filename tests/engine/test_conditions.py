"""Conditions evaluated on a lead: what is true, what is missing, what the receipt says, and how fast."""

import json
import timeit
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from campaigns.engine.conditions import Condition, became_true, check, compile_condition
from campaigns.engine.fields import field_types
from campaigns.engine.kinds import FieldType, Vocabulary

NOW = datetime(2026, 3, 15, 23, 30, tzinfo=UTC)  # in Berlin it is the 16th already
BERLIN = ZoneInfo("Europe/Berlin")
FIELDS = field_types(
    Vocabulary(
        fields={
            "city": FieldType("text"),
            "plan": FieldType("choice", choices=("free", "pro")),
            "amount": FieldType("number"),
            "member": FieldType("boolean"),
            "renewal": FieldType("date"),
            "seen": FieldType("datetime"),
        }
    )
)
READ = TypeAdapter(Condition)


@dataclass
class Lead:
    """A view made by hand."""

    lead: dict | None = field(default_factory=dict)
    tags: set = field(default_factory=set)
    lists: set = field(default_factory=set)
    workflows: set = field(default_factory=set)
    event: dict = field(default_factory=dict)
    state: dict = field(default_factory=dict)
    session: dict | None = None
    now: datetime = NOW
    before: dict | None = None
    happened: dict = field(default_factory=dict)
    time_zone: tzinfo = BERLIN

    def activity(self, name, since):
        return sum(since is None or at >= since for at in self.happened.get(name, ()))


def asks(path, op, value=None, **more):
    return {"field": path, "op": op, **({} if value is None else {"value": value}), **more}


def verdict(document, view):
    found = compile_condition(READ.validate_python(document), FIELDS)(view)
    json.dumps(found.receipt, allow_nan=False)
    assert found.receipt["is"] is found.truth
    return found


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


EVERY_OPERATOR = [
    ("lead.city", "eq", "x"), ("lead.city", "ne", "x"), ("lead.score", "lt", 1), ("lead.score", "lte", 1),
    ("lead.score", "gt", 1), ("lead.score", "gte", 1), ("lead.city", "contains", "x"),
    ("lead.city", "not_contains", "x"), ("lead.city", "starts_with", "x"), ("lead.city", "ends_with", "x"),
    ("lead.city", "in", ["x"]),
    ("lead.city", "not_in", ["x"]), ("lead.city", "is_set", None), ("lead.city", "is_empty", None),
    ("lead.city", "changed", None), ("lead.city", "changed_to", "x"), ("lead.renewal", "before", "2026-01-01"),
    ("lead.renewal", "after", "2026-01-01"), ("lead.renewal", "within_last", {"days": 1}),
    ("lead.renewal", "within_next", {"days": 1}),
]  # fmt: skip


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


# Against a naive evaluator, written without the product's code.

TEXTS = st.sampled_from([None, "", "a", "A", "ab", "Straße", "STRASSE", "b"])
NUMBERS = st.sampled_from([None, 0, 1, 1.5, -2, 10**20])
DAYS = st.sampled_from([None, "", "2026-03-14", "2026-03-15", "2026-03-16", "2026-03-17", "2026-03-20"])
LEADS = st.fixed_dictionaries(
    {"city": TEXTS, "amount": NUMBERS, "member": st.sampled_from([None, True, False]), "renewal": DAYS}
)
TEXT_TESTS = st.builds(
    lambda op, value, fold: asks("lead.city", op, [value, "b"] if op in {"in", "not_in"} else value, ignore_case=fold),
    st.sampled_from("eq ne contains not_contains starts_with ends_with in not_in".split()),
    TEXTS.filter(bool),
    st.booleans(),
)
NUMBER_TESTS = st.builds(
    lambda op, value: asks("lead.amount", op, [value] if op == "in" else value),
    st.sampled_from("eq ne lt lte gt gte in".split()),
    NUMBERS.filter(lambda number: number is not None),
)
FLAG_TESTS = st.builds(lambda op, value: asks("lead.member", op, value), st.sampled_from(["eq", "ne"]), st.booleans())
DAY_TESTS = st.builds(
    lambda op, value: asks("lead.renewal", op, value),
    st.sampled_from("eq ne lt lte gt gte before after".split()),
    DAYS.filter(bool),
) | st.builds(
    lambda op, days: asks("lead.renewal", op, {"days": days}),
    st.sampled_from("before after within_last within_next".split()),
    st.integers(0, 4),
)
PRESENCE_TESTS = st.builds(
    asks,
    st.sampled_from(["lead.city", "lead.amount", "lead.member", "lead.renewal"]),
    st.sampled_from(["is_set", "is_empty"]),
)
CONDITIONS = st.recursive(
    TEXT_TESTS | NUMBER_TESTS | FLAG_TESTS | DAY_TESTS | PRESENCE_TESTS | st.just({"has_tag": "vip"}),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: {"all": parts})
        | st.lists(inner, max_size=3).map(lambda parts: {"any": parts})
        | inner.map(lambda part: {"not": part})
    ),
    max_leaves=8,
)


def naive(document, lead, tags):
    if "all" in document:
        return all(naive(part, lead, tags) for part in document["all"])
    if "any" in document:
        return any(naive(part, lead, tags) for part in document["any"])
    if "not" in document:
        return not naive(document["not"], lead, tags)
    if "has_tag" in document:
        return document["has_tag"] in tags
    return naive_test(
        document["op"], lead[document["field"][5:]], document.get("value"), fold=document.get("ignore_case")
    )


def naive_test(op, saw, value, *, fold):
    if op in {"is_set", "is_empty"}:
        return (saw in (None, "")) == (op == "is_empty")
    if op.startswith("not_") or op == "ne":
        return not naive_test({"ne": "eq", "not_in": "in", "not_contains": "contains"}[op], saw, value, fold=fold)
    if saw in (None, ""):
        return False
    if isinstance(value, dict):
        today, days = date(2026, 3, 16), timedelta(**value)
        day = date.fromisoformat(saw)
        return {
            "before": day < today - days,
            "after": day > today + days,
            "within_last": today - days <= day <= today,
            "within_next": today <= day <= today + days,
        }[op]
    if fold:
        saw, value = saw.casefold(), [v.casefold() for v in value] if op == "in" else value.casefold()
    if op in {"lt", "lte", "gt", "gte", "before", "after"}:
        return {
            "lt": saw < value,
            "lte": saw <= value,
            "gt": saw > value,
            "gte": saw >= value,
            "before": saw < value,
            "after": saw > value,
        }[op]
    if op in {"in", "eq"}:
        return saw in value if op == "in" else saw == value
    return {"contains": value in saw, "starts_with": saw.startswith(value), "ends_with": saw.endswith(value)}[op]


@settings(max_examples=400, deadline=None)
@given(document=CONDITIONS, lead=LEADS, tags=st.sampled_from([set(), {"vip"}]))
def test_conditions_agree_with_a_naive_evaluator(document, lead, tags):
    condition = READ.validate_python(document)
    assert check(condition, FIELDS) == []
    assert verdict(document, Lead(lead, tags=tags)).truth is naive(document, lead, tags)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(
    saw=ANYTHING,
    path=st.sampled_from(["event.x", "state.x.y", "lead.city", "lead.amount", "lead.renewal", "lead.member"]),
    asked=st.sampled_from(
        [(op, value) for _, op, value in EVERY_OPERATOR] + [("gt", "2026-01-01"), ("eq", True), ("in", [1, "a"])]
    ),
)
def test_whatever_a_value_is_the_answer_is_a_verdict_with_a_receipt(saw, path, asked):
    key = path.partition(".")[2]
    view = Lead({key: saw}, event={"properties": {"x": saw}}, state={"x": {"y": saw}}, before={key: 1})
    assert verdict(asks(path, *asked), view).truth in {True, False}


def test_a_single_numeric_comparison_takes_at_most_one_and_a_half_microseconds():
    view = Lead({"score": 72})
    holds = compile_condition(READ.validate_python(asks("lead.score", "gte", 50)), FIELDS)
    best = min(timeit.repeat(lambda: holds(view), number=2_000, repeat=50)) / 2_000
    assert best * 1e6 <= 1.5
