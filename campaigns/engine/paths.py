"""What a simulation is told and what it tells: events, what stands around the lead, and the lead's way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from campaigns.engine.business_hours import BusinessHours
from campaigns.engine.matching import Enrolment
from campaigns.engine.subject import Changes, Subject


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the lead: when, its subscription types, and what conditions and templates see of it.

    `applies`: the lead becomes as the event's changes say; else it is so already.
    """

    at: datetime
    types: tuple[str, ...]
    values: Mapping[str, Any]
    before: Mapping[str, Any] | None = None
    applies: bool = False

    def apply(self, subject: Subject) -> None:
        """Have the lead be as it is after the event."""
        changes = self.values.get("changes") or {}
        for key, (_, after) in changes.get("fields", {}).items():
            subject.values[key] = after
        for key in ("status", "owner"):
            if key in changes:
                subject.values[key] = changes[key][1]
        subject.lists.update(changes.get("lists_added", ()))
        subject.lists.difference_update(changes.get("lists_removed", ()))
        subject.tags.update(changes.get("tags_added", ()))
        subject.tags.difference_update(changes.get("tags_removed", ()))


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around the lead: clocks, hours, how often it was in the workflow, and what it has done before.

    `zone` is the workflow's clock, None stands for the tenant's; `did` holds (name, when) of the lead's events.
    """

    tenant_zone: tzinfo = UTC
    zone: tzinfo | None = None
    hours: BusinessHours = field(default_factory=BusinessHours)
    enrolment: Enrolment = field(default_factory=Enrolment)
    workflows: frozenset[str] = frozenset()
    did: tuple[tuple[str, datetime], ...] = ()


NOTHING_AROUND = Around()


@dataclass(frozen=True, slots=True)
class Trace:
    """What a step left behind: the execution's own data after it, what it changed of the lead, what it asked outside.

    `state` is never changed in place, so it may be kept.
    """

    state: dict[str, Any]
    changes: Changes
    outside: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """An event that came after the start: before which step, when, what it is called, whether anything waited."""

    before: int
    at: datetime
    name: str
    counted: bool


@dataclass(slots=True)
class Path:
    """A lead's way: (section, outcome, at, receipt) of each step, how it stands at the end, and when that was.

    `traces` tells more of each step, `heard` of the events in between; `standing` names where its tokens rest, with
    the time at which each goes on by itself.
    """

    lead: Any
    started_at: datetime
    steps: list[tuple[str, str, datetime, dict[str, Any] | None]] = field(default_factory=list)
    status: str = "running"
    reason: str = ""
    ends_at: datetime | None = None
    traces: list[Trace] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    standing: list[tuple[str, datetime | None]] = field(default_factory=list)
