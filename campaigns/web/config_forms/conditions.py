"""Conditions in a form: rows that all hold, or any of them; what nests deeper is a row of JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from campaigns.engine.duration import UNITS
from campaigns.engine.kinds import Vocabulary
from campaigns.errors import Problem
from campaigns.web.config_forms.condition_rows import TIMES, form_of, node_of, row_of, subjects
from campaigns.web.config_forms.plain import named
from campaigns.web.config_forms.rows import count
from campaigns.web.config_forms.widget import ABSENT, Look, Sent, Widget

PARTS = ("what", "path", "not", "op", "value", "amount", "unit", "times", "count", "case", "json")
_FIRST = {"what": "lead.score", "op": "gte"}


class Conditions:
    """A condition. `optional`: without rows there is none; otherwise the form begins with one."""

    def __init__(self, vocabulary: Vocabulary, *, optional: bool) -> None:
        self._vocabulary, self._optional = vocabulary, optional

    def write(self, name: str, value: Any, form: Sent) -> None:
        mode, nodes = _split(value)
        form[f"{name}.mode"], form[f"{name}.rows"] = mode, str(len(nodes))
        for row, node in enumerate(nodes):
            for part, text in form_of(node, self._vocabulary).items():
                form[f"{name}.{row}.{part}"] = text

    def read(self, name: str, form: Sent) -> Any:
        nodes = [node_of(row, self._vocabulary) for row in self._rows(name, form)]
        if not nodes:
            return ABSENT
        mode = "any" if form.get(f"{name}.mode") == "any" else "all"
        return nodes[0] if len(nodes) == 1 else {mode: nodes}

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        rows = self._rows(name, form)
        mode = "any" if form.get(f"{name}.mode") == "any" else "all"
        parts = [
            row_of(row, self._vocabulary, look.at(mode, str(index)) if len(rows) > 1 else look.error)
            for index, row in enumerate(rows)
        ]
        placed = any(part.error for part in parts)
        more = {
            "mode": mode,
            "subjects": subjects(self._vocabulary),
            "units": UNITS,
            "times": TIMES,
            "templates": named(self._vocabulary.templates),
        }
        error = "" if placed else look.error
        return Widget("condition", name, look.label, look.help, error=error, parts=parts, more=more)

    def _rows(self, name: str, form: Sent) -> list[dict[str, str]]:
        """Return the rows of a form; one that was just asked for begins with what most ask about."""
        if f"{name}.rows" not in form and not self._optional:
            return [dict(_FIRST)]
        return [_row(f"{name}.{row}", form) for row in range(count(name, form))]


def condition_widget(
    name: str, form: Sent, vocabulary: Vocabulary, *, label: str, problems: Sequence[Problem] = ()
) -> Widget:
    """Return the widget of an optional condition outside of a config; `problems` by paths below the condition."""
    look = Look(label, vocabulary, problems=problems)
    return Conditions(vocabulary, optional=True).show(name, form, look)


def condition_in(values: Sent, name: str, vocabulary: Vocabulary) -> Any:
    """Return the optional condition that a form holds, or None."""
    found = Conditions(vocabulary, optional=True).read(name, values)
    return None if found is ABSENT else found


def form_of_condition(name: str, value: Any, vocabulary: Vocabulary) -> Sent:
    """Return a condition as form values."""
    form: Sent = MultiDict()
    if value is not None:
        Conditions(vocabulary, optional=True).write(name, value, form)
    return form


def _row(prefix: str, form: Sent) -> dict[str, str]:
    found = {part: form[f"{prefix}.{part}"] for part in PARTS if form.get(f"{prefix}.{part}")}
    return found or dict(_FIRST)


def _split(value: Any) -> tuple[str, list[Any]]:
    """Return how rows are joined, and the rows; a group of less than two is a row of its own."""
    for mode in ("all", "any"):
        if isinstance(value, dict) and set(value) == {mode} and isinstance(value[mode], list) and len(value[mode]) > 1:
            return mode, value[mode]
    return "all", [value]
