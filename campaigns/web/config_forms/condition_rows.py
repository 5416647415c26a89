"""One row of a condition: what is looked at, how, and with what it is compared."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.engine.condition_fields import DYNAMIC, fitting_operators, type_of
from campaigns.engine.condition_values import LISTS, NO_VALUE, WINDOWS
from campaigns.engine.duration import UNITS
from campaigns.engine.fields import BUILT_IN_FIELDS, field_types
from campaigns.engine.json_text import read_json
from campaigns.engine.kinds import FieldType, Vocabulary
from campaigns.errors import CampaignsError
from campaigns.web.config_forms.plain import named, number
from campaigns.web.config_forms.widget import Option

ROOTS = ("event", "state", "session")
MEMBERS = {"in_list": "list", "in_workflow": "workflow"}
TIMES = (("at_least", "at least"), ("exactly", "exactly"), ("at_most", "at most"))
WORDS = {
    "eq": "is", "ne": "is not", "lt": "is less than", "lte": "is at most", "gt": "is more than", "gte": "is at least",
    "contains": "contains", "not_contains": "does not contain", "starts_with": "starts with", "ends_with": "ends with",
    "in": "is one of", "not_in": "is none of", "is_set": "has a value", "is_empty": "is empty",
    "changed": "has changed", "changed_to": "has changed to", "before": "is before", "after": "is after",
    "within_last": "is within the last", "within_next": "is within the next",
}  # fmt: skip
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)  # all that a browser keeps in a field for a date
Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is drawn: its values by name, the operators that fit, and the control for the value."""

    values: Form
    operators: Sequence[Option]
    control: str  # none, text, number, date, select, span
    choices: Sequence[Option] = ()
    error: str = ""


def form_of(node: Any, vocabulary: Vocabulary) -> dict[str, str]:
    """Return a test as the fields of a row; what a row can't say is shown as JSON."""
    plain, negated = (node["not"], True) if isinstance(node, dict) and set(node) == {"not"} else (node, False)
    form: dict[str, str] = {}
    try:
        form = _form(plain)
        if negated:
            form["not"] = "true"
        same = _same(node_of(form, vocabulary), node) and _drawable(form, vocabulary)
    except (AttributeError, KeyError, TypeError, ValueError):
        same = False
    return form if same else {"what": "json", "json": json.dumps(node, indent=2, ensure_ascii=False)}


def node_of(form: Form, vocabulary: Vocabulary) -> Any:
    """Return the test that a row says; what is half filled in comes out as it is."""
    what = form.get("what", "")
    if what == "json":
        try:
            return read_json(form.get("json", ""))
        except CampaignsError:
            return form.get("json", "")
    node = _node(what, form, vocabulary)
    return {"not": node} if form.get("not") == "true" else node


def row_of(form: Form, vocabulary: Vocabulary, error: str) -> Row:
    """Return how a row is drawn."""
    what = form.get("what", "")
    if what in MEMBERS:
        return Row(form, (), "select", named(vocabulary.names(MEMBERS[what])), error)
    if what in {"has_tag", "did", "json"}:
        return Row(form, (), what, (), error)
    kind = _kind(what, vocabulary)
    operators = [(op, WORDS[op]) for op in WORDS if op in fitting_operators(kind.type)]
    control, choices = _control(kind, form, vocabulary)
    return Row(form, operators, control, choices, error)


def _drawable(form: Form, vocabulary: Vocabulary) -> bool:
    """Say whether a browser keeps what the row holds: an operator that is offered, and texts of one line."""
    operators = row_of(form, vocabulary, "").operators
    fits = not operators or form.get("op", "") in dict(operators)
    return fits and not any("\n" in text or "\r" in text for text in form.values())


def subjects(vocabulary: Vocabulary) -> list[tuple[str, list[Option]]]:
    """Return what a row may look at, grouped."""
    custom = [(f"lead.{key}", name) for key, name in named(vocabulary.names("field"))]
    groups = [
        ("Lead", [(f"lead.{key}", kind.name) for key, kind in BUILT_IN_FIELDS.items()]),
        ("Own fields", custom),
        ("Membership", [("in_list", "is on list"), ("has_tag", "has tag"), ("in_workflow", "is in workflow")]),
        ("History", [("did", "did something")]),
        ("Data", [("event", "Event"), ("state", "State"), ("session", "Visit"), ("now", "Now")]),
        ("", [("json", "As JSON")]),
    ]
    return [(title, options) for title, options in groups if options]


