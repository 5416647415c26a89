"""The parts of a canvas: cards, branches, listeners, jumps, and where lines run between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

Shape = Literal["", "loop", "all", "any", "none"]  # of what a card opens: a loop, or a fork by how it joins


@dataclass(frozen=True, slots=True)
class Jump:
    """One end of a jump: the section at the other end, by id and by name, and how it is said ("Jumps to")."""

    section: str
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A lane of cards below a section.

    `goes_on`: whether its line comes back to the spine; `left`, `right`: whether the joining line runs there;
    `ends`: its open end is an end of its own, drawn as Finish.
    """

    name: str
    place: str
    cards: list[Card]
    goes_on: bool
    left: bool = False
    right: bool = False
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """A listener beside a section: its own card, and those of what it runs. Nothing goes on after them."""

    card: Card
    place: str
    cards: list[Card]
    ends: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A section or trigger on the canvas. `problems` are sentences; `goes_on` says whether anything can follow.

    `arrives`: nothing can follow, yet its line comes back to the section that opened the branch.
    """

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
    arrives: bool = False
    shape: Shape = ""
    is_goal: bool = False
    jump: Jump | None = None
    called: list[Jump] = field(default_factory=list)

    @property
    def joins(self) -> str:
        """What is said where the branches of a fork come together."""
        return {"all": "When all have arrived", "any": "With the first to arrive"}.get(self.shape, "")


@dataclass(frozen=True, slots=True)
class Entry:
    """A trigger at the top. `ends`: it ends executions; one that goes back to a section has that as its jump."""

    card: Card
    joins: bool
    ends: bool
    left: bool
    right: bool


@dataclass(frozen=True, slots=True)
class Canvas:
    """A whole workflow as the builder draws it."""

    entries: list[Entry]
    cards: list[Card]
    goes_on: bool  # whether the root's end is open, and so drawn as Finish

    @property
    def triggers(self) -> list[Card]:
        return [entry.card for entry in self.entries]


def goes_on(cards: Sequence[Card]) -> bool:
    """Say whether anything can follow a lane's last card."""
    return all(card.goes_on for card in cards)


def comes_back(cards: Sequence[Card]) -> bool:
    """Say whether a lane's line comes back to the section that opened it."""
    return all(card.goes_on for card in cards[:-1]) and (not cards or cards[-1].goes_on or cards[-1].arrives)


def joined(lanes: Sequence[bool]) -> list[tuple[bool, bool]]:
    """Return for each lane whether the joining line runs at its left, at its right: to the last that goes on."""
    last = max((index for index, on in enumerate(lanes) if on), default=-1)
    return [(0 < index <= last, index < last) for index in range(len(lanes))]


def every_card(canvas: Canvas) -> Iterator[Card]:
    """Yield all cards, in the order in which they are read."""
    yield from canvas.triggers
    yield from within(canvas.cards)


def within(cards: Sequence[Card]) -> Iterator[Card]:
    """Yield the cards of a lane and of all lanes inside it, in the order in which they are read."""
    for card in cards:
        yield card
        for heard in card.listeners:
            yield heard.card
            yield from within(heard.cards)
        for branch in card.branches:
            yield from within(branch.cards)
