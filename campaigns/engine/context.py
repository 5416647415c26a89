"""What a section may look at: the lead, the event, the execution's state, and the time it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from campaigns.engine.business_hours import BusinessHours
from campaigns.engine.limits import Verdict, passes_always
from campaigns.engine.subject import Subject

_ALWAYS_USUAL = BusinessHours()
_NO_TAGS: set[str] = set()


def no_activity(_name: str, _since: datetime | None) -> int:
    """The activity of a lead that has done nothing."""
    return 0


@dataclass(frozen=True, slots=True)
class Started:
    """What became of asking for another workflow: the new execution's id, or the limit that refused it."""

    execution: str = ""
    refused: str = ""


def starts_nothing(_start: Any) -> Started:
    """What is asked where no other workflow can be started."""
    return Started(refused="inactive")


@dataclass(slots=True)
class Context:
    """The view of one execution at one moment; conditions and templates read it by its parts' names.

    `arrivals`: by tenant key, what keeps leads from moving there, by lead; None where nobody has looked. `members`:
    the addresses of the organisations that its sections want to know. `starter`
    starts another workflow (an `outcome.Start`); `limiter` answers an `outcome.Limit`, or None where the count is not
    known; `event_of` gives the event of a token by its id. While a section is resumed, `woken` names the wait that
    ended (empty: its time), `hastened` says who ended it before the time, and `call` is the id of what it had asked
    for. `answer` is what came back to it. `loops` holds the token's counters, by section.
    """

    subject: Subject | None
    now: datetime = field(kw_only=True)
    event: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    state: dict[str, Any] = field(default_factory=dict, kw_only=True)
    session: Mapping[str, Any] | None = field(default=None, kw_only=True)
    before: Mapping[str, Any] | None = field(default=None, kw_only=True)
    workflows: set[str] = field(default_factory=set, kw_only=True)
    activity: Callable[[str, datetime | None], int] = field(default=no_activity, kw_only=True)
    time_zone: tzinfo = field(default=UTC, kw_only=True)
    tenant_zone: tzinfo = field(default=UTC, kw_only=True)
    arrivals: Mapping[str, Mapping[Any, str]] | None = field(default=None, kw_only=True)
    hours: BusinessHours = field(default=_ALWAYS_USUAL, kw_only=True)
    members: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict, kw_only=True)
    starter: Callable[[Any], Started] = field(default=starts_nothing, kw_only=True)
    limiter: Callable[[Any], Verdict | None] = field(default=passes_always, kw_only=True)
    event_of: Callable[[str | None], Mapping[str, Any]] | None = field(default=None, kw_only=True)
    woken: str = field(default="", kw_only=True)
    hastened: Mapping[str, Any] | None = field(default=None, kw_only=True)
    call: str = field(default="", kw_only=True)
    answer: Mapping[str, Any] | None = field(default=None, kw_only=True)
    loops: dict[str, Any] = field(default_factory=dict, kw_only=True)

    @property
    def lead(self) -> Mapping[str, Any] | None:
        """The lead's values by field key, or None for an event without a lead."""
        return self.subject.values if self.subject is not None else None

    @property
    def tags(self) -> set[str]:
        return self.subject.tags if self.subject is not None else _NO_TAGS

    @property
    def lists(self) -> set[str]:
        return self.subject.lists if self.subject is not None else _NO_TAGS

    def values(self) -> dict[str, Any]:
        """Return what templates may name: lead, event, state, session, now."""
        return {
            "lead": self.lead or {},
            "event": self.event,
            "state": self.state,
            "session": self.session or {},
            "now": self.now,
        }
