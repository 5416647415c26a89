"""Sections as they go through the clipboard: text that any workflow of any tenant can take in.

    {"campaigns": "sections", "format": 1, "triggers": [...], "sections": [...]}

Triggers and sections stand as in a document; a listener that was copied alone is a trigger with its `sections`. A whole
document is read as well. Ids are made anew; jumps within what was copied lead to the copies, others stay where their
section exists and become placeholders where it does not.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import ConfigDict, Field, ValidationError

from campaigns.engine.document import Document, Listener, Part, SectionItem, walk
from campaigns.engine.editing import insert
from campaigns.engine.json_text import read_json
from campaigns.engine.kinds import Kinds
from campaigns.engine.lanes import TRIGGERS, Item, find, gap, is_listener, lanes, parts
from campaigns.engine.placeholders import placeholder
from campaigns.engine.selecting import chosen
from campaigns.engine.structure import GOTO, jump_problems
from campaigns.engine.validation import problems_of
from campaigns.errors import Conflict, Invalid, Malformed


@dataclass(frozen=True, slots=True)
class Clip:
    """What is on the clipboard: triggers (listeners among them) and sections, as documents hold them."""

    triggers: list[Item]
    sections: list[Item]


class _Envelope(Part):
    """The shape of the text; a document's settings may come along and are left out."""

    model_config = ConfigDict(extra="ignore")

    campaigns: Literal["sections"] = "sections"
    format: Literal[1]
    triggers: list[Listener] = Field(default_factory=list)
    sections: list[SectionItem] = Field(default_factory=list)


def copy_text(document: Item, keys: Sequence[str]) -> str:
    """Return the chosen parts as text for the clipboard; raise NotFound when none is there."""
    items = [find(document, key) for key in chosen(document, keys)]
    found: Mapping[bool, list[Item]] = {
        listens: [spot.item for spot in items if spot.lane.listens == listens] for listens in (True, False)
    }
    envelope = {"campaigns": "sections", "format": 1, "triggers": found[True], "sections": found[False]}
    return json.dumps(envelope, ensure_ascii=False, indent=1)


def read_clip(text: str) -> Clip | None:
    """Return what a text of the clipboard holds, None when it is no JSON object of ours; raise Invalid by paths."""
    try:
        raw = read_json(text)
    except Malformed:
        return None
    if not isinstance(raw, dict) or not {"sections", "triggers"} & set(raw):
        return None
    try:
        _Envelope.model_validate(raw)
    except ValidationError as error:
        raise Invalid("These sections can't be read.", problems=problems_of(error)) from None
    return Clip(raw.get("triggers", []), raw.get("sections", []))


def paste(document: Item, place: str, clip: Clip, new_id: Callable[[], str], kinds: Kinds) -> list[str]:
    """Put what was copied at a place, under new ids; return those of its outermost parts, in order.

    Triggers go to where triggers stand: the place itself, beside the section it names, or the top. Raise Conflict where
    something can't stand there, NotFound when the place is gone.
    """
    if not clip.triggers and not clip.sections:
        raise Conflict("There is nothing to paste.")
    tried = copy.deepcopy(document)
    fresh = _renewed(clip, new_id)
    made = _put(tried, place, fresh.sections, kinds)
    triggers_at: dict[str, list[Item]] = {}
    for trigger in fresh.triggers:
        triggers_at.setdefault(_trigger_place(tried, place, trigger), []).append(trigger)
    for at, triggers in triggers_at.items():
        made += _put(tried, at, triggers, kinds)
    _settle(tried, {str(part["id"]) for item in fresh.sections + fresh.triggers for part in parts(item)}, kinds)
    document.update(tried)
    return made


def _put(document: Item, place: str, items: list[Item], kinds: Kinds) -> list[str]:
    made: list[str] = []
    for item in items:
        if item["type"] not in kinds:
            raise Conflict(f"There is no section type {item['type']} here.")
        insert(document, f"after:{made[-1]}" if made else place, item, kinds)
        made.append(str(item["id"]))
    return made


def _trigger_place(document: Item, place: str, trigger: Item) -> str:
    """Return where a trigger goes when somebody pastes at a place."""
    if gap(document, place).lane.listens:
        return place
    word, _, key = place.partition(":")
    return f"beside:{key}" if is_listener(trigger) and word == "after" else TRIGGERS


def _renewed(clip: Clip, new_id: Callable[[], str]) -> Clip:
    """Return a copy whose parts have ids of their own; jumps and restarts within it lead to the copies."""
    fresh = copy.deepcopy(clip)
    every = [part for item in fresh.triggers + fresh.sections for part in parts(item)]
    made: dict[str, str] = {}
    for part in every:
        identifier = new_id()
        made.setdefault(str(part["id"]), identifier)
        part["id"] = identifier
    for part in every:
        _follow(part.get("config", {}), made)
        if "section" in part:  # where a trigger that restarts goes back to
            _follow(part, made)
    return fresh


def _follow(holder: Item, made: Mapping[str, str]) -> None:
    target = holder.get("section")
    if isinstance(target, str) and target in made:
        holder["section"] = made[target]


def _settle(document: Item, fresh: set[str], kinds: Kinds) -> None:
    """Turn jumps that can't be followed here into what the list of problems tells."""
    there = {str(item["id"]) for lane in lanes(document) if not lane.listens for item in lane.items}
    for trigger in document["triggers"]:
        if trigger["id"] in fresh and trigger.get("section") not in there:
            trigger.pop("section", None)
    for key in [*_lost(document, there), *_crossing(document, kinds)]:
        if key in fresh:
            spot = find(document, key)
            target = spot.item["config"].get("section")
            spot.lane.items[spot.index] = placeholder(f"Go to {target}: it can't be reached from here", key)


def _lost(document: Item, there: set[str]) -> Iterator[str]:
    for lane in lanes(document):
        for item in lane.items:
            if item["type"] == GOTO and item.get("config", {}).get("section") not in there:
                yield str(item["id"])


def _crossing(document: Item, kinds: Kinds) -> list[str]:
    """Return the jumps that lead into another branch of a fork, or into or out of a listener."""
    try:
        read = Document.model_validate(document)
    except ValidationError:  # told when the draft is saved
        return []
    paths = {problem.path for problem in jump_problems(read, kinds)}
    return [section.id for section, path, _ in walk(read.sections) if f"{path}/config/section" in paths]
