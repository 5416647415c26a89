"""The lists of a document: its triggers, its sections, those of each branch, a section's listeners, what one runs.

A place for a section or a trigger is written

    triggers              the last of the triggers
    start                 the first of the sections
    after:<id>            right after a section, trigger or listener
    in:<id>:<branch>      the first in a branch
    beside:<id>           the last of a section's listeners
    listens:<id>          the first of what a listener runs
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from campaigns.errors import NotFound

Item = dict[str, Any]
TRIGGERS = "triggers"
START = "start"
LISTENERS = "listeners"
RUNS = "sections"
INSIDE = frozenset({"branches", LISTENERS, RUNS})  # what holds other parts


@dataclass(frozen=True, slots=True)
class Lane:
    """One list of the document. `listens`: it holds triggers, at the top (depth 0) or beside their `owner`."""

    items: list[Item]
    depth: int  # 1 for the root's sections, 0 for triggers at the top
    owner: Item | None = None  # the section that opens the branch or listens, or the listener that runs it
    branch: str = ""
    listens: bool = False


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
    yield _triggers(document)
    yield from _below(_root(document))


def find(document: Item, key: str) -> Spot:
    """Return where the section, trigger or listener with this id stands; raise NotFound."""
    for lane in lanes(document):
        for index, item in enumerate(lane.items):
            if item.get("id") == key:
                return Spot(lane, index)
    raise NotFound(f"There is no section {key} any more.")


def gap(document: Item, place: str) -> Spot:
    """Return the gap that a place names; raise NotFound."""
    word, _, rest = place.partition(":")
    if place == TRIGGERS:
        lane = _triggers(document)
        return Spot(lane, len(lane.items))
    if place == START:
        return Spot(_root(document), 0)
    if word not in {"after", "beside", "listens", "in"}:
        raise NotFound(f"There is no place {place}.")
    key, _, branch = rest.partition(":") if word == "in" else (rest, "", "")
    found = find(document, key)
    if word == "after":
        return Spot(found.lane, found.index + 1)
    named = _named(found, word, branch)
    if named is None:
        raise NotFound(f"There is no place {place}.")
    return Spot(named, len(named.items) if word == "beside" else 0)


def inside(item: Item, depth: int) -> Iterator[Lane]:
    """Yield the lists that a section or a listener holds; `depth` is that of its own list."""
    for branch, items in item.get("branches", {}).items():
        yield Lane(items, depth + 1, item, branch)
    if item.get(LISTENERS):
        for listener in item[LISTENERS]:
            listener.setdefault(RUNS, [])
        yield Lane(item[LISTENERS], depth, item, LISTENERS, listens=True)
    if RUNS in item:
        yield Lane(item[RUNS], depth + 1, item, RUNS)


def parts(item: Item) -> Iterator[Item]:
    """Yield a section or trigger, and all that stands in it."""
    yield item
    for lane in inside(item, 1):
        for part in lane.items:
            yield from parts(part)


def sections_in(item: Item) -> list[Item]:
    """Return the sections of a section or trigger: itself, unless it is a trigger, and all that stand in it."""
    within = [part for lane in inside(item, 1) for one in lane.items for part in sections_in(one)]
    return within if is_listener(item) else [item, *within]


def is_listener(item: Item) -> bool:
    """Return whether an item is a listener: it alone runs sections of its own."""
    return RUNS in item


def height(item: Item) -> int:
    """Return how many levels of sections an item is high, itself included unless it is a listener."""
    below = max((height(part) for lane in inside(item, 1) for part in lane.items), default=0)
    return below if is_listener(item) else 1 + below


def _named(found: Spot, word: str, branch: str) -> Lane | None:
    """Return the list inside an item that a place names."""
    item, depth = found.item, found.lane.depth
    if word == "listens":
        return Lane(item[RUNS], depth + 1, item, RUNS) if is_listener(item) else None
    if found.lane.listens:
        return None
    if word == "beside":
        return Lane(item.setdefault(LISTENERS, []), depth, item, LISTENERS, listens=True)
    return Lane(item.setdefault("branches", {}).setdefault(branch, []), depth + 1, item, branch) if branch else None


def _triggers(document: Item) -> Lane:
    return Lane(document.setdefault("triggers", []), 0, listens=True)


def _root(document: Item) -> Lane:
    return Lane(document.setdefault("sections", []), 1)


def _below(lane: Lane) -> Iterator[Lane]:
    yield lane
    for item in lane.items:
        for inner in inside(item, lane.depth):
            yield from _below(inner)
