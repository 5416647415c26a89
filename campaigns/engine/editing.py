"""Changing a workflow's document: adding, replacing, moving, copying, switching and removing its parts.

Parts are named by their ids and never by their position, so that two people who edit different sections do not
disturb each other. Places are written as `lanes` says.

Each function changes the document it is given (plain JSON, as it is stored), or raises and leaves it as it was.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from campaigns.engine.document import MAX_DEPTH, MAX_SECTIONS
from campaigns.engine.kinds import Kind, Kinds
from campaigns.engine.lanes import (
    LISTENERS,
    RUNS,
    START,
    TRIGGERS,
    Item,
    Lane,
    Spot,
    find,
    gap,
    height,
    is_listener,
    lanes,
    parts,
    sections_in,
)  # fmt: skip
from campaigns.errors import Conflict

__all__ = [
    "START", "TRIGGERS", "Item", "duplicate", "ends", "find", "gap", "ids_in", "insert", "lanes", "move",
    "place_before", "refusal", "remove", "rename_branches", "replace", "shift", "switch", "with_new_ids",
]  # fmt: skip


def refusal(document: Item, place: str, kind: Kind, kinds: Kinds, *, height: int = 1, count: int = 1) -> str | None:
    """Return why a section of this kind can't stand at a place, or None when it can.

    `height` and `count`: how many levels and sections come with it, itself included.
    """
    spot = gap(document, place)
    if spot.lane.owner is not None and spot.lane.listens and not getattr(kind.model, "waitable", True):
        return "This starts workflows alone: it can't be listened for."
    if kind.is_trigger != spot.lane.listens:
        return "Triggers stand at the top or beside a section, sections below them."
    if count and sum(len(lane.items) for lane in lanes(document) if not lane.listens) + count > MAX_SECTIONS:
        return f"A workflow has at most {MAX_SECTIONS} sections."
    if spot.lane.depth + height - (0 if kind.is_trigger else 1) > MAX_DEPTH:
        return f"Sections are nested at most {MAX_DEPTH} deep."
    return None if kind.is_trigger else _unreachable(spot, kind, kinds)


def insert(document: Item, place: str, item: Item, kinds: Kinds) -> None:
    """Put a section or trigger at a place; raise Conflict with the reason when it can't stand there."""
    kind = kinds.get(item["type"])
    if kind is not None:
        whole = {RUNS: [], **item} if kind.is_trigger else item
        reason = refusal(document, place, kind, kinds, height=height(whole), count=len(sections_in(whole)))
        if reason:
            raise Conflict(reason)
    spot = gap(document, place)
    if spot.lane.listens:
        item = _as_trigger(item, spot.lane)
    spot.lane.items.insert(spot.index, item)


def _as_trigger(item: Item, lane: Lane) -> Item:
    """Return a trigger as it stands in a list of triggers; raise Conflict for a listener that would stop being one."""
    if lane.owner is not None:
        plain = {key: value for key, value in item.items() if key not in {"mode", "section"}}
        return {RUNS: [], **plain}
    if item.get(RUNS):
        raise Conflict("A listener that runs sections stays beside a section.")
    return {key: value for key, value in item.items() if key not in {RUNS, "times", "listen_for"}}


def replace(document: Item, key: str, item: Item, names: tuple[str, ...], before: tuple[str, ...]) -> None:
    """Give a section another content; its id, and what stands in its branches, stay.

    `names` and `before`: the branches it opens now and opened until now. A branch that was renamed keeps its
    sections; one that is gone may not have any: raise Conflict.
    """
    spot = find(document, key)
    branches = _renamed(spot.item.get("branches", {}), names, before)
    kept = {name: spot.item[name] for name in (LISTENERS, RUNS) if name in spot.item}
    spot.lane.items[spot.index] = {**item, "id": key, **({"branches": branches} if branches else {}), **kept}


def rename_branches(document: Item, key: str, rows: Sequence[tuple[str, str]]) -> None:
    """Give a section these branches, as (name before, name now); "" before is a new one. Those left out are removed.

    One that still has sections is not: raise Conflict.
    """
    item = find(document, key).item
    branches: dict[str, list[Item]] = item.get("branches", {})
    gone = [name for name, items in branches.items() if items and name not in [was for was, _ in rows]]
    if gone:
        raise Conflict(_still_has(gone[0], branches[gone[0]]))
    item["branches"] = {now: branches.get(was, []) for was, now in rows}


def remove(document: Item, key: str) -> Item:
    """Take a section or trigger out, with everything in its branches; return it."""
    spot = find(document, key)
    item = spot.lane.items.pop(spot.index)
    if spot.lane.owner is not None and spot.lane.listens and not spot.lane.items:
        del spot.lane.owner[LISTENERS]
    return item


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
    elif owner is None or spot.lane.listens or is_listener(owner):
        raise Conflict("It is the first already." if step < 0 else "It is the last already.")
    else:
        move(document, key, f"after:{owner['id']}" if step > 0 else place_before(document, str(owner["id"])), kinds)


def switch(document: Item, key: str, *, disabled: bool) -> None:
    """Have executions pass over a section or trigger, or no longer."""
    item = find(document, key).item
    if disabled:
        item["disabled"] = True
    else:
        item.pop("disabled", None)


def ids_in(item: Item) -> list[str]:
    """Return the ids of a section or trigger and of all that stands in it."""
    return [str(part["id"]) for part in parts(item)]


def with_new_ids(item: Item, new_id: Callable[[], str]) -> Item:
    """Return a copy of a section whose parts have ids of their own; jumps within it lead to the copies."""
    made = {old: new_id() for old in ids_in(item)}
    fresh = copy.deepcopy(item)
    for part in parts(fresh):
        part["id"] = made[part["id"]]
        target = part.get("config", {}).get("section")
        if target in made:
            part["config"]["section"] = made[target]
    return fresh


def ends(item: Item, kinds: Kinds) -> bool:
    """Return whether nothing goes on after a section."""
    kind = kinds.get(item.get("type", ""))
    return kind is not None and kind.role == "finish" and not item.get("disabled")


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


def place_before(document: Item, key: str) -> str:
    """Return the place right before a section."""
    spot = find(document, key)
    if spot.index:
        return f"after:{spot.lane.items[spot.index - 1]['id']}"
    if spot.lane.owner is None:
        return START
    owner = spot.lane.owner["id"]
    return f"listens:{owner}" if is_listener(spot.lane.owner) else f"in:{owner}:{spot.lane.branch}"


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
            raise Conflict(_still_has(name, items))
    return kept


def _still_has(branch: str, items: list[Item]) -> str:
    word = "section" if len(items) == 1 else "sections"
    return f"“{branch}” still has {len(items)} {word}: move or delete them first."
