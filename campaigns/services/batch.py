"""One batch, decided in memory: which events start what, how each execution walks, and what has to be written.

Reads nothing and writes nothing itself: `Batch` gets what `storage.queries.batch_reads` brought, and fills `Writes`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from campaigns.engine.advance import MOVED, Advance, advance, failed
from campaigns.engine.context import Context, no_activity
from campaigns.engine.events import Event, before_of, change_name, event_types
from campaigns.engine.matching import Enrolment, first_match, refusal, refusal_text
from campaigns.engine.program import PreparedTrigger
from campaigns.engine.subject import Subject
from campaigns.services.programs import Runnable
from campaigns.storage.queries.batch_reads import Resume, Subscribed
from campaigns.storage.queries.batch_writes import Writes
from campaigns.storage.queries.bulk import Ids, Native

_ENDED = {"finished", "stopped", "cancelled"}
_NOWHERE: set[str] = set()
_COUNT_OF = {"waiting": 0, "failed": 2}  # which of a section's counts an outcome raises; any other: passed


@dataclass(frozen=True, slots=True)
class _Walk:
    """One walk of one execution, and where its rows belong."""

    execution_id: Any
    workflow_id: Any
    runnable: Runnable
    result: Advance
    subject: Subject | None
    hop: int
    shard: int


@dataclass
class Known:
    """Everything a batch knows: the leads, the programs, the rules' rows."""

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


