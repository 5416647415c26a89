"""Changing a workflow's document: adding, replacing, moving, copying, switching and removing its parts.

Parts are named by their ids and never by their position, so that two people who edit different sections do not
disturb each other. A place for a section is written

    triggers              the last of the triggers
    start                 the first of the sections
    after:<id>            right after a section
    in:<id>:<branch>      the first in a branch
    listens:<id>          the first of what a listener runs

Each function changes the document it is given (plain JSON, as it is stored), or raises and leaves it as it was.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from campaigns.engine.document import MAX_DEPTH, MAX_SECTIONS
from campaigns.engine.kinds import Kind, Kinds
from campaigns.errors import Conflict, NotFound

Item = dict[str, Any]
TRIGGERS = "triggers"
START = "start"


@dataclass(frozen=True, slots=True)
class Lane:
    """One list of the document: the triggers, the root's sections, a branch's, or a listener's."""

    items: list[Item]
    depth: int  # 1 for the root's sections, 0 for triggers
    owner: Item | None = None  # the section that opens the branch
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Spot:
    """A position in a lane: of an item, or of a gap before that item."""

    lane: Lane
    index: int

    @property
    def item(self) -> Item:
        return self.lane.items[self.index]


def lanes(document: Item) -> Iterator[Lane]:
    """Yield every list of the document, in the order in which it is drawn: the triggers first."""
    yield Lane(document.setdefault("triggers", []), 0)
    yield from _below(Lane(document.setdefault("sections", []), 1))


def find(document: Item, key: str) -> Spot:
    """Return where the section or trigger with this id stands; raise NotFound."""
    for lane in lanes(document):
        for index, item in enumerate(lane.items):
            if item.get("id") == key:
                return Spot(lane, index)
    raise NotFound(f"There is no section {key} any more.")


def gap(document: Item, place: str) -> Spot:
    """Return the gap that a place names; raise NotFound."""
    word, _, rest = place.partition(":")
    if place == TRIGGERS:
        triggers = document.setdefault("triggers", [])
        return Spot(Lane(triggers, 0), len(triggers))
    if place == START:
        return Spot(Lane(document.setdefault("sections", []), 1), 0)
    if word == "after":
        found = find(document, rest)
        return Spot(found.lane, found.index + 1)
    if word == "listens":
        return Spot(_listened(document, rest), 0)
    key, _, branch = rest.partition(":")
    if word != "in" or not branch:
        raise NotFound(f"There is no place {place}.")
    found = find(document, key)
    items = found.item.setdefault("branches", {}).setdefault(branch, [])
    return Spot(Lane(items, found.lane.depth + 1, found.item, branch), 0)


def _listened(document: Item, key: str) -> Lane:
    """Return the lane of what a listener runs; raise NotFound."""
    for lane in lanes(document):
        for item in lane.items:
            for listener in item.get("listeners", ()):
                if listener.get("id") == key:
                    return Lane(listener.setdefault("sections", []), lane.depth + 1, item)
    raise NotFound(f"There is no listener {key} any more.")


def refusal(document: Item, place: str, kind: Kind, kinds: Kinds, *, height: int = 1, count: int = 1) -> str | None:
    """Return why a section of this kind can't stand at a place, or None when it can.

    `height` and `count`: how many levels and sections come with it, itself included.
    """
    spot = gap(document, place)
    if kind.is_trigger != (spot.lane.depth == 0):
        return "Triggers stand at the top, sections below them."
    if kind.is_trigger:
        return None
    if sum(len(lane.items) for lane in lanes(document) if lane.depth) + count > MAX_SECTIONS:
        return f"A workflow has at most {MAX_SECTIONS} sections."
    if spot.lane.depth + height - 1 > MAX_DEPTH:
        return f"Sections are nested at most {MAX_DEPTH} deep."
    return _unreachable(spot, kind, kinds)


def insert(document: Item, place: str, item: Item, kinds: Kinds) -> None:
    """Put a section or trigger at a place; raise Conflict with the reason when it can't stand there."""
    kind = kinds.get(item["type"])
    if kind is not None:
        reason = refusal(document, place, kind, kinds, height=_height(item), count=len(ids_in(item)))
        if reason:
            raise Conflict(reason)
    spot = gap(document, place)
    spot.lane.items.insert(spot.index, item)


def replace(document: Item, key: str, item: Item, names: tuple[str, ...], before: tuple[str, ...]) -> None:
    """Give a section another content; its id, and what stands in its branches, stay.

    `names` and `before`: the branches it opens now and opened until now. A branch that was renamed keeps its
    sections; one that is gone may not have any: raise Conflict.
    """
    spot = find(document, key)
    branches = _renamed(spot.item.get("branches", {}), names, before)
    kept = {"listeners": spot.item["listeners"]} if "listeners" in spot.item else {}
    spot.lane.items[spot.index] = {**item, "id": key, **({"branches": branches} if branches else {}), **kept}


def remove(document: Item, key: str) -> Item:
    """Take a section or trigger out, with everything in its branches; return it."""
    spot = find(document, key)
    return spot.lane.items.pop(spot.index)