def _form(node: dict[str, Any]) -> dict[str, str]:
    for member in (*MEMBERS, "has_tag"):
        if member in node:
            return {"what": member, "value": node[member]}
    if "did" in node:
        return {"what": "did", "value": node["did"], **_often(node)}
    root, _, rest = node["field"].partition(".")
    what = {"what": root, "path": rest} if root in ROOTS else {"what": node["field"]}
    case = {"case": "true"} if node.get("ignore_case") else {}
    return {**what, "op": node["op"], **case, **_shown(node["op"], node.get("value"))}


def _often(node: dict[str, Any]) -> dict[str, str]:
    form: dict[str, str] = {}
    if "times" in node:
        ((word, times),) = node["times"].items()
        form |= {"times": word, "count": str(times)}
    if "within" in node:
        form |= _span(node["within"])
    return form


def _shown(op: str, value: Any) -> dict[str, str]:
    if op in NO_VALUE:
        return {}
    if isinstance(value, dict):
        return {"value": value["template"]} if "template" in value else _span(value)
    if isinstance(value, list):
        return {"value": ", ".join(_word(item) for item in value)}
    return {"value": _word(value)} if value is not None else {}


def _span(span: Any) -> dict[str, str]:
    ((unit, amount),) = span.items()
    return {"amount": str(amount), "unit": unit}


def _word(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _node(what: str, form: Form, vocabulary: Vocabulary) -> dict[str, Any]:
    if what in (*MEMBERS, "has_tag"):
        return {what: form.get("value", "")}
    if what == "did":
        return _did(form)
    field = f"{what}.{form.get('path', '')}" if what in ROOTS else what
    op = form.get("op", "") or "eq"
    node: dict[str, Any] = {"field": field, "op": op}
    value = _value(op, form, _kind(what, vocabulary).type)
    if value is not None:
        node["value"] = value
    return node | ({"ignore_case": True} if form.get("case") == "true" else {})


def _did(form: Form) -> dict[str, Any]:
    node: dict[str, Any] = {"did": form.get("value", "")}
    if form.get("count"):
        node["times"] = {form.get("times", "") or "at_least": number(form["count"])}
    if form.get("amount"):
        node["within"] = {form.get("unit", "") or UNITS[2]: number(form["amount"])}
    return node


def _value(op: str, form: Form, kind: str) -> Any:
    if op in NO_VALUE:
        return None
    if op in WINDOWS:
        return {form.get("unit", "") or UNITS[2]: number(form["amount"])} if form.get("amount") else None
    text = form.get("value", "").strip()
    if "{{" in text or "{%" in text:
        return {"template": text}
    if not text:
        return None
    if op in LISTS:
        return [_literal(item.strip(), kind) for item in text.split(",") if item.strip()]
    return _literal(text, kind)


def _literal(text: str, kind: str) -> Any:
    """Return a text as what a field of this type is compared with."""
    if kind == "number":
        return number(text)
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return _dynamic(text) if kind == DYNAMIC else text


def _dynamic(text: str) -> Any:
    return {"true": True, "false": False}.get(text, number(text))


def _kind(what: str, vocabulary: Vocabulary) -> FieldType:
    fields = field_types(vocabulary)
    return FieldType(type_of(what, fields) or DYNAMIC) if what not in fields else fields[what]


def _control(kind: FieldType, form: Form, vocabulary: Vocabulary) -> tuple[str, Sequence[Option]]:
    op, text = form.get("op", ""), form.get("value", "")
    if op in NO_VALUE:
        return "none", ()
    if op in WINDOWS:
        return "span", ()
    if "{{" in text or "{%" in text or op in LISTS:
        return "text", ()
    if form.get("what") == "lead.status" and op in {"", "eq", "ne", "changed_to"}:
        return "select", named(vocabulary.statuses)
    if kind.type == "choice" and op in {"", "eq", "ne", "changed_to"}:
        return "select", [(choice, choice) for choice in kind.choices]
    if kind.type == "boolean":
        return "select", [("true", "Yes"), ("false", "No")]
    if kind.type == "date":
        return "date" if not text or _DATE.fullmatch(text) else "text", ()
    return "number" if kind.type == "number" and not isinstance(number(text or "0"), str) else "text", ()


def _same(one: Any, other: Any) -> bool:
    """True is no 1 in JSON, though Python says so."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
