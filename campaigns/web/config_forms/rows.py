"""Rows that grow: `<name>.rows` counts them, and each field of row 2 is called `<name>.2.…`."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.datastructures import MultiDict

from campaigns.web.config_forms.widget import Sent

COMMAND = "row"
MOST = 200


def wants_rows(values: Mapping[str, str]) -> bool:
    """Say whether a form was sent for a row more or less, and not to be saved."""
    return COMMAND in values


def with_rows(values: Sent) -> Sent:
    """Return the form with the row that was asked for (`add:<name>`), or without it (`remove:<name>.<number>`)."""
    command, _, target = values.get(COMMAND, "").partition(":")
    if command == "add":
        return _grown(values, target)
    name, _, number = target.rpartition(".")
    if command == "remove" and name and number.isdecimal():
        return _shrunk(values, name, int(number))
    return values


def count(name: str, values: Sent) -> int:
    """Return how many rows a form has."""
    text = values.get(f"{name}.rows", "")
    return min(int(text), MOST) if text.isdecimal() else 0


def _grown(values: Sent, name: str) -> Sent:
    grown = MultiDict(values)
    grown[f"{name}.rows"] = str(count(name, values) + 1)
    return grown


def _shrunk(values: Sent, name: str, gone: int) -> Sent:
    """Leave one row out; those below it move up."""
    left: Sent = MultiDict()
    for key, items in values.lists():
        rest = key.removeprefix(f"{name}.")
        number, dot, field = rest.partition(".")
        if rest == key or not dot or not number.isdecimal() or int(number) < gone:
            left.setlist(key, items)
        elif int(number) > gone:
            left.setlist(f"{name}.{int(number) - 1}.{field}", items)
    left[f"{name}.rows"] = str(max(count(name, values) - 1, 0))
    return left
