"""Receipts: what a test asked and what it saw, small and writable as JSON in either database."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from campaigns.engine.condition_tree import FieldTest
from campaigns.engine.condition_views import View
from campaigns.engine.moments import written

Receipt = dict[str, Any]
Clause = Callable[[View], tuple[bool, Receipt]]
_CHARACTERS = 200
_ITEMS = 20
_DEPTH = 2


def base_receipt(test: FieldTest) -> Receipt:
    """Return what a test asks."""
    base: Receipt = {"field": test.field, "op": test.op}
    return base if test.value is None else {**base, "value": shown(test.model_dump()["value"])}


def shown(value: object, *, depth: int = 0) -> object:
    """Return a value as a receipt keeps it: long texts, long lists and deep objects are cut."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        text = value.replace("\x00", "")  # PostgreSQL's JSON cannot hold it
        return text if len(text) <= _CHARACTERS else text[:_CHARACTERS] + "…"
    if isinstance(value, datetime):
        return written(value) if value.tzinfo is not None else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return _shown_rest(value, depth)


def _shown_rest(value: object, depth: int) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [shown(item, depth=depth + 1) for item in value[:_ITEMS]] if depth < _DEPTH else "…"
    if isinstance(value, Mapping):
        items = list(value.items())[:_ITEMS]
        return {str(shown(str(key))): shown(item, depth=depth + 1) for key, item in items} if depth < _DEPTH else "…"
    return shown(str(value))
