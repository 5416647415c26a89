"""One execution while it is worked on: its tokens, what they wait for, and what walking it has brought about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from campaigns.engine.effects import OutsideEffect
from campaigns.engine.outcome import Receipt
from campaigns.engine.subject import Changes

LONGEST_WAIT = timedelta(days=731)  # as long as the longest duration
MAIN = 0  # the number of the main line's token
StepRow = tuple[int, str, str, "Receipt | None"]


@dataclass(slots=True, eq=False)
class Armed:
    """An event that a token waits for: this once, so one that is armed anew is another. `count`: how often it came."""

    name: str  # the wait's branch, the listener's id, or the goal's section
    event_type: str
    count: int = 0


class Token:
    """Where one line of an execution stands: at a section, entered or still to be decided.

    `parent` is the token whose fork it is a branch of; `side` says that it belongs to a listener's line, so that the
    main line ends without it; `listener` is set while it is an armed listener that stands beside its section.
    `branches`: at a fork, the tokens of the branches under way. `last`: its time is the deadline of all waits. `woken`
    and `kept` say that what it waited for came while the execution was held: it is due on release.
    `hastened`: who ended its wait before the time (by, at); it is then due now. `asked`: what it asks of a limit whose
    counter was not known. `came`: how often each of its waits had come (name, event type, count) when it was stored,
    for who reads it without its waits.
    """

    __slots__ = (
        "answer",
        "arrived",
        "asked",
        "branches",
        "call",
        "came",
        "entered",
        "event_id",
        "hastened",
        "join",
        "kept",
        "last",
        "listener",
        "loops",
        "number",
        "parent",
        "section",
        "side",
        "visits",
        "waits",
        "wake_at",
        "woken",
    )

    def __init__(self, number: int = MAIN, section: str = "") -> None:
        self.number = number
        self.section = section
        self.entered = False
        self.wake_at: datetime | None = None
        self.parent: int | None = None
        self.side = False
        self.listener = ""
        self.event_id: Any = None  # what woke it, where that is not what started the execution
        self.call = ""  # the id of what it asked for and waits for: an execution, an outside call
        self.join = ""
        self.branches: list[int] = []
        self.arrived = False
        self.loops: dict[str, Any] = {}
        self.visits: dict[str, int] = {}
        self.waits: list[Armed] = []
        self.came: list[list[Any]] = []
        self.woken = ""
        self.kept = False
        self.last = False
        self.answer: dict[str, Any] | None = None
        self.hastened: dict[str, Any] | None = None
        self.asked: dict[str, Any] | None = None

    @property
    def waits_for_time(self) -> bool:
        """Whether it rests inside a section until a moment that may as well be now.

        Not so: what waits for an event or an answer alone, the deadline of such a wait, a fork, an armed listener.
        """
        rests = self.entered and self.wake_at is not None and not self.last
        return rests and not (self.listener or self.branches or self.call or self.woken or self.hastened or self.asked)

    def child(self, number: int, section: str = "") -> Token:
        """Return a token that goes on from here by itself, with the same counters."""
        made = Token(number, section)
        made.side, made.event_id = self.side, self.event_id
        made.loops, made.visits = dict(self.loops), dict(self.visits)
        return made

    def data(self) -> dict[str, Any] | None:
        """Return what has to be kept beside section and time, as JSON values; None when there is nothing."""
        found = {name: value for name in _KEPT if (value := getattr(self, name))}
        if self.parent is not None:
            found["parent"] = self.parent
        if self.event_id is not None:
            found["event"] = str(self.event_id)
        if self.waits:
            found["waits"] = True
        if came := self.counted():
            found["came"] = came
        return found or None

    def counted(self) -> list[list[Any]]:
        """Return what has come of its waits: name, event type, how often; nothing that never came."""
        return [[one.name, one.event_type, one.count] for one in self.waits if one.count] or self.came

    @classmethod
    def read(cls, number: int, section: str, wake_at: datetime | None, data: Mapping[str, Any] | None) -> Token:
        """Return a token from what was kept of it; its waits are filled in by whoever reads them."""
        token = cls(number, section)
        token.wake_at = wake_at
        if data:
            for name, value in data.items():
                if name in _READ:
                    setattr(token, _READ[name], value)
        return token


_KEPT = (
    "entered",
    "side",
    "listener",
    "call",
    "join",
    "branches",
    "arrived",
    "loops",
    "visits",
    "woken",
    "last",
    "answer",
    "hastened",
    "asked",
)
# What a stored token has, by its stored name: the attribute that it is read into.
_READ = dict(zip(_KEPT, _KEPT, strict=True)) | {"parent": "parent", "came": "came", "event": "event_id"}


class Execution:
    """An execution in memory. `advance` changes its tokens and collects what has to be written.

    `steps`: (number, section, outcome, receipt), in order; `changes`: (number, what the step changed of the lead);
    `outside`: (number, section, token's number, effect); `emitted`: (name, properties); `exits`: the workflows to be
    left, by key. `section`, `entered` and `wake_at` tell of the first token that rests.
    """

    __slots__ = (
        "changes",
        "emitted",
        "exits",
        "next_number",
        "outside",
        "reason",
        "state",
        "status",
        "steps",
        "tokens",
        "visit",
    )

    def __init__(self, next_number: int = 0, state: dict[str, Any] | None = None) -> None:
        self.status = "running"
        self.reason = ""
        self.tokens: dict[int, Token] = {}
        self.steps: list[StepRow] = []
        self.changes: list[tuple[int, Changes]] = []
        self.outside: list[tuple[int, str, int, OutsideEffect]] = []
        self.emitted: list[tuple[str, dict[str, Any]]] = []
        self.exits: list[str] = []
        self.visit: dict[str, Any] | None = None  # what was set of the visit's data
        self.next_number = next_number
        self.state = state if state is not None else {}

    @property
    def section(self) -> str:
        return next((token.section for token in self.tokens.values()), "")

    @property
    def entered(self) -> bool:
        return next((token.entered for token in self.tokens.values()), False)

    @property
    def wake_at(self) -> datetime | None:
        return next((token.wake_at for token in self.tokens.values()), None)

    def deadline(self, now: datetime) -> datetime:
        """Return when a wait without a time of its own ends the execution: nothing stays for ever."""
        return now + LONGEST_WAIT

    def new_number(self) -> int:
        """Return a number that no token has."""
        return max(self.tokens, default=MAIN) + 1

    def amend(self, index: int, more: Receipt) -> None:
        """Add to the receipt of a step that was just recorded, unless there is none at the index."""
        if index < len(self.steps):
            number, section, outcome, receipt = self.steps[index]
            self.steps[index] = (number, section, outcome, {**(receipt or {}), **more})

    def step(self, section: str, outcome: str, receipt: Receipt | None = None) -> None:
        """Record a step."""
        self.steps.append((self.next_number, section, outcome, receipt))
        self.next_number += 1

    def below(self, token: Token) -> Iterator[Token]:
        """Yield the branches that a token has under way, and theirs."""
        for number in token.branches:
            child = self.tokens.get(number)
            if child is not None:
                yield child
                yield from self.below(child)

    def above(self, token: Token) -> list[Token]:
        """Return the tokens whose branch a token is, the nearest first."""
        found = []
        while token.parent is not None and token.parent in self.tokens:
            token = self.tokens[token.parent]
            found.append(token)
        return found

    def end(self, status: str, reason: str = "") -> None:
        """End all tokens and listeners."""
        self.status, self.reason = status, reason
        self.tokens.clear()

    def settle(self) -> None:
        """Work out the status from the tokens that are left, unless the execution has ended or failed."""
        if self.status != "running":
            return
        if not self.tokens:
            self.status = "finished"
        else:
            self.status = "listening" if all(token.side for token in self.tokens.values()) else "waiting"
