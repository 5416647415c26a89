"""Settings that hold any value: of a lead's field, and of the execution's data; literal, or Liquid."""

from __future__ import annotations

import json
from typing import Any

from campaigns.engine.fields import lead_field
from campaigns.engine.json_text import read_json
from campaigns.engine.kinds import FieldType, Vocabulary
from campaigns.errors import CampaignsError
from campaigns.sections.values import is_template
from campaigns.web.config_forms.plain import number, unbroken
from campaigns.web.config_forms.rows import count
from campaigns.web.config_forms.widget import ABSENT, Look, Sent, Widget

TYPES = (("text", "Text"), ("number", "Number"), ("boolean", "Yes or no"), ("liquid", "Liquid"), ("json", "JSON"))


class Value:
    """The value for a lead's field; its control follows the field that is chosen in `field`."""

    def __init__(self, field: str) -> None:
        self._field = field

    def write(self, name: str, value: Any, form: Sent) -> None:
        form[f"{name}.as"] = _kind(value)
        form[name] = _text(value)

    def read(self, name: str, form: Sent) -> Any:
        text = unbroken(form.get(name, ""))
        if not text:
            return None if f"{name}.as" in form else ABSENT
        kind = form.get(f"{name}.as", "text")
        return _value("liquid" if "{{" in text or "{%" in text else kind, text)

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        kind, given = self._kind(name, form, look.vocabulary), form.get(f"{name}.as", "")
        more = {"type": kind.type if kind else "text", "as": _as(kind, given), "choices": kind.choices if kind else ()}
        text = form.get(name, "")
        if "\n" in text:
            more["type"] = "lines"
        elif "{{" in text or "{%" in text:
            more["type"] = "text"
        return Widget("value", name, look.label, look.help, text, required=False, error=look.error, more=more)

    def _kind(self, name: str, form: Sent, vocabulary: Vocabulary) -> FieldType | None:
        key = form.get(f"{name.rpartition('.')[0]}.{self._field}", "")
        return lead_field(vocabulary, key)


class Pairs:
    """Names with values, one a row, each with its type. `liquid`: whether a value may be a template."""

    def __init__(self, *, liquid: bool = True) -> None:
        self._liquid = liquid

    def write(self, name: str, value: Any, form: Sent) -> None:
        if not isinstance(value, dict):
            raise ValueError(value)
        form[f"{name}.rows"] = str(len(value))
        for row, (key, item) in enumerate(value.items()):
            form[f"{name}.{row}.key"], form[f"{name}.{row}.as"] = key, _kind(item)
            form[f"{name}.{row}.value"] = _text(item)

    def read(self, name: str, form: Sent) -> Any:
        found = {}
        for row in range(count(name, form)):
            key, text = form.get(f"{name}.{row}.key", ""), unbroken(form.get(f"{name}.{row}.value", ""))
            if key or text:
                found[key] = _value(form.get(f"{name}.{row}.as", "text"), text)
        return found or ABSENT

    def show(self, name: str, form: Sent, look: Look) -> Widget:
        rows = max(count(name, form), 1)
        parts = [
            {
                "key": form.get(f"{name}.{row}.key", ""),
                "as": form.get(f"{name}.{row}.as", "text"),
                "value": form.get(f"{name}.{row}.value", ""),
            }
            for row in range(rows)
        ]
        more = {"liquid": self._liquid}
        return Widget("pairs", name, look.label, look.help, options=TYPES, error=look.error, parts=parts, more=more)


def _kind(value: Any) -> str:
    """Return which of TYPES a value is."""
    if is_template(value):
        return "liquid"
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "json"


def _text(value: Any) -> str:
    if is_template(value):
        return str(value["template"])
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _value(kind: str, text: str) -> Any:
    """Return what a text means as one of TYPES; what it can't mean stays text."""
    if kind == "liquid":
        return {"template": text}
    if kind == "number":
        return number(text.strip()) if text.strip() else None
    if kind == "boolean":
        return {"true": True, "false": False, "yes": True, "no": False}.get(text.strip().lower(), text)
    if kind == "json":
        try:
            return read_json(text) if text.strip() else None
        except CampaignsError:
            return text
    return text


def _as(kind: FieldType | None, given: str) -> str:
    """Return how the value of a field is to be read: as its type says; a template, or without the field, as it was."""
    if given == "liquid":
        return given
    if kind is None:
        return given or "text"
    return kind.type if kind.type in {"number", "boolean"} else "text"
