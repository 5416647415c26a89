"""Sections that stand right below one another, taken into a workflow of their own that is started in their place."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from campaigns.engine.document import empty_document
from campaigns.engine.editing import insert, place_before, remove
from campaigns.engine.kinds import Kinds
from campaigns.engine.lanes import Item, Lane, inside, parts
from campaigns.engine.selecting import Run, neighbours
from campaigns.engine.structure import GOTO
from campaigns.errors import Conflict

START = "workflow.start"
_LEAVES = frozenset({"flow.leave", "flow.return"})
_ENDS = frozenset({"flow.finish", "flow.stop"})


def extracted(document: Item, keys: Sequence[str], new_id: Callable[[], str], kinds: Kinds) -> Item:
    """Return the document of a workflow, started by hand, of the chosen sections; they keep their ids in it.

    Raise Conflict with the reason when they are no neighbours, or do something that only works where they are.
    """
    run = neighbours(document, keys)
    for reason in _reasons(document, run, kinds):
        raise Conflict(reason)
    made = empty_document()
    made["triggers"] = [{"id": new_id(), "type": "manual", "config": {}}]
    made["sections"] = copy.deepcopy(run.items)
    return made


def replace_by_start(document: Item, keys: Sequence[str], start: Item, kinds: Kinds) -> None:
    """Put a section that starts a workflow in the place of the chosen ones."""
    tried = copy.deepcopy(document)
    run = neighbours(tried, keys)
    items, place = list(run.items), place_before(tried, str(run.items[0]["id"]))
    for item in items:
        remove(tried, item["id"])
    insert(tried, place, start, kinds)
    document.update(tried)


def start_of(workflow: str, *, wait: bool, name: str, key: str) -> Item:
    """Return the section that starts an extracted workflow; what the lead came with goes along."""
    config: dict[str, Any] = {"workflow": workflow, "pass_state": True, "pass_event": True, "wait": wait}
    return {"id": key, "type": START, "name": name[:200], "config": config}


def _reasons(document: Item, run: Run, kinds: Kinds) -> Iterator[str]:
    """Yield what would not mean the same any more across the border of two workflows."""
    taken = [part for item in run.items for part in parts(item)]
    ids = {str(part["id"]) for part in taken}
    for item in _every(document):
        target = item.get("config", {}).get("section") if item["type"] == GOTO else item.get("section")
        if target is not None and (item["id"] in ids) != (target in ids):
            way = "out of what is selected" if item["id"] in ids else "into what is selected"
            yield f"“{_name(item, kinds)}” leads {way}, into another workflow: select both, or change it first."
    at_the_end = run.lane.owner is None and run.stop == len(run.lane.items)
    for item in taken:
        if item["type"] == "flow.goal" and _has_before(document, ids):
            yield f"Leads jump to “{_name(item, kinds)}” from what stands above it: a goal stays in its workflow."
        if item["type"] in _ENDS and not at_the_end:
            yield f"“{_name(item, kinds)}” would end the new workflow alone, and the lead would go on here."
    if run.lane.owner is not None and _leaving(run.items, opened=False):
        yield "“Leave branch” and “Return” speak of a branch that stays here: select the section that opens it as well."


def _every(document: Item) -> Iterator[Item]:
    for item in [*document.get("triggers", []), *document.get("sections", [])]:
        yield from parts(item)


def _has_before(document: Item, ids: set[str]) -> bool:
    """Return whether a section stands before the chosen ones."""
    first = next((part for item in document.get("sections", []) for part in parts(item)), None)
    return first is not None and first["id"] not in ids


def _leaving(items: list[Item], *, opened: bool) -> bool:
    """Return whether one of the sections leaves a branch that was not opened among them."""
    if not opened and any(item["type"] in _LEAVES for item in items):
        return True
    lanes: list[Lane] = [lane for item in items for lane in inside(item, 1) if lane.listens]
    return any(_leaving(listener["sections"], opened=opened) for lane in lanes for listener in lane.items)


def _name(item: Item, kinds: Kinds) -> str:
    kind = kinds.get(item["type"])
    return str(item.get("name") or (kind.label if kind else item["type"]))
