"""What a test compares with: literals, lists, spans of time and templates, read with the operator in mind."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from campaigns.engine.duration import Duration
from campaigns.errors import CampaignsError
from campaigns.personalise import compile_value

Operator = Literal[
    "eq", "ne", "lt", "lte", "gt", "gte", "contains", "not_contains", "starts_with", "ends_with", "in", "not_in",
    "is_set", "is_empty", "changed", "changed_to", "before", "after", "within_last", "within_next",
]  # fmt: skip
NO_VALUE = frozenset({"is_set", "is_empty", "changed"})
LISTS = frozenset({"in", "not_in"})
WINDOWS = frozenset({"within_last", "within_next"})
SPANS = WINDOWS | {"before", "after"}
TRUE_WHEN_MISSING = frozenset({"is_empty", "ne", "not_contains", "not_in"})
CHANGES = frozenset({"changed", "changed_to"})
MAX_ITEMS = 1000
MAX_TEXT = 4000

Scalar = bool | int | float | str


class Template(BaseModel):
    """A Liquid template in the place of a value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    template: str

    @field_validator("template")
    @classmethod
    def _compiles(cls, source: str) -> str:
        try:
            compile_value(source)
        except CampaignsError as error:
            raise ValueError(error.message) from None
        return source


TestValue = Template | Duration | list[Scalar] | bool | int | float | str | None


def read_value(raw: object, _inner: object, info: ValidationInfo) -> object:
    """Read a test's value by its operator, which stands before it. Raises ValueError in words for people."""
    op = info.data.get("op")
    if op is None:  # the operator is a problem of its own
        return None
    if op in NO_VALUE:
        if raw is not None:
            raise ValueError(f"{op} takes no value")
        return None
    if raw is None:
        raise ValueError("needs a value to compare with; for a missing one use is_empty or is_set")
    if isinstance(raw, Template) or (isinstance(raw, Mapping) and "template" in raw):
        return Template.model_validate(raw)
    if op in WINDOWS or (op in SPANS and isinstance(raw, Mapping | Duration)):
        return Duration.model_validate(raw)
    return _list(raw, op) if op in LISTS else _scalar(raw, op)


def _list(raw: object, op: str) -> list[Scalar]:
    if not isinstance(raw, list | tuple) or not raw:
        raise ValueError(f'{op} needs a list of values, such as ["a", "b"]')
    if len(raw) > MAX_ITEMS:
        raise ValueError(f"a list has at most {MAX_ITEMS} values")
    return [_scalar(item, op) for item in raw]


def _scalar(raw: object, op: str) -> Scalar:
    if isinstance(raw, list | tuple):
        raise ValueError(f"{op} needs a single value; for a list use in or not_in")
    if not isinstance(raw, bool | int | float | str):
        raise ValueError(f"{op} needs a text, a number, true or false")
    if isinstance(raw, float) and not math.isfinite(raw):
        raise ValueError("is no number")
    if isinstance(raw, str) and not raw:
        raise ValueError("an empty text is no value; use is_empty or is_set")
    if isinstance(raw, str) and len(raw) > MAX_TEXT:
        raise ValueError(f"a text has at most {MAX_TEXT} characters")
    return raw
