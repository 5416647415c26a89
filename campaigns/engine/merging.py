"""Two people's changes to one document made one, section by section; what both changed in different ways is a clash.

Sections are the same when their ids are. Theirs is taken as it is, and what I did to the base is done to it again, so
that order and nesting stay those of whoever changed them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.engine.comparing import compare, content
from campaigns.engine.lanes import INSIDE, LISTENERS, RUNS, Item, Lane, lanes, parts

MINE, THEIRS = "mine", "theirs"
SETTINGS = "settings."  # before the key of a setting that clashes


@dataclass(frozen=True, slots=True)
class Clash:
    """A section (or `settings.<key>`) that both changed, as each has it; None: that one removed it, or its place."""

    key: str
    mine: Any
    theirs: Any


@dataclass(slots=True)
class Merged:
    """What came out. Where a clash was not decided, theirs stands."""

    document: Item
    clashes: list[Clash] = field(default_factory=list)


def merge(base: Item, mine: Item, theirs: Item, *, prefer: Mapping[str, str] | None = None) -> Merged:
    """Do to `theirs` what was done to `base` to make it `mine`. `prefer`: "mine" or "theirs", by a clash's key."""
    return _Merge(copy.deepcopy(base), copy.deepcopy(mine), copy.deepcopy(theirs), prefer or {}).done()


@dataclass(frozen=True, slots=True)
class _Place:
    """An item with the list that it stands in: whose it is, its name, and what stands before it there."""

    item: Item
    owner: str
    branch: str
    before: tuple[str, ...]


