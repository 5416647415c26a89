"""A compiled version: a flat tuple of nodes with prepared deciders and jump targets. `compiling` makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from campaigns.engine.conditions import needs
from campaigns.engine.context import Context
from campaigns.engine.document import SectionItem
from campaigns.engine.duration import Duration
from campaigns.engine.kinds import Decider, Matcher, Reached
from campaigns.engine.outcome import Done, Outcome
from campaigns.engine.waiting import Times

END = -1  # the end of the token
JOIN = -2  # the end of a fork's branch
SKIPPED = Done(outcome="skipped", receipt={"disabled": True})


def guarded(item: SectionItem, decide: Decider, only_if: Any = None) -> Decider:
    """Return what a section answers: skipped where it is switched off, or where its condition does not hold."""
    if item.disabled:
        return lambda _context: SKIPPED
    if only_if is None:
        return decide

    def answer(context: Context) -> Outcome:
        verdict = only_if(context)
        return decide(context) if verdict.truth else Done(outcome="skipped", receipt={"only_if": verdict.receipt})

    return answer


class Node:
    """One section, ready to run. `next` is where its token goes after it; END is the end of the token.

    `scope` names the forks and listeners it stands in, from outside to inside; `goals` the goals ahead of the main
    line, the nearest first. `most_rounds` is set where a loop tests again.
    """

    __slots__ = (
        "back",
        "branches",
        "decide",
        "empty",
        "goals",
        "id",
        "leave",
        "listeners",
        "most_rounds",
        "next",
        "resume",
        "scope",
        "type",
    )

    def __init__(self, item: SectionItem, decide: Decider, resume: Decider, only_if: Any = None) -> None:
        self.id = item.id
        self.type = item.type
        self.decide = guarded(item, decide, only_if)
        self.resume = resume
        self.next = END
        self.leave = END  # after the section that opened this branch
        self.back = END  # the section that opened it, when that one loops; else the same as `leave`
        self.empty = END  # where a branch leads that is not there
        self.branches: dict[str, int] = {}
        self.listeners: tuple[PreparedListener, ...] = ()
        self.goals: tuple[str, ...] = ()
        self.scope: tuple[str, ...] = ()
        self.most_rounds: int | None = None


@dataclass(frozen=True, slots=True)
class PreparedTrigger:
    """A trigger, ready to be matched: at the top, or as what a section or a listener waits for."""

    id: str
    type: str
    mode: str
    event_type: str | None
    match: Matcher
    filter: Any
    section: str | None
    times: Times | None = None

    def accepts(self, context: Context) -> bool:
        """Return whether the event in the context matches, its filter included."""
        return bool(self.match(context)) and (self.filter is None or self.filter(context).truth)


@dataclass(frozen=True, slots=True)
class PreparedListener:
    """A listener of a section: what it hears, for how long, and where its own sections begin."""

    trigger: PreparedTrigger
    listen_for: Duration
    first: int


@dataclass(frozen=True, slots=True)
class PreparedGoal:
    """A goal: where it stands, how to tell that it is reached, and which events may say so (by type)."""

    position: int
    reached: Reached | None
    event_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """The document's settings, ready to be applied."""

    active_total: int
    per_lead_ever: int
    per_lead_active: int
    reenter_after: Any
    keep_while: Any
    time_zone: str


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled version. `positions` finds a node by section id; `data` says what a batch has to fetch for it.

    `waits` holds what sections wait for, by section and name; `listeners` and `goals` are by id; `awaited` names the
    subscription types of all of them. `parallel`: its executions may have several tokens at a time.
    """

    version_id: Any
    workflow_id: Any
    nodes: tuple[Node, ...]
    first: int  # where a token starts; END for a workflow without sections
    positions: Mapping[str, int]
    triggers: Mapping[str, PreparedTrigger]
    rules: Rules
    data: Data
    waits: Mapping[tuple[str, str], PreparedTrigger] = field(default_factory=dict)
    listeners: Mapping[str, PreparedListener] = field(default_factory=dict)
    goals: Mapping[str, PreparedGoal] = field(default_factory=dict)
    awaited: frozenset[str] = frozenset()
    parallel: bool = False

    def branches_at(self, section: str) -> Mapping[str, int]:
        """Return the branches of a section, by name; none of what is no section."""
        position = self.positions.get(section)
        return self.nodes[position].branches if position is not None else {}


@dataclass(slots=True)
class Data:
    """What a program reads besides the lead's own fields."""

    lists: set[str] = field(default_factory=set)
    tags: bool = False
    workflows: bool = False
    activity: list[tuple[str, timedelta | None]] = field(default_factory=list)
    tenants: set[str] = field(default_factory=set)  # where leads are moved to
    starts: set[str] = field(default_factory=set)  # workflows that a section starts
    members: set[tuple[str, str]] = field(default_factory=set)  # organisations whose members are told of something
    limits: bool = False  # whether a section counts what passes it
    exits: bool = False  # whether a section ends executions of the lead
    event: bool = False  # whether anything may look at what started or woke it: the event, its changes, the visit

    def add(self, condition: Any) -> None:
        wanted = needs(condition)
        self.lists |= set(wanted.lists)
        self.tags = self.tags or bool(wanted.tags)
        self.workflows = self.workflows or bool(wanted.workflows)
        self.activity += list(wanted.activity)
