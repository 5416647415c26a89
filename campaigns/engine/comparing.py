"""What differs between two documents of a workflow, section by section: ids say which sections are the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.engine.lanes import INSIDE, lanes

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """Sections and triggers that were added, removed, changed in themselves, or moved, as they are (or were)."""

    added: list[Item] = field(default_factory=list)
    removed: list[Item] = field(default_factory=list)
    changed: list[Item] = field(default_factory=list)
    moved: list[Item] = field(default_factory=list)
    settings: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.moved or self.settings)


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """Return what has to be done to the one to make it the other."""
    old, new = _parts(before), _parts(after)
    kept = [key for key in new if key in old]
    return Difference(
        added=[new[key][0] for key in new if key not in old],
        removed=[old[key][0] for key in old if key not in new],
        changed=[new[key][0] for key in kept if content(new[key][0]) != content(old[key][0])],
        moved=[new[key][0] for key in _moved(old, new, kept)],
        settings=_settings(before) != _settings(after),
    )


def _parts(document: Mapping[str, Any]) -> dict[str, tuple[Item, str]]:
    """Return every section and trigger by id, with the lane it stands in."""
    return {
        str(item["id"]): (item, f"{lane.owner['id'] if lane.owner else lane.depth}/{lane.branch}")
        for lane in lanes(dict(document))
        for item in lane.items
    }


def content(item: Item) -> Item:
    """Return a section without what stands in it, and without what says the same as nothing."""
    return {key: value for key, value in item.items() if key not in INSIDE and value not in ("", None)}


def _moved(old: dict[str, tuple[Item, str]], new: dict[str, tuple[Item, str]], kept: list[str]) -> Iterator[str]:
    """Yield those in another lane, and those that others of their lane, both kept, have overtaken."""
    for lane in dict.fromkeys(lane for _, lane in new.values()):
        stayed = [key for key in kept if new[key][1] == lane == old[key][1]]
        before = [key for key in old if key in stayed]
        yield from (key for key in kept if new[key][1] == lane != old[key][1])
        yield from _overtaken(before, stayed)


def _overtaken(before: list[str], now: list[str]) -> list[str]:
    """Return the fewest keys whose going elsewhere explains the new order: all but a longest common run."""
    place = {key: index for index, key in enumerate(before)}
    runs: list[list[str]] = [[]]
    for key in now:
        fitting = [run for run in runs if not run or place[run[-1]] < place[key]]
        runs.append([*_longest(fitting), key])
    stay = set(_longest(runs))
    return [key for key in now if key not in stay]


def _longest(runs: list[list[str]]) -> list[str]:
    return max(runs, key=len)


def _settings(document: Mapping[str, Any]) -> Any:
    return {key: value for key, value in (document.get("settings") or {}).items() if value is not None}
