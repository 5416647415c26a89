"""Rows of plain settings, such as the variants of a split: each row with the same few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from campaigns.web.config_forms.rows import count
from campaigns.web.config_forms.widget import ABSENT, Codec, Look, Sent, Widget


@dataclass(frozen=True, slots=True)
class Column:
    """One setting of each row."""

    key: str
    label: str
    codec: Codec
    required: bool


class Records:
    """A list of objects with the same plain settings."""

    def __init__(self, columns: list[Column], defaults: dict[str, Any]) -> None:
        self._columns, self._defaults = columns, defaults

    def write(self, name: str, value: Any, form: Sent) -> None:
        keys = {column.key for column in self._columns}
        if not isinstance(value, list) or any(set(one) - keys for one in value):
            raise ValueError(value)
        form[f"{name}.rows"] = str(len(value))
        for row, one in enumerate(value):
            for column in self._columns:
                if column.key in one:
                    column.codec.write(f"{name}.{row}.{column.key}", one[column.key], form)

    def read(self, name: str, form: Sent) -> Any:
        return [self._one(f"{name}.{row}", form) for row in range(count(name, form))] or ABSENT

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        parts = [self._row(f"{name}.{row}", row, form, look) for row in range(max(count(name, form), 1))]
        placed = any(widget.error for row in parts for widget in row)
        more = {"weighed": any(column.key == "weight" for column in self._columns)}
        error = "" if placed else look.error
        return Widget("records", name, look.label, look.help, error=error, parts=parts, more=more)

    def _one(self, prefix: str, form: Sent) -> dict[str, Any]:
        values = {column.key: column.codec.read(f"{prefix}.{column.key}", form) for column in self._columns}
        return {
            key: value
            for key, value in values.items()
            if value is not ABSENT and not (key in self._defaults and value == self._defaults[key])
        }

    def _row(self, prefix: str, row: int, form: Sent, look: Look) -> list[Widget]:
        return [
            column.codec.show(
                f"{prefix}.{column.key}",
                form,
                Look(column.label, look.vocabulary, "", column.required, look.below(str(row), column.key)),
            )
            for column in self._columns
        ]
