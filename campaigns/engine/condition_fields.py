"""The types of fields: which operators and which literal values fit each."""

from __future__ import annotations

from collections.abc import Mapping

from campaigns.engine.condition_values import CHANGES, LISTS, SPANS
from campaigns.engine.duration import Duration
from campaigns.engine.kinds import FieldType
from campaigns.engine.moments import read_moment

Fields = Mapping[str, FieldType]
"""Every typed field by its path: lead.<key>, and now."""

TEXTS = frozenset({"text", "email", "phone", "url"})
DATES = frozenset({"date", "datetime"})
DYNAMIC = "any"  # what an event, the state or a session holds is only known at run time
NOW = "now"
_ORDER = frozenset({"lt", "lte", "gt", "gte"})
_PRESENCE = frozenset({"is_set", "is_empty"})
_EQUAL = frozenset({"eq", "ne"}) | _PRESENCE | CHANGES
_TEXT = _EQUAL | LISTS | {"contains", "not_contains", "starts_with", "ends_with"}
_OPERATORS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(TEXTS, _TEXT),
    **dict.fromkeys(DATES, _EQUAL | LISTS | _ORDER | SPANS),
    "choice": _EQUAL | LISTS,
    "number": _EQUAL | LISTS | _ORDER,
    "boolean": _EQUAL,
    NOW: _ORDER | {"before", "after"},
    DYNAMIC: (_TEXT | _ORDER | SPANS) - CHANGES,
}


def type_of(path: str, fields: Fields) -> str | None:
    """Return the type of a field, "now", or "any" for what only run time knows; None when there is no such field."""
    if path == NOW:
        return NOW
    if path in fields:
        return fields[path].type
    return None if path.startswith("lead.") else DYNAMIC


def fitting_operators(kind: str) -> frozenset[str]:
    """Return the operators that fit a type."""
    return _OPERATORS.get(kind, _OPERATORS["text"])


def wrong_operator(kind: str, op: str) -> str | None:
    """Return why an operator does not fit a type, or None."""
    fitting = fitting_operators(kind)
    if op in fitting:
        return None
    if kind == DYNAMIC:
        return f"{op} is for fields of the lead: only their former values are known"
    return f"{op} does not fit {_a(kind)}; use one of {', '.join(sorted(fitting))}"


def wrong_value(kind: str, op: str, value: object, choices: tuple[str, ...] = ()) -> str | None:
    """Return why a literal does not fit a type, or None."""
    if isinstance(value, Duration):
        return "now is compared with a date, not with a span" if kind == NOW else None
    if kind == DYNAMIC:
        return _wrong_dynamic(op, value)
    if kind in DATES or kind == NOW:
        return None if read_moment(value) is not None else _NOT_A_DATE
    if kind == "number":
        fits = isinstance(value, int | float) and not isinstance(value, bool)
    elif kind == "boolean":
        fits = isinstance(value, bool)
    else:
        fits = isinstance(value, str)
    if not fits:
        return f"is compared with {_a(kind)}, but the value is {_literal(value)}"
    if kind == "choice" and choices and value not in choices:
        return f"{value} is none of the choices: {', '.join(choices)}"
    return None


_NOT_A_DATE = "is no date; write one as 2026-03-29 or 2026-03-29T09:00:00Z"
_NAMES = {
    "boolean": "yes or no",
    "text": "text",
    "email": "an email address",
    "now": "the present time",
    "url": "a URL",
}


def _wrong_dynamic(op: str, value: object) -> str | None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if op in SPANS:
        return None if read_moment(value) is not None else _NOT_A_DATE
    if op in _ORDER:
        return None if number or read_moment(value) is not None else f"{op} compares numbers or dates"
    if op in {"contains", "not_contains", "starts_with", "ends_with"}:
        return None if isinstance(value, str) else f"{op} compares text"
    return None


def _a(kind: str) -> str:
    return _NAMES.get(kind, f"a {kind.replace('datetime', 'date and time').replace('phone', 'phone number')}")


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "a number" if isinstance(value, int | float) else "text"
