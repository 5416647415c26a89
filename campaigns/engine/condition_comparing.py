"""Comparing what was seen with what was asked, by type. Answers true, false, or a note why it cannot be true."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from campaigns.engine.condition_fields import DATES, DYNAMIC, NOW, TEXTS
from campaigns.engine.condition_values import LISTS, SPANS
from campaigns.engine.condition_views import View
from campaigns.engine.duration import Duration
from campaigns.engine.moments import Moment, day_of, instant_of, read_moment

Found = bool | str  # a text says why the test is false whatever it asks
Comparer = Callable[[object, View], Found]
NEGATIONS: Mapping[str, str] = {"ne": "eq", "not_contains": "contains", "not_in": "in"}
ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
    "before": operator.lt,
    "after": operator.gt,
}


def comparer(kind: str, op: str, value: object, *, ignore_case: bool = False) -> Comparer:
    """Return the function that compares. `value` must fit the type, as `wrong_value` says."""
    if op in NEGATIONS:
        inner = comparer(kind, NEGATIONS[op], value, ignore_case=ignore_case)
        return lambda saw, view: _negated(inner(saw, view))
    if op in LISTS and isinstance(value, list) and kind not in TEXTS:
        return _one_of([comparer(kind, "eq", item, ignore_case=ignore_case) for item in value])
    if kind in DATES or kind == NOW:
        return _moments(op, value)
    if kind == "number":
        return _numbers(op, value)
    if kind == "boolean":
        return lambda saw, _view: saw is value if isinstance(saw, bool) else "is not true or false"
    if kind == DYNAMIC:
        return _dynamic(op, value, ignore_case=ignore_case)
    return _texts(op, value, ignore_case=ignore_case or kind == "email")


def _negated(found: Found) -> Found:
    return found if isinstance(found, str) else not found


def _one_of(inner: list[Comparer]) -> Comparer:
    def compare(saw: object, view: View) -> Found:
        notes = [found for found in (each(saw, view) for each in inner) if found is not False]
        if True in notes:
            return True
        return notes[0] if len(notes) == len(inner) else False

    return compare


def _numbers(op: str, value: object) -> Comparer:
    test = ORDER[op]

    def compare(saw: object, _view: View) -> Found:
        if isinstance(saw, bool) or not isinstance(saw, int | float | Decimal):
            return "is no number"
        return test(float(saw) if isinstance(saw, Decimal) else saw, value)

    return compare


def _texts(op: str, value: object, *, ignore_case: bool) -> Comparer:
    test = _TEXT_TESTS[op]
    fold = str.casefold if ignore_case else str
    asked: Any = frozenset(fold(item) for item in value) if isinstance(value, list) else fold(str(value))

    def compare(saw: object, _view: View) -> Found:
        if not isinstance(saw, str):
            return "is no text"
        return test(fold(saw), asked)

    return compare


_TEXT_TESTS: Mapping[str, Callable[[str, Any], bool]] = {
    "eq": operator.eq,
    "in": lambda text, asked: text in asked,
    "contains": operator.contains,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
}


def _dynamic(op: str, value: object, *, ignore_case: bool) -> Comparer:
    """What is asked decides the type; a date seen is compared as one, and a list contains its items."""
    if isinstance(value, bool):
        return comparer("boolean", op, value)
    if isinstance(value, int | float):
        return _numbers(op, value)
    if op in SPANS or op in {"lt", "lte", "gt", "gte"}:
        return _moments(op, value)
    as_text = _texts(op, value, ignore_case=ignore_case)
    equal = _texts("eq", value, ignore_case=ignore_case)

    def compare(saw: object, view: View) -> Found:
        if op == "contains" and isinstance(saw, list | tuple):
            return any(equal(item, view) is True for item in saw)
        if op == "eq" and isinstance(saw, date) and read_moment(value) is not None:
            return _moments(op, value)(saw, view)
        return as_text(saw, view)

    return compare


def _moments(op: str, value: object) -> Comparer:
    """Where either side is a date alone, both are compared as days in the view's zone, else as instants."""
    if isinstance(value, Duration):
        return _spans(op, value)
    asked = read_moment(value)
    test = ORDER[op]

    def compare(saw: object, view: View) -> Found:
        seen = read_moment(saw)
        if seen is None or asked is None:
            return "is no date"
        return test(*_alike(seen, asked, view))

    return compare


def _spans(op: str, span: Duration) -> Comparer:
    def compare(saw: object, view: View) -> Found:
        seen = read_moment(saw)
        if seen is None:
            return "is no date"
        if op in {"before", "within_last"}:
            far, near = _alike(seen, span.take_from(view.now, view.time_zone), view), _alike(seen, view.now, view)
            return far[0] < far[1] if op == "before" else far[1] <= far[0] and near[0] <= near[1]
        far, near = _alike(seen, span.add_to(view.now, view.time_zone), view), _alike(seen, view.now, view)
        return far[0] > far[1] if op == "after" else near[1] <= near[0] and far[0] <= far[1]

    return compare


def _alike(one: Moment, other: Moment, view: View) -> tuple[date, date]:
    zone = view.time_zone
    if isinstance(one, datetime) and isinstance(other, datetime):
        return instant_of(one, zone), instant_of(other, zone)
    return day_of(one, zone), day_of(other, zone)
