"""What a batch knows: the leads, the programs, the rules' rows, and what each execution may look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Any
from uuid import UUID

from campaigns.engine.business_hours import BusinessHours
from campaigns.engine.context import Context, no_activity
from campaigns.engine.events import Event, before_of
from campaigns.engine.matching import Enrolment
from campaigns.engine.moments import workflow_zone
from campaigns.engine.program import PreparedTrigger
from campaigns.engine.subject import Subject
from campaigns.services.limit_passes import Limits
from campaigns.services.programs import Runnable
from campaigns.storage.queries.batch_reads import Subscribed
from campaigns.storage.queries.bulk import Native
from campaigns.storage.queries.open_executions import Open

_NOWHERE: set[str] = set()
_NOTHING: dict[str, Any] = {}
Pairs = dict[str, list[tuple[PreparedTrigger, Subscribed]]]


def visit_of(event: Event | None) -> str:
    """Return the session id that an event came with; empty without one."""
    found = (event.properties or {}).get("session") if event is not None else None
    return found if isinstance(found, str) else ""


@dataclass
class Known:
    """Everything a batch knows. `opened`: executions that an event or an exit may touch, or that have several tokens.

    `awaited`: the subscription types that some execution may wait for; `live`: by workflow the live version of those
    that a section may start, None while inactive.
    """

    now: datetime
    native: Native
    programs: dict[Any, Runnable]
    subscriptions: list[Subscribed]
    subjects: dict[Any, Subject]
    enrolments: dict[tuple[Any, Any], Enrolment] = field(default_factory=dict)
    workflows: dict[Any, set[str]] = field(default_factory=dict)
    active_totals: dict[Any, int] = field(default_factory=dict)
    activity: dict[Any, list[tuple[str, datetime]]] = field(default_factory=dict)
    events: dict[Any, Event] = field(default_factory=dict)
    tenant_zone: tzinfo = UTC
    arrivals: dict[str, dict[Any, str]] | None = None
    awaited: frozenset[str] = frozenset()
    opened: dict[Any, Open] = field(default_factory=dict)
    live: dict[Any, Any] = field(default_factory=dict)
    user_ids: dict[str, Any] = field(default_factory=dict)
    members: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    hours: BusinessHours = field(default_factory=BusinessHours)
    visits: dict[str, dict[str, Any]] = field(default_factory=dict)  # their data, by session id
    limits: Limits = field(default_factory=Limits)

    def triggers(self, *modes: str) -> Pairs:
        """Return the triggers that listen in one of these modes, by subscription type."""
        found: Pairs = defaultdict(list)
        for subscribed in self.subscriptions:
            if subscribed.mode in modes:
                runnable = self.programs.get(subscribed.version_id)
                trigger = runnable.program.triggers.get(subscribed.trigger_id) if runnable else None
                if trigger is not None:
                    found[subscribed.event_type].append((trigger, subscribed))
        return found

    @property
    def revisits(self) -> bool:
        """Whether an execution that this batch has written may be touched by it again."""
        exits = any(runnable.program.data.exits for runnable in self.programs.values())
        return exits or bool(self.awaited or self.opened) or any(s.mode != "start" for s in self.subscriptions)

    def context(
        self, subject: Subject | None, event: Event | None, runnable: Runnable, state: dict[str, Any] | None = None
    ) -> Context:
        """Return what an execution of a program may look at now."""
        made = Context(
            subject,
            now=self.now,
            event=self.values(event),
            state=state if state is not None else {},
            before=before_of(event.changes) if event is not None else None,
            workflows=self.workflows.get(subject.id, _NOWHERE) if subject is not None else _NOWHERE,
            activity=self._activity(subject),
            time_zone=self._zone(subject, runnable),
            tenant_zone=self.tenant_zone,
            arrivals=self.arrivals,
            members=self.members,
            hours=self.hours,
            session=self.visits.get(visit_of(event)) if self.visits else None,
        )
        if runnable.program.data.limits:
            made.limiter = partial(self.limits.ask, runnable.program.workflow_id)
        return made

    def values(self, event: Event | None) -> dict[str, Any]:
        """Return an event as conditions and templates see it."""
        if event is None:
            return _NOTHING
        if not event.view:
            event.view = event.as_values(self.native.text(event.id))
        return event.view

    def event(self, event_id: str | None, otherwise: Any) -> Event | None:
        """Return the event that woke a token, by its id in text, or the one that started its execution."""
        return self.events.get(self.native.id(UUID(event_id)) if event_id is not None else otherwise)

    def _activity(self, subject: Subject | None) -> Callable[[str, datetime | None], int]:
        if subject is None or subject.id not in self.activity:
            return no_activity
        happened = self.activity[subject.id]
        return lambda name, since: sum(1 for n, at in happened if n == name and (since is None or at >= since))

    def _zone(self, subject: Subject | None, runnable: Runnable) -> tzinfo:
        lead = subject.values if subject is not None else None
        return workflow_zone(runnable.program.rules.time_zone, lead, self.tenant_zone)