class _Merge:
    def __init__(self, base: Item, mine: Item, theirs: Item, prefer: Mapping[str, str]) -> None:
        self.base, self.mine, self.theirs = _places(base), _places(mine), _places(theirs)
        self.documents = base, mine, theirs
        self.gone = dict.fromkeys(key for key in self.base if key not in self.mine)
        self.prefer = prefer
        self.result = Merged(copy.deepcopy(theirs))

    def done(self) -> Merged:
        base, mine, theirs = self.documents
        moved = {item["id"] for item in compare(base, mine).moved}
        also = {item["id"] for item in compare(base, theirs).moved}
        for key, place in self.mine.items():
            if key not in self.base:
                self._add(key, place)
                continue
            self._change(key, place)
            if key in moved and key in self._now():
                self._move(key, place, also)
        for key in self.gone:
            if self.base[key].owner not in self.gone:
                self._remove(key)
        self._settings(*(document.get("settings") or {} for document in self.documents))
        return self.result

    def _add(self, key: str, place: _Place) -> None:
        if key in self.theirs:
            self._replace(key, place.item, self.theirs[key].item)
        elif not self._insert(_bare(place.item), place) and self._prefers(key, place.item, None):
            self.result.document.setdefault("sections", []).append(_bare(place.item))

    def _change(self, key: str, place: _Place) -> None:
        before, after = self.base[key].item, place.item
        if key in self.theirs:
            if content(after) != content(before):
                self._replace(key, after, self.theirs[key].item, before)
            self._branches(key, before, after)
        elif content(after) != content(before) and key not in self._now() and self._prefers(key, after, None):
            self._insert(self._whole(after), place)

    def _replace(self, key: str, mine: Item, theirs: Item, before: Item | None = None) -> None:
        """Give a section my content, unless they gave it another than it had."""
        same = content(theirs) == content(mine)
        if same or (before is not None and content(theirs) == content(before)) or self._prefers(key, mine, theirs):
            item = self._now()[key].item
            kept = {name: item[name] for name in INSIDE if name in item}
            item.clear()
            item.update(copy.deepcopy({name: value for name, value in mine.items() if name not in INSIDE}) | kept)

    def _branches(self, key: str, before: Item, after: Item) -> None:
        """Add and take away the names of branches; one that has sections stays."""
        item = self._now()[key].item
        old, new = before.get("branches", {}), after.get("branches", {})
        for name in new:
            if name not in old:
                item.setdefault("branches", {}).setdefault(name, [])
        for name in old:
            if name not in new and not item.get("branches", {}).get(name, [1]):
                del item["branches"][name]

    def _move(self, key: str, place: _Place, also: set[str]) -> None:
        theirs = self.theirs.get(key, place)
        if key in also and (theirs.owner, theirs.branch) != (place.owner, place.branch):
            if not self._prefers(key, place.item, theirs.item):
                return
        elif key in also:
            return
        now = self._now()
        inner = {str(part["id"]) for part in parts(now[key].item)}
        if place.owner in inner or self._lane(place) is None:
            return
        item = _take(self.result.document, key)
        if item is not None:
            self._insert(item, place)

    def _remove(self, key: str) -> None:
        """Take away what I removed with all in it, unless they changed something of that or put something into it."""
        now = self._now().get(key)
        if now is None:
            return
        within = list(parts(now.item))
        touched = any(one["id"] not in self.gone or self._changed(one) for one in within)
        if touched and not self._prefers(key, None, now.item):
            return
        _take(self.result.document, key)
        for part in parts(self.base[key].item):
            if part["id"] in self.gone and part["id"] in self._now():  # they had moved it out of there
                self._remove(str(part["id"]))

    def _changed(self, item: Item) -> bool:
        """Whether they gave a section another content than it had."""
        return content(item) != content(self.base[str(item["id"])].item)

    def _insert(self, item: Item, place: _Place) -> bool:
        """Put an item behind what stands before it in mine and is there; return whether its list is there."""
        lane = self._lane(place)
        if lane is None:
            return False
        ids = [str(one["id"]) for one in lane.items]
        before = next((key for key in reversed(place.before) if key in ids), None)
        lane.items.insert(ids.index(before) + 1 if before is not None else 0, item)
        return True

    def _whole(self, item: Item) -> Item:
        """Return a copy of an item with all in it, but for what stands somewhere already."""
        there, held = self._now(), [copy.deepcopy(item)]
        whole: Item = {"sections": held}
        for key in [str(part["id"]) for part in parts(item)]:
            if key in there:
                _take(whole, key)
        return held[0]

    def _lane(self, place: _Place) -> Lane | None:
        """Return the list of that name in the result, made where its owner has none yet."""
        document = self.result.document
        if not place.owner:
            return Lane(document.setdefault(place.branch, []), 0)
        owner = self._now().get(place.owner)
        if owner is None:
            return None
        if place.branch in (LISTENERS, RUNS) and self._is_plain(place):
            return Lane(owner.item.setdefault(place.branch, []), 0)
        return Lane(owner.item.setdefault("branches", {}).setdefault(place.branch, []), 0)

    def _is_plain(self, place: _Place) -> bool:
        """Whether the list stands in its owner under its own name, and is no branch that is called so."""
        owner = self.mine[place.owner].item
        return place.branch in owner and place.branch not in owner.get("branches", {})

    def _prefers(self, key: str, mine: Any, theirs: Any) -> bool:
        """Return whether mine is taken where both changed something; not decided is a clash, and theirs stands."""
        if key not in self.prefer:
            self.result.clashes.append(Clash(key, mine, theirs))
        return self.prefer.get(key) == MINE

    def _settings(self, base: Item, mine: Item, theirs: Item) -> None:
        settings = self.result.document.setdefault("settings", {})
        for key in sorted({*base, *mine}):
            if mine.get(key) == base.get(key) or mine.get(key) == theirs.get(key):
                continue
            if theirs.get(key) == base.get(key) or self._prefers(SETTINGS + key, mine.get(key), theirs.get(key)):
                settings[key] = copy.deepcopy(mine.get(key))

    def _now(self) -> dict[str, _Place]:
        return _places(self.result.document)


def _places(document: Item) -> dict[str, _Place]:
    """Return every section, trigger and listener by id, in the order in which they are drawn."""
    return {str(item["id"]): place for item, place in _placed(document)}


def _placed(document: Item) -> Iterator[tuple[Item, _Place]]:
    for lane in lanes(document):
        owner = str(lane.owner["id"]) if lane.owner is not None else ""
        branch = lane.branch if lane.owner is not None else "triggers" if lane.listens else "sections"
        ids = tuple(str(item["id"]) for item in lane.items)
        for index, item in enumerate(lane.items):
            yield item, _Place(item, owner, branch, ids[:index])


def _bare(item: Item) -> Item:
    """Return an item without what stands in it, with the names of its branches: that follows by itself."""
    bare = copy.deepcopy({name: value for name, value in item.items() if name not in INSIDE})
    if "branches" in item:
        bare["branches"] = {name: [] for name in item["branches"]}
    return bare | ({RUNS: []} if RUNS in item else {})


def _take(document: Item, key: str) -> Item | None:
    """Take an item out of a document; a section's last listener leaves no trace."""
    for lane in lanes(document):
        for index, item in enumerate(lane.items):
            if item.get("id") == key:
                taken = lane.items.pop(index)
                if lane.listens and lane.owner is not None and not lane.items:
                    del lane.owner[LISTENERS]
                return taken
    return None
