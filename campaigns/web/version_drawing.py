"""Two states of a workflow side by side: both drawn, with what differs marked on the cards and told in a list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.engine.comparing import Difference
from campaigns.engine.comparing_values import ValueChange, item_changes, value_changes
from campaigns.engine.kinds import Kinds, Vocabulary
from campaigns.engine.lanes import lanes
from campaigns.services.differences import WORDS
from campaigns.web.builder_canvas import Artist, shape
from campaigns.web.builder_changes import name_of
from campaigns.web.canvas_parts import Canvas, every_card

BEFORE, AFTER = "before-", "after-"  # before the ids of the cards
Raw = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Side:
    """One of both states: its canvas, the marks of its cards, and by section's id the id of the same on the other."""

    canvas: Canvas
    prefix: str
    marks: dict[str, list[str]]
    twins: dict[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the list: the card it leads to, what is said of it, and the values that differ."""

    target: str
    name: str
    role: str
    id: str
    changes: list[ValueChange]


def draw_both(documents: tuple[Raw, Raw], difference: Difference, kinds: Kinds, vocabulary: Vocabulary) -> list[Side]:
    """Return both sides; what was removed is marked on the first, what was added on the second, the rest on both."""
    artist = Artist(kinds, vocabulary)
    before, after = (artist.draw(shape(document)) for document in documents)
    shared = {card.id for card in every_card(before)} & {card.id for card in every_card(after)}
    return [
        Side(before, BEFORE, _marks(difference, ("removed", "changed", "moved")), {one: AFTER + one for one in shared}),
        Side(after, AFTER, _marks(difference, ("added", "changed", "moved")), {one: BEFORE + one for one in shared}),
    ]


def tell(documents: tuple[Raw, Raw], difference: Difference, kinds: Kinds) -> dict[str, list[Told]]:
    """Return by word (added, removed, changed, moved) a line for each section and trigger that differs."""
    old, new = (_items(document) for document in documents)
    found: dict[str, list[Told]] = {}
    for word in WORDS:
        for item in getattr(difference, word):
            key, kind = str(item["id"]), kinds.get(item.get("type", ""))
            changes = item_changes(old[key], new[key]) if word == "changed" else []
            target = (BEFORE if word == "removed" else AFTER) + key
            role = kind.role if kind else "failed"
            found.setdefault(word, []).append(Told(target, name_of(item, kinds), role, key, changes))
    return found


def settings_changes(documents: tuple[Raw, Raw]) -> list[ValueChange]:
    """Return the workflow's own settings that differ."""
    before, after = ({k: v for k, v in (one.get("settings") or {}).items() if v is not None} for one in documents)
    return value_changes(before, after)


def written(value: Any) -> str:
    """Return a value as the list shows it: a text as it is, nothing as a dash, all else as JSON."""
    if value is None:
        return "—"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _marks(difference: Difference, words: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in words:
        for item in getattr(difference, word):
            found.setdefault(str(item["id"]), []).append(word)
    return found


def _items(document: Mapping[str, Any]) -> dict[str, Raw]:
    return {str(item["id"]): item for lane in lanes(dict(document)) for item in lane.items}