def duplicate(document: Item, key: str, new_id: Callable[[], str], kinds: Kinds) -> str:
    """Put a copy of a section, with all in its branches, right after it; return the copy's id."""
    item = with_new_ids(find(document, key).item, new_id)
    insert(document, f"after:{key}", item, kinds)
    return str(item["id"])


def move(document: Item, key: str, place: str, kinds: Kinds) -> None:
    """Take a section with all in its branches to another place; raise Conflict when it can't stand there."""
    spot = find(document, key)
    if place == f"after:{key}":
        return
    if place.split(":")[1:2] and place.split(":")[1] in ids_in(spot.item):
        raise Conflict("A section can't move into itself.")
    tried = copy.deepcopy(document)
    insert(tried, place, remove(tried, key), kinds)
    document.update(tried)


def shift(document: Item, key: str, step: int, kinds: Kinds) -> None:
    """Move a section one place up (-1) or down (1): past its neighbour, or out of its branch. Conflict at the ends."""
    spot = find(document, key)
    items, owner = spot.lane.items, spot.lane.owner
    if 0 <= spot.index + step < len(items):
        order = list(items)
        order[spot.index], order[spot.index + step] = order[spot.index + step], order[spot.index]
        _check_order(order, kinds)
        items[:] = order
    elif owner is None:
        raise Conflict("It is the first already." if step < 0 else "It is the last already.")
    else:
        move(document, key, f"after:{owner['id']}" if step > 0 else _before(document, owner), kinds)


def switch(document: Item, key: str, *, disabled: bool) -> None:
    """Have executions pass over a section or trigger, or no longer."""
    item = find(document, key).item
    if disabled:
        item["disabled"] = True
    else:
        item.pop("disabled", None)


def ids_in(item: Item) -> list[str]:
    """Return the ids of a section and of all that stands in its branches."""
    inner = [found for lane in _inside(item, 1) for part in lane.items for found in ids_in(part)]
    return [str(item["id"]), *inner]


def with_new_ids(item: Item, new_id: Callable[[], str]) -> Item:
    """Return a copy of a section whose parts have ids of their own; jumps within it lead to the copies."""
    made = {old: new_id() for old in ids_in(item)}
    fresh = copy.deepcopy(item)
    for part in _parts(fresh):
        part["id"] = made[part["id"]]
        target = part.get("config", {}).get("section")
        if target in made:
            part["config"]["section"] = made[target]
    return fresh


def ends(item: Item, kinds: Kinds) -> bool:
    """Return whether nothing goes on after a section."""
    kind = kinds.get(item.get("type", ""))
    return kind is not None and kind.role == "finish" and not item.get("disabled")


def _below(lane: Lane) -> Iterator[Lane]:
    yield lane
    for item in lane.items:
        for inner in _inside(item, lane.depth + 1):
            yield from _below(inner)


def _inside(item: Item, depth: int) -> Iterator[Lane]:
    for branch, items in item.get("branches", {}).items():
        yield Lane(items, depth, item, branch)
    for listener in item.get("listeners", ()):
        yield Lane(listener.setdefault("sections", []), depth, item)


def _parts(item: Item) -> Iterator[Item]:
    yield item
    for lane in _inside(item, 1):
        for part in lane.items:
            yield from _parts(part)


def _height(item: Item) -> int:
    return 1 + max((_height(part) for lane in _inside(item, 1) for part in lane.items), default=0)


def _unreachable(spot: Spot, kind: Kind, kinds: Kinds) -> str | None:
    """Return why a section there, or what follows it, would never be reached."""
    items = spot.lane.items
    if spot.index and ends(items[spot.index - 1], kinds):
        return "Nothing comes after the end."
    if kind.role == "finish" and spot.index < len(items):
        return "What stands below would never be reached."
    return None


def _check_order(items: list[Item], kinds: Kinds) -> None:
    if any(ends(item, kinds) for item in items[:-1]):
        raise Conflict("What stands below the end would never be reached.")


def _before(document: Item, item: Item) -> str:
    """Return the place right before a section."""
    spot = find(document, str(item["id"]))
    if spot.index:
        return f"after:{spot.lane.items[spot.index - 1]['id']}"
    if spot.lane.owner is not None:
        return f"in:{spot.lane.owner['id']}:{spot.lane.branch}"
    return START


def _renamed(branches: dict[str, list[Item]], names: tuple[str, ...], before: tuple[str, ...]) -> Item:
    """Return the branches under the names they have now; a name that changed in its place was renamed."""
    pairs = zip(before, names, strict=True) if len(before) == len(names) else ()
    renames = {old: new for old, new in pairs if old not in names and new not in before}
    kept: dict[str, Any] = {}
    for name, items in branches.items():
        now = name if name in names else renames.get(name)
        if now is not None:
            kept[now] = items
        elif items:
            word = "section" if len(items) == 1 else "sections"
            raise Conflict(f"“{name}” still has {len(items)} {word}: move or delete them first.")
    return kept
