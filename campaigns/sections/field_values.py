"""Values for a lead's fields, in the field's own form."""

from __future__ import annotations

from datetime import date
from typing import Any

from campaigns.engine.kinds import FieldType
from campaigns.imports.values import check_value, parse_value, score_value


def checked(field: str, kind: FieldType | None, value: Any) -> Any:
    """Return the value in the field's own form; raise ValueError with a sentence. The score is a whole number."""
    if field == "score":
        return check_value("score", value) if value is not None else score_value(value)
    return check_value(kind.type, value, choices=kind.choices) if kind is not None else value


def typed(kind: FieldType | None, value: Any) -> Any:
    """Return what was worked out as the field's type would be written: text out of a number, a number out of text."""
    if kind is None or value is None or value == "":
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return parse_value(kind.type, value, choices=kind.choices) if kind.type in {"number", "boolean"} else value
    if kind.type in {"number", "boolean"}:
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)
