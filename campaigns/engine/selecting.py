"""Several parts of a document at once: which of them were chosen, and what is done to all of them together."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.engine.editing import remove, shift, switch
from campaigns.engine.kinds import Kinds
from campaigns.engine.lanes import Item, Lane, find, inside
from campaigns.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbours in one list of the document: its items from `start` to before `stop`."""

    lane: Lane
    start: int
    stop: int

    @property
    def items(self) -> list[Item]:
        return self.lane.items[self.start : self.stop]


def chosen(document: Item, keys: Sequence[str]) -> list[str]:
    """Return the chosen parts in the order in which they are drawn; what stands in a chosen one comes with it.

    Those that somebody else deleted meanwhile are left out; raise NotFound when none is left.
    """
    wanted = set(keys)
    found = [
        str(item["id"]) for name in ("triggers", "sections") for item in _outermost(document.get(name, []), wanted)
    ]
    if not found:
        raise NotFound("What was selected is not there any more.")
    return found


def neighbours(document: Item, keys: Sequence[str]) -> Run:
    """Return the chosen sections as a run of one list; raise Conflict when something stands between them."""
    spots = [find(document, key) for key in chosen(document, keys)]
    first, last = spots[0], spots[-1]
    if first.lane.listens:
        raise Conflict("Choose sections: triggers and listeners stay where they are.")
    together = all(spot.lane.items is first.lane.items for spot in spots)
    if not together or last.index - first.index + 1 != len(spots):
        raise Conflict("Choose sections that stand right below one another.")
    return Run(first.lane, first.index, last.index + 1)


def remove_all(document: Item, keys: Sequence[str]) -> list[Item]:
    """Take the chosen parts out, each with everything in it; return them in order."""
    return [remove(document, key) for key in chosen(document, keys)]


def switch_all(document: Item, keys: Sequence[str], *, disabled: bool) -> int:
    """Have executions pass over the chosen parts, or no longer; return how many were chosen."""
    found = chosen(document, keys)
    for key in found:
        switch(document, key, disabled=disabled)
    return len(found)


def shift_all(document: Item, keys: Sequence[str], step: int, kinds: Kinds) -> int:
    """Move the chosen parts one place up (-1) or down (1), in order; return how many. Conflict when one can't."""
    tried = copy.deepcopy(document)
    found = chosen(tried, keys)
    for key in found if step < 0 else reversed(found):
        shift(tried, key, step, kinds)
    document.update(tried)
    return len(found)


def _outermost(items: list[dict[str, Any]], wanted: set[str]) -> Iterator[Item]:
    for item in items:
        if item.get("id") in wanted:
            yield item
            continue
        for lane in inside(item, 1):
            yield from _outermost(lane.items, wanted)
