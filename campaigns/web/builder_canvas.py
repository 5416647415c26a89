"""What the builder draws: the document as cards in lanes, each knowing which lines lead to it and from it.

The canvas has one spine: the first branch stands right below the section that opens it, the others at its right, and
what goes on after them comes back to the spine. So every line has a fixed place, and CSS alone draws them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.engine.document import Document, Listener, SectionItem, TriggerItem, escape, walk, walk_triggers
from campaigns.engine.kinds import Kinds, Section, Vocabulary
from campaigns.engine.validation import typed
from campaigns.engine.waiting import Times
from campaigns.errors import Problem
from campaigns.web.canvas_jumps import Jumps, find_jumps
from campaigns.web.canvas_parts import (
    Branch,
    Canvas,
    Card,
    Entry,
    Heard,
    Shape,
    comes_back,
    every_card,
    goes_on,
    joined,
)

_INSIDE = ("branches", "listeners", "sections")
_ARRIVING = {"flow.leave", "flow.return"}  # they end their lane, and the lead goes on after what opened it
GONE = "This section type is not installed any more"


@dataclass(frozen=True, slots=True)
class Place:
    """A problem with the section it belongs to: `section` is empty where it is the whole workflow's."""

    section: str
    title: str
    message: str


class Artist:
    """Draws documents with the types, names and problems of one tenant."""

    def __init__(self, kinds: Kinds, vocabulary: Vocabulary, problems: Sequence[Problem] = ()) -> None:
        self._kinds, self._vocabulary = kinds, vocabulary
        self._problems = own_problems(problems)
        self._jumps = Jumps({}, {})

    def draw(self, document: Document) -> Canvas:
        """Return the canvas of a document."""
        self._jumps = find_jumps(document, self._kinds)
        cards = self._lane(document.sections, "/sections")
        triggers = [(item, self._card(item, f"/triggers/{index}")) for index, item in enumerate(document.triggers)]
        lines = joined([item.mode == "start" for item, _ in triggers])
        entries = [
            Entry(card, item.mode == "start", item.mode == "exit", left, right)
            for (item, card), (left, right) in zip(triggers, lines, strict=True)
        ]
        return Canvas(entries, cards, goes_on(cards))

    def _lane(self, items: list[SectionItem], path: str) -> list[Card]:
        return [self._card(item, f"{path}/{index}") for index, item in enumerate(items)]

    def _card(self, item: SectionItem | TriggerItem, path: str) -> Card:
        kind, config = self._kinds.get(item.type), typed(item, self._kinds)
        label, shape = kind.label if kind else item.type, _shape(config)
        branches = self._branches(item, config, shape, path)
        back = any(branch.goes_on for branch in branches) or shape in {"loop", "none"}
        ends = kind is not None and kind.role == "finish" and not _may_pass(item, config)
        return Card(
            id=item.id,
            role=kind.role if kind else "failed",
            label=item.name or label,
            kind=label,
            summary=_moded(item, config.summary(self._vocabulary)) if config is not None else GONE,
            disabled=item.disabled,
            note=item.note,
            problems=self._problems.get(path, []),
            branches=branches,
            listeners=self._listeners(item, path),
            goes_on=not ends and (not branches or back),
            arrives=ends and item.type in _ARRIVING,
            shape=shape,
            is_goal=config is not None and config.goal,
            jump=self._jumps.out.get(item.id),
            called=self._jumps.into.get(item.id, []),
        )

    def _listeners(self, item: SectionItem | TriggerItem, path: str) -> list[Heard]:
        """Return what a section listens to, each with the sections that it runs."""
        found = []
        for index, listener in enumerate(item.listeners if isinstance(item, SectionItem) else ()):
            here = f"{path}/listeners/{index}"
            lane = self._lane(listener.sections, f"{here}/sections")
            found.append(Heard(self._card(listener, here), f"listens:{listener.id}", lane, goes_on(lane)))
        return found

    def _branches(
        self, item: SectionItem | TriggerItem, config: Section | None, shape: Shape, path: str
    ) -> list[Branch]:
        opened: Mapping[str, list[SectionItem]] = item.branches if isinstance(item, SectionItem) else {}
        free = config is None or type(config).free_branches
        names = tuple(opened) if config is None or free else config.branches()
        lanes = [(name, self._lane(opened.get(name, []), f"{path}/branches/{escape(name)}")) for name in names]
        back = [shape != "none" and comes_back(cards) for _, cards in lanes]
        lines = joined(back)
        return [
            Branch(
                name=name,
                place=f"in:{item.id}:{name}",
                cards=cards,
                goes_on=on,
                left=left,
                right=right,
                ends=shape == "none" and comes_back(cards),
            )
            for (name, cards), on, (left, right) in zip(lanes, back, lines, strict=True)
        ]


def ids_on_canvas(document: Document) -> set[str]:
    """Return the ids of all sections, triggers and listeners: each has a card."""
    sections = {item.id for item, _path, _depth in walk(document.sections)}
    return sections | {item.id for item, _path in walk_triggers(document)}


def place_problems(canvas: Canvas, problems: Sequence[Problem]) -> list[Place]:
    """Return each problem with the card it stands at, those of the whole workflow first."""
    placed = [Place(card.id, card.label, message) for card in every_card(canvas) for message in card.problems]
    whole = [problem for problem in problems if not problem.path.startswith(("/triggers/", "/sections/"))]
    return [*(Place("", _whole(problem.path), problem.message) for problem in whole), *placed]


def _moded(item: SectionItem | TriggerItem, summary: str) -> str:
    """Return a card's summary with what a trigger does there, unless it starts; of a listener how often."""
    if isinstance(item, Listener):
        return " · ".join(filter(None, (summary, _often(item.times))))
    if not isinstance(item, TriggerItem) or item.mode == "start":
        return summary
    return f"Ends: {summary}" if item.mode == "exit" else summary


def _often(times: Times | None) -> str:
    if times is None:
        return ""
    if times.every:
        return "each time"
    if times.at_most:
        return f"at most {times.at_most} times"
    return f"the time number {times.exactly}" if times.exactly else f"after {times.at_least} times"


def _shape(config: Section | None) -> Shape:
    """Return the shape of what a section opens: a loop's bracket, or a fork by how it joins."""
    if config is None or not (config.loops or config.forks):
        return ""
    joins: Shape = getattr(config, "join", "all")
    return "loop" if config.loops else joins


def _may_pass(item: SectionItem | TriggerItem, config: Section | None) -> bool:
    """Say whether a section that ends its lane is passed over by some, or by all."""
    conditions = (getattr(item, "only_if", None), getattr(config, "condition", None))
    return item.disabled or any(condition is not None for condition in conditions)


def _whole(path: str) -> str:
    return "Settings" if path.startswith("/settings") else "Workflow"


def shape(document: Mapping[str, Any]) -> Document:
    """Return a stored document as it is drawn; types that are gone stay in it."""
    return Document.model_validate(document)


def own_problems(problems: Sequence[Problem]) -> dict[str, list[str]]:
    """Return the sentences of problems by the path of the section or trigger that each belongs to."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        found.setdefault(_owner(problem.path), []).append(problem.message)
    return found


def _owner(path: str) -> str:
    """Return the path of the innermost section, trigger or listener that a path leads into."""
    parts, end = path.split("/"), 3  # "", "sections", "0"
    while len(parts) > end and parts[end] in _INSIDE:
        step = 3 if parts[end] == "branches" else 2
        if len(parts) < end + step:
            break  # what is wrong with the branches themselves
        end += step
    return "/".join(parts[:end])
