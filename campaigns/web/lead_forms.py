"""What the forms about leads send, in the form the services take; and their problems by the field's name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from campaigns.errors import CampaignsError, Problem
from campaigns.imports.values import number, score
from campaigns.services.lead_bulk import Action, Selection
from campaigns.services.lead_search import Wanted
from campaigns.storage.models import LeadField
from campaigns.web.bites import ids_of

TEXTS = ("email", "external_id", "first_name", "last_name", "phone")
CUSTOM = "fields."
INPUTS = {"number": "text", "date": "date", "datetime": "text", "email": "email", "phone": "tel", "url": "url"}
_ASKED = frozenset({"add_tag", "remove_tag"})  # actions whose value is typed


@dataclass(frozen=True, slots=True)
class Input:
    """One custom field in a form. `options` are set where one of them is chosen."""

    name: str
    label: str
    type: str
    value: str
    help: str | None
    options: list[tuple[str, str]]


def read_lead(form: Mapping[str, str]) -> dict[str, Any]:
    """Return a form's values in the shape of the API's body; what the form does not have is left out."""
    values: dict[str, Any] = {name: form[name] for name in TEXTS if name in form}
    if "score" in form:
        values["score"] = _tried(score, form["score"])
    for name in ("status", "owner"):
        if name in form:
            values[name] = form[name]
    if "tags" in form:
        values["tags"] = form["tags"]
    return values


def read_fields(form: Mapping[str, str], fields: Iterable[LeadField]) -> dict[str, Any]:
    """Return the custom values of a form, each in its field's own type where the text means one."""
    found: dict[str, Any] = {}
    for field in fields:
        text = form.get(CUSTOM + field.key)
        if text is None:
            continue
        if field.type == "number":
            found[field.key] = _tried(number, text)
        elif field.type == "boolean":
            found[field.key] = {"true": True, "false": False}.get(text)
        else:
            found[field.key] = text
    return found


def inputs(fields: Iterable[LeadField], shown: Mapping[str, str]) -> list[Input]:
    """Return the custom fields as a form shows them, with these texts in them."""
    return [_input(field, shown.get(CUSTOM + field.key, "")) for field in fields]


def as_text(value: Any) -> str:
    """Return a lead's value as its form shows it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def control_of(text: str, type: str = "text") -> str:
    """Return the control that keeps a text whole: an input of one line drops its line ends."""
    return "textarea" if "\n" in text or "\r" in text else type


def errors_by_name(problems: Iterable[Problem]) -> dict[str, str]:
    """Return sentences by the name of the form's field: /fields/city is `fields.city`."""
    found: dict[str, str] = {}
    for problem in problems:
        parts = [part.replace("~1", "/").replace("~0", "~") for part in problem.path.split("/")[1:3]]
        name = ".".join(parts) if parts[:1] == ["fields"] else "".join(parts[:1])
        said = f"{problem.message[:1].upper()}{problem.message[1:].rstrip('.')}."
        found[name] = f"{found[name]} {said}" if name in found else said
    return found


def errors_of(error: CampaignsError) -> dict[str, str]:
    """Return the same of an error; what is about no field stands under the empty name."""
    return errors_by_name(error.problems) or {"": error.message}


def read_selection(form: MultiDict[str, str], wanted: Wanted) -> Selection:
    """Return which leads a bulk action means: all that the page's filter finds, or those that are ticked."""
    if form.get("all") == "true":
        return Selection(wanted=wanted)
    return Selection(ids=tuple(ids_of(form, "lead")))


def read_action(form: Mapping[str, str]) -> Action:
    """Return the action: `do` is "kind:value", or the kind alone where the value is typed as `tag`."""
    kind, _, value = form.get("do", "").partition(":")
    return Action(kind, form.get("tag", "") if kind in _ASKED else value)


def _input(field: LeadField, value: str) -> Input:
    options: list[tuple[str, str]] = []
    if field.type == "choice":
        held = [value] if value and value not in field.choices else []  # is offered no more, and is not lost by that
        options = [("", "–"), *((one, one) for one in (*field.choices, *held))]
    elif field.type == "boolean":
        options = [("", "–"), ("true", "Yes"), ("false", "No")]
    hint = "Such as 2026-03-31T14:00Z" if field.type == "datetime" else None
    type = "select" if options else control_of(value, INPUTS.get(field.type, "text"))
    return Input(CUSTOM + field.key, field.name, type, value, hint, options)


def _tried(read: Any, text: str) -> Any:
    """Return what the text means, or the text itself: the service says what is wrong with it."""
    text = text.strip()
    try:
        return read(text) if text else None
    except ValueError:
        return text
