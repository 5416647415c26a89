"""What the builder draws: the document as cards in lanes, each knowing which lines lead to it and from it.

The canvas has one spine: the first branch stands right below the section that opens it, the others at its right, and
what goes on after them comes back to the spine. So every line has a fixed place, and CSS alone draws them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.engine.document import Document, Listener, SectionItem, TriggerItem, escape, walk, walk_triggers
from campaigns.engine.kinds import Kinds, Vocabulary
from campaigns.engine.validation import typed
from campaigns.engine.waiting import Times
from campaigns.errors import Problem

_INSIDE = ("/branches/", "/listeners/", "/sections/")
GONE = "This section type is not installed any more"


@dataclass(frozen=True, slots=True)
class Branch:
    """A lane of cards below a section. `left`, `right`: whether the line that joins the branches again runs there."""

    name: str
    place: str
    cards: list[Card]
    goes_on: bool
    left: bool = False
    right: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """A listener beside a section: its own card, and those of what it runs. Nothing goes on after them."""

    card: Card
    place: str
    cards: list[Card]


@dataclass(frozen=True, slots=True)
class Card:
    """A section or trigger on the canvas. `problems` are sentences; `goes_on` says whether anything can follow."""

    id: str
    role: str
    label: str
    kind: str
    summary: str
    disabled: bool
    note: str
    problems: list[str]
    branches: list[Branch]
    listeners: list[Heard]
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Canvas:
    """A whole workflow as the builder draws it."""

    triggers: list[Card]
    cards: list[Card]
    goes_on: bool  # whether the root's end is open, and so drawn as Finish


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
        self._problems = problems

    def draw(self, document: Document) -> Canvas:
        """Return the canvas of a document."""
        cards = self._lane(document.sections, "/sections")
        triggers = [self._card(item, f"/triggers/{index}") for index, item in enumerate(document.triggers)]
        return Canvas(triggers, cards, _goes_on(cards))

    def _lane(self, items: list[SectionItem], path: str) -> list[Card]:
        return [self._card(item, f"{path}/{index}") for index, item in enumerate(items)]

    def _card(self, item: SectionItem | TriggerItem, path: str) -> Card:
        kind, config = self._kinds.get(item.type), typed(item, self._kinds)
        opened: Mapping[str, list[SectionItem]] = item.branches if isinstance(item, SectionItem) else {}
        free = config is None or type(config).free_branches
        names = tuple(opened) if config is None or free else config.branches()
        branches = self._branches(item.id, [(name, opened.get(name, [])) for name in names], path)
        label = kind.label if kind else item.type
        ends = kind is not None and kind.role == "finish" and not item.disabled
        return Card(
            id=item.id,
            role=kind.role if kind else "failed",
            label=item.name or label,
            kind=label,
            summary=_moded(item, config.summary(self._vocabulary)) if config is not None else GONE,
            disabled=item.disabled,
            note=item.note,
            problems=[problem.message for problem in self._problems if _is_own(problem.path, path)],
            branches=branches,
            listeners=self._listeners(item, path),
            goes_on=not ends and (not branches or any(branch.goes_on for branch in branches)),
        )

    def _listeners(self, item: SectionItem | TriggerItem, path: str) -> list[Heard]:
        """Return what a section listens to, each with the sections that it runs."""
        found = []
        for index, listener in enumerate(item.listeners if isinstance(item, SectionItem) else ()):
            here = f"{path}/listeners/{index}"
            lane = self._lane(listener.sections, f"{here}/sections")
            found.append(Heard(self._card(listener, here), f"listens:{listener.id}", lane))
        return found

    def _branches(self, owner: str, opened: list[tuple[str, list[SectionItem]]], path: str) -> list[Branch]:
        lanes = [(name, self._lane(items, f"{path}/branches/{escape(name)}")) for name, items in opened]
        last = max((index for index, (_, cards) in enumerate(lanes) if _goes_on(cards)), default=-1)
        return [
            Branch(
                name=name,
                place=f"in:{owner}:{name}",
                cards=cards,
                goes_on=_goes_on(cards),
                left=0 < index <= last,
                right=index < last,
            )
            for index, (name, cards) in enumerate(lanes)
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


def every_card(canvas: Canvas) -> Iterator[Card]:
    """Yield all cards, in the order in which they are read."""
    yield from canvas.triggers
    yield from _within(canvas.cards)


def _within(cards: list[Card]) -> Iterator[Card]:
    for card in cards:
        yield card
        for branch in card.branches:
            yield from _within(branch.cards)
        for heard in card.listeners:
            yield heard.card
            yield from _within(heard.cards)


def _moded(item: SectionItem | TriggerItem, summary: str) -> str:
    """Return a card's summary with what a trigger does there, unless it starts; of a listener how often."""
    if isinstance(item, Listener):
        return " · ".join(filter(None, (summary, _often(item.times))))
    if not isinstance(item, TriggerItem) or item.mode == "start":
        return summary
    return f"{'Ends' if item.mode == 'exit' else f'Back to {item.section}'}: {summary}"


def _often(times: Times | None) -> str:
    if times is None:
        return ""
    if times.every:
        return "each time"
    if times.at_most:
        return f"at most {times.at_most} times"
    return f"the time number {times.exactly}" if times.exactly else f"after {times.at_least} times"


def _goes_on(cards: list[Card]) -> bool:
    return all(card.goes_on for card in cards)


def _is_own(path: str, card: str) -> bool:
    """Say whether a problem is a card's own and not that of a section in one of its branches."""
    rest = path.removeprefix(card)
    return path.startswith(card) and rest[:1] in {"", "/"} and not rest.startswith(_INSIDE)


def _whole(path: str) -> str:
    return "Settings" if path.startswith("/settings") else "Workflow"


def shape(document: Mapping[str, Any]) -> Document:
    """Return a stored document as it is drawn; types that are gone stay in it."""
    return Document.model_validate(document)
