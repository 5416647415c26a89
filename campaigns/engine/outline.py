"""Sections as an indented outline: one line each, what stands in a branch indented below it. Read and written.

    When a lead is imported
    If score > 50
      yes:
        Tag hot
        Wait 2 days
      no:
        Finish
    Send welcome

A line below a section that opens branches names one of them; else it stands in the first. A "When" line below a section
is a listener. A line that is not understood becomes a placeholder with its words: nothing is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from campaigns.engine.kinds import Kinds, Vocabulary
from campaigns.engine.lanes import LISTENERS, RUNS, Item, is_listener, parts
from campaigns.engine.outline_lines import Lines, Said, clean
from campaigns.engine.outline_words import unquoted
from campaigns.engine.pasting import Clip
from campaigns.engine.placeholders import placeholder
from campaigns.engine.structure import GOTO
from campaigns.engine.validation import typed_item
from campaigns.errors import Invalid

MOST_LINES = 2000
MOST_LETTERS = 400_000
_DEEPEST = 60  # levels of lines; what is deeper stands at the last, and sections nest less deeply anyway
_TAB = "    "
_INDENT = re.compile(r"[ \t\u00a0]*")
_SYNONYMS = {"then": "yes", "else": "no", "otherwise": "no", "true": "yes", "false": "no"}


@dataclass(slots=True)
class Line:
    """A line as it was written, and what became of it: the `id` of a part of the clip, or the name of a branch."""

    number: int
    depth: int
    text: str
    id: str = ""
    branch: str = ""
    understood: bool = True


@dataclass(frozen=True, slots=True)
class Outline:
    """What was read: parts to be pasted, and the lines they came from."""

    clip: Clip
    lines: list[Line]


def read_outline(text: str, kinds: Kinds, vocabulary: Vocabulary) -> Outline:
    """Return what an outline says; raise Invalid when it has too many lines."""
    lines = list(_lines(text))
    reader = _Reader(Lines(kinds, vocabulary), kinds)
    return Outline(reader.read(_nested(lines)), lines)


def write_outline(clip: Clip, kinds: Kinds, vocabulary: Vocabulary) -> str:
    """Return an outline that reads back to the same triggers and sections, but for their ids."""
    every = [part for item in clip.triggers + clip.sections for part in parts(item)]
    targets = {part["config"].get("section") for part in every if part["type"] == GOTO and "config" in part}
    targets |= {part.get("section") for part in every}
    writer = _Writer(Lines(kinds, vocabulary), kinds, frozenset(str(target) for target in targets if target))
    told = [line for item in clip.triggers for line in writer.trigger(item, 0, beside=False)]
    told += [line for item in clip.sections for line in writer.section(item, 0)]
    return "\n".join(told)


@dataclass(slots=True)
class _Node:
    line: Line
    below: list[_Node] = field(default_factory=list)


def _lines(text: str) -> Iterator[Line]:
    rows = [_INDENT.sub(lambda match: match[0].replace("\t", _TAB), row) for row in re.split(r"\r\n|\r|\n", text)]
    shown = [(number, row) for number, row in enumerate(rows, 1) if row.strip()]
    if len(shown) > MOST_LINES:
        raise Invalid(f"An outline has at most {MOST_LINES} lines; this one has {len(shown)}.")
    if len(text) > MOST_LETTERS:
        raise Invalid(f"An outline has at most {MOST_LETTERS} letters; this one has {len(text)}.")
    levels: list[int] = []
    for number, row in shown:
        indent = len(_INDENT.match(row)[0])  # type: ignore[index]  # it matches nothing as well
        while levels and levels[-1] >= indent:
            levels.pop()
        yield Line(number, len(levels), clean(row))
        if len(levels) < _DEEPEST:
            levels.append(indent)


def _nested(lines: Iterable[Line]) -> list[_Node]:
    roots: list[_Node] = []
    above: list[_Node] = []
    for line in lines:
        node = _Node(line)
        del above[line.depth :]
        (above[-1].below if above else roots).append(node)
        above.append(node)
    return roots


class _Reader:
    """Turns nested lines into triggers and sections. Marks become ids, so that jumps lead to them when pasted."""

    def __init__(self, lines: Lines, kinds: Kinds) -> None:
        self._lines, self._kinds = lines, kinds
        self._numbers, self._taken = count(1), set[str]()
        self._triggers: list[Item] = []

    def read(self, nodes: list[_Node]) -> Clip:
        return Clip(self._triggers, self._list(nodes, root=True))

    def _list(self, nodes: Sequence[_Node], *, root: bool = False) -> list[Item]:
        made: list[Item] = []
        for node in nodes:
            said = self._lines.trigger(node.line.text) if root else None
            if said is not None:
                self._triggers.append(self._kept(said, node))
                made += self._list(node.below)
            elif _is_else(node) and made and made[-1]["type"] == "flow.if":
                node.line.branch = "no"
                made[-1].setdefault("branches", {}).setdefault("no", []).extend(self._list(node.below))
            else:
                made += self._section(node)
        return made

    def _section(self, node: _Node) -> list[Item]:
        """Return the section of a line; lines below one that opens no branches come after it."""
        said = self._lines.section(node.line.text)
        if said is None:
            item = placeholder(node.line.text, self._id())
            node.line.id, node.line.understood = item["id"], False
            return [item, *self._list(node.below)]
        item = self._kept(said, node)
        left = [one for one in node.below if not self._listens(one, item)]
        branches, free = _branches(item, self._kinds)
        if not branches and not free:
            return [item, *self._list(left)]
        for name, nodes in self._sorted(left, branches, free=free):
            item.setdefault("branches", {}).setdefault(name, []).extend(self._list(nodes))
        return [item]

    def _listens(self, node: _Node, item: Item) -> bool:
        said = self._lines.trigger(node.line.text, beside=True)
        if said is not None:
            listener = {**self._kept(said, node), RUNS: self._list(node.below)}
            item.setdefault(LISTENERS, []).append(listener)
        return said is not None

    def _sorted(self, nodes: list[_Node], names: tuple[str, ...], *, free: bool) -> Iterator[tuple[str, list[_Node]]]:
        """Yield the lines below a section by the branch they stand in."""
        first = names[0] if names else ""
        for node in nodes:
            name = _branch_named(node, names, free=free)
            if name is not None:
                node.line.branch = name
                yield name, node.below
            else:  # of a fork each line is a branch of its own, called by its words
                yield node.line.text[:80] if free else first, [node]

    def _kept(self, said: Said, node: _Node) -> Item:
        fresh = said.mark if said.mark and said.mark not in self._taken else self._id()
        self._taken.add(fresh)
        node.line.id = fresh
        return {"id": fresh, **said.item}

    def _id(self) -> str:
        made = next(name for number in self._numbers if (name := f"o{number}") not in self._taken)
        self._taken.add(made)
        return made


class _Writer:
    """Turns triggers and sections into lines."""

    def __init__(self, lines: Lines, kinds: Kinds, targets: frozenset[str]) -> None:
        self._lines, self._kinds, self._targets = lines, kinds, targets

    def section(self, item: Item, depth: int) -> Iterator[str]:
        yield "  " * depth + self._lines.write(item, marked=item["id"] in self._targets)
        for listener in item.get(LISTENERS, []):
            yield from self.trigger(listener, depth + 1, beside=True)
        names, free = _branches(item, self._kinds)
        branches = item.get("branches", {})  # a database may keep them in another order than the type names them
        for name in [*(name for name in names if name in branches), *(name for name in branches if name not in names)]:
            items = branches[name]
            if items or free:
                yield "  " * (depth + 1) + _branch_line(name)
                for one in items:
                    yield from self.section(one, depth + 2)

    def trigger(self, item: Item, depth: int, *, beside: bool) -> Iterator[str]:
        own = {key: value for key, value in item.items() if key != RUNS}
        yield "  " * depth + self._lines.write_trigger(own, beside=beside or is_listener(item))
        for one in item.get(RUNS, []):
            yield from self.section(one, depth + 1)


def _branches(item: Item, kinds: Kinds) -> tuple[tuple[str, ...], bool]:
    """Return the branches that a section opens, and whether the document may give it any."""
    config = typed_item(item, kinds)
    return (config.branches(), type(config).free_branches) if config is not None else ((), False)


def _branch_named(node: _Node, names: tuple[str, ...], *, free: bool) -> str | None:
    text = node.line.text
    name = unquoted(text.removesuffix(":"))
    if free:
        return name if text.endswith(":") or node.below else None
    told = {one.casefold(): one for one in names}
    found = told.get(name.casefold()) or told.get(_SYNONYMS.get(name.casefold(), ""))
    return found if found is not None else None


def _is_else(node: _Node) -> bool:
    return node.line.text.lower().removesuffix(":") in {"else", "otherwise", "no"}


def _branch_line(name: str) -> str:
    plain = name == unquoted(name) == clean(name) and not name.endswith(":") and name.isprintable()
    return f"{name if plain else json.dumps(name, ensure_ascii=False)}:"
