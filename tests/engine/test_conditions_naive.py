"""Conditions against a naive evaluator, written without the product's code."""

from datetime import UTC, date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.engine.conditions import check
from tests.support.conditions import EVERY_OPERATOR, FIELDS, READ, Lead, asks, verdict

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
