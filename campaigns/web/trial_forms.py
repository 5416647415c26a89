"""The form of a trial: what it offers for a workflow, and what it says in the form that the service takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from campaigns.engine.document import TriggerItem, walk, walk_triggers
from campaigns.engine.moments import instant_of, read_moment, wall
from campaigns.engine.used_fields import Used, find_used
from campaigns.engine.validation import typed
from campaigns.errors import Invalid, Problem
from campaigns.services.trial_benches import SPLIT, Bench
from campaigns.services.trials import BY_HAND
from campaigns.storage.models import LeadField
from campaigns.web.lead_forms import Input, inputs, read_fields, read_lead

UNITS = ("minutes", "hours", "days", "weeks")
ROWS = 2  # rows of what happens later that stand there without scripts
_MOST_ROWS = 50
_NUMBER = 6  # digits of a count
_DEFAULTS = {"email": "ann@example.com", "score": "0"}
Option = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Offer:
    """What the form of a trial offers. `later`: groups of (value, label); `splits`: (id, name, variants)."""

    triggers: list[Option]
    used: Used
    custom: list[Input]
    later: list[tuple[str, list[Option]]]
    splits: list[tuple[str, str, list[str]]]
    clock: str
    zone: str


def offer(bench: Bench, fields: list[LeadField], shown: Mapping[str, str]) -> Offer:
    """Return what can be chosen and filled in for a workflow as it is now."""
    used = find_used(bench.raw, bench.vocabulary)
    starting = [item for item in bench.document.triggers if item.mode == "start" and not item.disabled]
    splits = [
        (item.id, bench.places[item.id].name, list(config.branches()))
        for item, _, _ in walk(bench.document.sections)
        if item.type == SPLIT and (config := typed(item, bench.kinds)) is not None
    ]
    return Offer(
        triggers=[*((item.id, _named(bench, item)) for item in starting), (BY_HAND, "By hand: no trigger")],
        used=used,
        custom=inputs([field for field in fields if field.key in used.fields], shown),
        later=[("What this workflow waits for", _awaited(bench)), ("Anything else", _anything(bench))],
        splits=splits,
        clock=f"{wall(bench.now, bench.tenant_zone):%Y-%m-%dT%H:%M}",
        zone=str(bench.tenant_zone),
    )


def read_trial_form(form: MultiDict[str, str], fields: list[LeadField], zone: ZoneInfo) -> dict[str, Any]:
    """Return what a form says as a trial is sent; raise Invalid for what is no time or no number."""
    if form.get("who") == "lead" and not form.get("lead"):
        raise Invalid(problems=[Problem("/lead", "choose one, or make one up")])
    return {
        "lead": form["lead"] if form.get("who") == "lead" else _made_up(form, fields),
        "start": {"trigger": form.get("trigger") or None, "properties": _properties(form.get("properties", ""), "\n")},
        "later": _later(form),
        "starts_at": _clock(form.get("starts_at", ""), zone),
        "splits": {
            key.removeprefix("split."): value for key, value in form.items() if key.startswith("split.") and value
        },
        "anew": form.get("anew") == "true",
    }


def _made_up(form: MultiDict[str, str], fields: list[LeadField]) -> dict[str, Any]:
    values = read_lead(form)
    tags = [tag.strip() for tag in str(values.pop("tags", "")).split(",") if tag.strip()]
    values = {key: value for key, value in values.items() if value not in ("", None)}
    custom = {key: value for key, value in read_fields(form, fields).items() if value not in ("", None)}
    return {"values": values | custom, "tags": tags, "lists": form.getlist("lists")}


def _later(form: MultiDict[str, str]) -> list[dict[str, Any]]:
    found = []
    for index in range(_MOST_ROWS):
        what, count = form.get(f"later.{index}.what", ""), form.get(f"later.{index}.count", "").strip() or "0"
        if not what:
            continue
        unit = form.get(f"later.{index}.unit", "")
        if not (count.isascii() and count.isdigit() and len(count) <= _NUMBER) or unit not in UNITS:
            raise Invalid(
                problems=[Problem(f"/later/{index}/after", "is a whole number of minutes, hours, days or weeks")]
            )
        found.append({"after": {unit: int(count)}, **_told(what, form.get(f"later.{index}.detail", ""), index)})
    return found


def _told(what: str, detail: str, index: int) -> dict[str, Any]:
    """Return an event that a row names: what a trigger takes, a list, a status, or one by its name."""
    kind, _, key = what.partition(":")
    if kind == "trigger":
        return {"trigger": key, "properties": _properties(detail, ",")}
    if kind in ("added", "removed"):
        return {"name": f"list.{kind}", "changes": {f"lists_{kind}": [key]}}
    if kind == "status":
        return {"name": "lead.status_changed", "changes": {"status": [None, key]}}
    name, _, data = detail.partition(",")
    if not name.strip() or "=" in name:
        raise Invalid(problems=[Problem(f"/later/{index}/name", "name the event, then its data: bought, price = 12")])
    return {"name": name.strip(), "properties": _properties(data, ",")}


def _properties(text: str, between: str) -> dict[str, Any]:
    """Return "price = 12, plan = pro" as data: numbers, yes and no are read as such, the rest is text."""
    pairs = (one.partition("=") for one in text.replace("\r", "").split(between) if "=" in one)
    found = {name.strip(): value.strip() for name, _, value in pairs}
    return {name: _value(value) for name, value in found.items() if name and value}


def _value(text: str) -> Any:
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, bool | int | float | str) else text


def _clock(text: str, zone: ZoneInfo) -> str | None:
    if not text.strip():
        return None
    moment = read_moment(text.strip())
    if not isinstance(moment, datetime):
        raise Invalid(problems=[Problem("/starts_at", "is a date with a time")])
    return instant_of(moment, zone).isoformat()


def _named(bench: Bench, item: TriggerItem) -> str:
    config = typed(item, bench.kinds)
    said = config.summary(bench.vocabulary) if config is not None else ""
    name = bench.places[item.id].name
    return f"{name}: {said}" if said else name


def _awaited(bench: Bench) -> list[Option]:
    """Return what waits, listeners, goals, exits and restarts hear, by how `Bench.trigger` finds it."""
    found = [
        (f"trigger:{item.id}", _named(bench, item)) for item, path in walk_triggers(bench.document)
        if not item.disabled and ("/listeners/" in path or item.mode != "start")
    ]  # fmt: skip
    for item, _, _ in walk(bench.document.sections):
        config = typed(item, bench.kinds)
        for wait in config.waits() if config is not None else ():
            inner = typed(wait.trigger, bench.kinds)
            said = inner.summary(bench.vocabulary) if inner is not None else wait.trigger.type
            found.append((f"trigger:{item.id}/{wait.name}", f"{bench.places[item.id].name}, {wait.name}: {said}"))
    return found


def _anything(bench: Bench) -> list[Option]:
    words = bench.vocabulary
    return [
        ("event:", "An event by its name"),
        *((f"added:{key}", f"Added to list {name}") for key, name in words.lists.items()),
        *((f"removed:{key}", f"Removed from list {name}") for key, name in words.lists.items()),
        *((f"status:{key}", f"Status becomes {name}") for key, name in words.statuses.items()),
    ]


def first_values(used: Used) -> dict[str, str]:
    """Return what the form shows at first: an address, a score, and a line for each property that is looked at."""
    return {**_DEFAULTS, "who": "made", "properties": "".join(f"{name} = \n" for name in used.properties)}
