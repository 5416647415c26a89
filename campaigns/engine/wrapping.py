"""Sections that stand right below one another, put into the first branch of a new section."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from campaigns.engine.editing import insert, place_before, remove
from campaigns.engine.kinds import Kinds
from campaigns.engine.lanes import Item
from campaigns.engine.selecting import neighbours
from campaigns.errors import Conflict

# What may be wrapped around sections: the config to begin with, and the branches, the first of which takes them.
# A new "If" holds always, so that nothing changes before its condition is set; a new "While" never, so that none loops.
WRAPPERS: Mapping[str, tuple[Mapping[str, Any], tuple[str, ...]]] = {
    "flow.if": ({"condition": {"all": []}}, ("yes", "no")),
    "flow.fork": ({"join": "all"}, ("first", "second")),
    "flow.while": ({"condition": {"any": []}}, ("do",)),
}


def wrap(document: Item, keys: Sequence[str], kind: str, new_id: Callable[[], str], kinds: Kinds) -> str:
    """Put the chosen neighbours into the first branch of a new section in their place; return its id.

    Raise Conflict when they are no neighbours, when nothing can be wrapped so, or what is nested gets too deep.
    """
    if kind not in WRAPPERS or kind not in kinds:
        raise Conflict("Sections are wrapped in If, Fork or While.")
    config, branches = WRAPPERS[kind]
    tried = copy.deepcopy(document)
    run = neighbours(tried, keys)
    items, place = list(run.items), place_before(tried, str(run.items[0]["id"]))
    for item in items:
        remove(tried, item["id"])
    inside = {name: items if name == branches[0] else [] for name in branches}
    made = {"id": new_id(), "type": kind, "config": copy.deepcopy(dict(config)), "branches": inside}
    insert(tried, place, made, kinds)
    document.update(tried)
    return str(made["id"])