class Batch:
    """Decides a batch. `start` and `resume` are called in order; `writes` then holds all of it."""

    def __init__(self, known: Known, *, poison: str | None = None) -> None:
        """`poison`: what went wrong when this one item was written; its executions fail with that reason."""
        self.known = known
        self.poison = poison
        self.writes = Writes()
        self.moving: dict[Subject, int] = {}  # leads that leave the tenant, with the hop of what sends them
        self.listened = {subscribed.event_type for subscribed in known.subscriptions}
        self._triggers = self._triggers_by_type()
        self._now = known.native.moment(known.now)
        self._ids = Ids(known.native)

    def start(self, event: Event) -> None:
        """Match one pending event and run what it starts."""
        self.writes.pending_gone.add((event.shard, event.lane, event.id))
        subject = self.known.subjects.get(event.lead_id)
        if subject is None:
            return  # erased or moved since, or an event without a lead
        wanted: dict[Any, list[tuple[PreparedTrigger, Subscribed]]] = {}
        for kind in event_types(event.name, event.changes):
            for pair in self._triggers.get(kind, ()):
                if pair[1].since <= event.received_at and event.is_for(pair[1].workflow_id, pair[1].trigger_id):
                    wanted.setdefault(pair[1].version_id, []).append(pair)
        for version_id, pairs in wanted.items():
            if subject.moved_to is not None:
                return
            context = self._context(subject, event, self.known.programs[version_id])
            trigger = first_match([trigger for trigger, _ in pairs], context)
            if trigger is not None:
                self._enter(version_id, trigger.id, event, context)

    def resume(self, token: Resume) -> None:
        """Go on with an execution whose time has come."""
        runnable = self.known.programs[token.version_id]
        subject = self.known.subjects.get(token.lead_id)
        event = self.known.events.get(token.event_id)
        context = self._context(subject, event, runnable, token.state)
        self.writes.tokens_gone.add((token.execution_id, token.number))
        rules = runnable.program.rules
        if subject is not None and subject.moved_to is not None:
            result = Advance(token.steps, token.state)
            result.status, result.reason = "stopped", MOVED
        elif rules.keep_while is not None and not rules.keep_while(context).truth:
            result = Advance(token.steps, token.state)
            result.status, result.reason = "stopped", "keep_while"
        else:
            result = self._walk(runnable, context, token.section, number=token.steps, resuming=token.entered)
        if token.entered:
            self._count(token.version_id, token.section, waiting=-1)
        json = self.known.native.json
        ended = self._now if result.status in _ENDED else None
        self.writes.moved.add(
            (
                token.execution_id,
                token.steps,
                result.status,
                result.reason,
                result.next_number,
                json(result.state) if result.state else None,
                ended,
            )
        )
        self._record(_Walk(token.execution_id, token.workflow_id, runnable, result, subject, token.hop, token.shard))
        self._close(token.workflow_id, token.lead_id, result.status)

    def _walk(
        self, runnable: Runnable, context: Context, section: str = "", *, number: int = 0, resuming: bool = False
    ) -> Advance:
        reason = self.poison or runnable.broken
        if reason is None:
            return advance(runnable.program, context, section=section, number=number, resuming=resuming)
        return failed(Advance(number, context.state), section, reason)

    def _enter(self, version_id: Any, trigger_id: str, event: Event, context: Context) -> None:
        runnable = self.known.programs[version_id]
        program, subject = runnable.program, context.subject
        if subject is None:
            return
        workflow_id = program.workflow_id
        enrolment = self.known.enrolments.setdefault((workflow_id, subject.id), Enrolment())
        limit = refusal(program.rules, enrolment, context, hop=event.hop) or self._over_total(workflow_id, runnable)
        if limit is not None:
            self._refuse(workflow_id, subject.id, event, limit)
            return
        result = self._walk(runnable, context)
        execution_id = self._ids.next()
        json = self.known.native.json
        ended = self._now if result.status in _ENDED else None
        place = (workflow_id, version_id, subject.id, event.id, trigger_id)
        state = json(result.state) if result.state else None
        reached = (result.status, result.reason, event.hop, event.lane, result.next_number, state, ended)
        self.writes.executions.add((execution_id, *place, *reached))
        self._record(_Walk(execution_id, workflow_id, runnable, result, subject, event.hop, event.shard))
        self._open(workflow_id, subject.id, enrolment, result.status)
        if event.source == "import" and event.source_id is not None:
            self.writes.imports[event.source_id] += 1

    def _record(self, walk: _Walk) -> None:
        """Collect the rows of one walk: steps, counts, the events of its changes, mails, notes, where it rests."""
        json, result, subject = self.known.native.json, walk.result, walk.subject
        counts, steps, version_id = self.writes.counts, self.writes.steps, walk.runnable.program.version_id
        for number, section, outcome, receipt in result.steps:
            steps.add((walk.execution_id, number, section, outcome, json(receipt) if receipt is not None else None))
            counts[version_id, section][_COUNT_OF.get(outcome, 1)] += 1
        if subject is not None:
            if subject.moved_to is not None:
                self.moving.setdefault(subject, walk.hop)
            if result.changes:
                self._events_of(walk, subject)
            if result.outside:
                self._mails_of(walk, subject)
            if subject.notes:
                self._notes_of(walk, subject)
        if result.status in {"waiting", "failed"}:
            wake = self.known.native.moment(result.wake_at) if result.wake_at is not None else None
            data = '{"entered": true}' if result.entered else None
            self.writes.tokens.add((walk.execution_id, 0, walk.workflow_id, result.section, walk.shard, wake, data))

    def _events_of(self, walk: _Walk, subject: Subject) -> None:
        json = self.known.native.json
        for _number, changes in walk.result.changes:
            event_id, name = self._ids.next(), change_name(changes)
            self.writes.events.add((event_id, name, subject.id, walk.hop + 1, walk.execution_id, json(changes)))
            if not self.listened.isdisjoint(event_types(name, changes)):
                self.writes.pending.add((walk.shard, 1, event_id))

    def _mails_of(self, walk: _Walk, subject: Subject) -> None:
        native = self.known.native
        values, email = native.json({"state": walk.result.state}), subject.values["email"]
        for number, section, effect in walk.result.outside:
            message_id = self._ids.next()
            template = walk.runnable.templates[effect.template]
            place = (subject.id, walk.execution_id, section, number)
            key = native.uuid(message_id).hex
            self.writes.messages.add((message_id, key, *place, template, effect.message_class, email, values))
            self.writes.outbox.add((message_id, walk.shard))

    def _notes_of(self, walk: _Walk, subject: Subject) -> None:
        for text in subject.notes:
            self.writes.notes.add((self._ids.next(), subject.id, text, "", walk.execution_id))
        subject.notes.clear()

    def _open(self, workflow_id: Any, lead_id: Any, enrolment: Enrolment, status: str) -> None:
        holds = 1 if status == "waiting" else 0
        enrolment.active += holds
        enrolment.ever += 1
        enrolment.last_started = self.known.now
        change = self.writes.enrolments.setdefault((workflow_id, lead_id), [0, 0, None])
        change[0] += holds
        change[1] += 1
        change[2] = self._now
        totals = self.writes.totals[workflow_id]
        totals["started"] += 1
        totals["active"] += holds
        if status != "waiting":
            totals[status] += 1
        if workflow_id in self.known.active_totals:
            self.known.active_totals[workflow_id] += holds

    def _close(self, workflow_id: Any, lead_id: Any, status: str) -> None:
        """Give back the slot of an execution that went on and does not wait any more."""
        if status == "waiting":
            return
        if lead_id is not None:
            known = self.known.enrolments.setdefault((workflow_id, lead_id), Enrolment(active=1))
            known.active -= 1
            self.writes.enrolments.setdefault((workflow_id, lead_id), [0, 0, None])[0] -= 1
        totals = self.writes.totals[workflow_id]
        totals["active"] -= 1
        totals[status] += 1

    def _over_total(self, workflow_id: Any, runnable: Runnable) -> str | None:
        most = runnable.program.rules.active_total
        return "active_total" if most and self.known.active_totals.get(workflow_id, 0) >= most else None

    def _refuse(self, workflow_id: Any, lead_id: Any, event: Event, limit: str) -> None:
        self.writes.refusals.add((self._ids.next(), workflow_id, lead_id, event.id, limit, refusal_text(limit)))
        self.writes.totals[workflow_id]["refused"] += 1

    def _count(self, version_id: Any, section: str, *, waiting: int) -> None:
        self.writes.counts[version_id, section][0] += waiting

    def _triggers_by_type(self) -> dict[str, list[tuple[PreparedTrigger, Subscribed]]]:
        found: dict[str, list[tuple[PreparedTrigger, Subscribed]]] = defaultdict(list)
        for subscribed in self.known.subscriptions:
            runnable = self.known.programs.get(subscribed.version_id)
            trigger = runnable.program.triggers.get(subscribed.trigger_id) if runnable else None
            if trigger is not None and subscribed.mode == "start":
                found[subscribed.event_type].append((trigger, subscribed))
        return found

    def _context(
        self, subject: Subject | None, event: Event | None, runnable: Runnable, state: dict[str, Any] | None = None
    ) -> Context:
        return Context(
            subject,
            now=self.known.now,
            event=_values_of(event),
            state=state if state is not None else {},
            before=before_of(event.changes) if event is not None else None,
            workflows=self.known.workflows.get(subject.id, _NOWHERE) if subject is not None else _NOWHERE,
            activity=self._activity(subject),
            time_zone=self._zone(subject, runnable),
            tenant_zone=self.known.tenant_zone,
            arrivals=self.known.arrivals,
        )

    def _activity(self, subject: Subject | None) -> Callable[[str, datetime | None], int]:
        if subject is None or subject.id not in self.known.activity:
            return no_activity
        happened = self.known.activity[subject.id]
        return lambda name, since: sum(1 for n, at in happened if n == name and (since is None or at >= since))

    def _zone(self, subject: Subject | None, runnable: Runnable) -> tzinfo:
        """The workflow's zone: the lead's own (its field `time_zone`), else the tenant's; or a named one."""
        wanted = runnable.program.rules.time_zone
        if wanted == "tenant":
            return self.known.tenant_zone
        name = subject.values.get("time_zone") if wanted == "lead" and subject is not None else wanted
        if not name or name == "lead":
            return self.known.tenant_zone
        try:
            return ZoneInfo(str(name))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return self.known.tenant_zone


def _values_of(event: Event | None) -> dict[str, Any]:
    if event is None:
        return {}
    if not event.view:
        event.view = event.as_values()
    return event.view
