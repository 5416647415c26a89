"""Why a lead did not enter workflows: computed again from its last events and the triggers that listen now.

A filter that does not hold leaves no row, so the engine is asked once more, with the lead as it is today.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from campaigns.engine.business_hours import read_hours
from campaigns.engine.conditions import Verdict
from campaigns.engine.events import LANES, Event, event_types
from campaigns.engine.kinds import Kinds, Vocabulary
from campaigns.engine.program import PreparedTrigger
from campaigns.services.batch_known import Known
from campaigns.services.batch_reading import fill_sight
from campaigns.services.programs import ProgramCache
from campaigns.services.timeline_words import event_words, receipt_words
from campaigns.services.vocabulary import load_vocabulary
from campaigns.storage.models import Event as EventRow
from campaigns.storage.models import Import, PendingEvent
from campaigns.storage.queries import batch_reads as reads
from campaigns.storage.queries.batch_reads import Subscribed
from campaigns.storage.queries.bulk import Native
from campaigns.storage.queries.due import shard_of
from campaigns.storage.transaction import TenantSession

LOOKED_AT = 50  # the last events of a lead
WAITS = "what happened to this lead is still being worked on"
_EARLY, _SILENT, _SETTINGS, _FILTER, _FITS = range(5)  # how far an event came on its way into a workflow


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not, as the end of a sentence; `at` is when the event happened that it is about."""

    text: str
    at: datetime | None = None


def why_not(
    session: TenantSession, lead_id: UUID, workflow_ids: Sequence[UUID], *, programs: ProgramCache, kinds: Kinds
) -> dict[UUID, Reason]:
    """Return for each of these active workflows why the lead is not in it, with the same few queries for all."""
    if not workflow_ids:
        return {}
    latest = select(EventRow.id).where(EventRow.lead_id == lead_id).order_by(EventRow.id.desc()).limit(LOOKED_AT)
    event_ids = list(session.scalars(latest))
    if _is_waiting(session, lead_id, event_ids):
        return dict.fromkeys(workflow_ids, Reason(WAITS))
    seen = _see(session, lead_id, event_ids, workflow_ids, programs)
    native, asked = seen.known.native, _Asked(seen, load_vocabulary(session), kinds)
    return {workflow_id: asked.why(native.id(workflow_id)) for workflow_id in workflow_ids}


@dataclass(slots=True)
class _Seen:
    """What the engine is asked with. `silent`: by its id, the file of each import whose workflows were switched off."""

    known: Known
    lead: Any
    events: list[Event]  # the newest first
    silent: dict[Any, str] = field(default_factory=dict)


def _is_waiting(session: TenantSession, lead_id: UUID, event_ids: Sequence[UUID]) -> bool:
    mine = (PendingEvent.tenant_id == session.tenant_id, PendingEvent.shard == shard_of(lead_id))
    there = select(PendingEvent.event_id).where(*mine, PendingEvent.lane.in_(range(len(LANES))))
    return session.scalar(there.where(PendingEvent.event_id.in_(event_ids)).limit(1)) is not None


def _see(
    session: TenantSession,
    lead_id: UUID,
    event_ids: Sequence[UUID],
    workflow_ids: Sequence[UUID],
    programs: ProgramCache,
) -> _Seen:
    connection = session.connection()
    native = Native(connection)
    tenant, lead, wanted = native.id(session.tenant_id), native.id(lead_id), set(map(native.id, workflow_ids))
    listening = [
        one for one in reads.subscriptions(connection, tenant, lock=False)
        if one.mode == "start" and one.workflow_id in wanted
    ]  # fmt: skip
    found = programs.get(connection, tenant, {one.version_id for one in listening})
    zone, settings, _ = reads.surroundings(connection, tenant)
    names = reads.names(connection, tenant)
    known = Known(
        now=session.now,
        native=native,
        programs=found,
        subscriptions=listening,
        subjects=reads.subjects(connection, tenant, [lead], names, lock=False),
        tenant_zone=ZoneInfo(zone),
        hours=read_hours(settings.get("business_hours")),
    )
    events = reads.events_by_id(connection, tenant, [native.id(event_id) for event_id in event_ids])
    fill_sight(connection, tenant, known, [runnable.program.data for runnable in found.values()], events.values())
    ordered = sorted(events.values(), key=lambda event: event.id, reverse=True)
    return _Seen(known, lead, ordered, _silent_imports(session, ordered))


def _silent_imports(session: TenantSession, events: Sequence[Event]) -> dict[Any, str]:
    native = Native(session.connection())
    ids = {event.source_id for event in events if event.source == "import" and event.source_id is not None}
    if not ids:
        return {}
    rows = session.scalars(select(Import).where(Import.id.in_(sorted(map(native.uuid, ids)))))
    return {native.id(row.id): row.file_name for row in rows if not row.options.get("start_workflows", True)}


@dataclass(slots=True)
class _Asked:
    """Asks the engine about one workflow after the other, and says what the event that came furthest met."""

    seen: _Seen
    vocabulary: Vocabulary
    kinds: Kinds

    def why(self, workflow_id: Any) -> Reason:
        listening = list(self._triggers(workflow_id))
        if not listening:
            return Reason("it is started by hand, by the API or by another workflow; no event starts it")
        furthest, best = -1, self._unheard(trigger for trigger, _ in listening)
        for event in self.seen.events:
            for trigger, subscribed in listening:
                stage, reason = self._met(event, trigger, subscribed) or (-1, best)
                if stage > furthest:
                    furthest, best = stage, reason
        return best

    def _triggers(self, workflow_id: Any) -> Iterator[tuple[PreparedTrigger, Subscribed]]:
        for pairs in self.seen.known.triggers("start").values():
            yield from (pair for pair in pairs if pair[1].workflow_id == workflow_id)

    def _unheard(self, triggers: Iterator[PreparedTrigger]) -> Reason:
        for event in self.seen.events:
            if event.name == "lead.created" and event.source_id in self.seen.silent:
                return self._by_import(event)
        named = " or ".join(dict.fromkeys(f"“{self._label(trigger)}”" for trigger in triggers))
        return Reason(f"it starts by {named}, and nothing of that kind happened to this lead")

    def _met(self, event: Event, trigger: PreparedTrigger, subscribed: Subscribed) -> tuple[int, Reason] | None:
        """Return how far an event came by a trigger, and what it met there; None for one of another kind."""
        types = event_types(event.name, event.changes)
        if trigger.event_type not in types or not event.is_for(subscribed.workflow_id, subscribed.trigger_id):
            return None
        if event.source_id in self.seen.silent:
            return _SILENT, self._by_import(event)
        if event.received_at < subscribed.since:
            return _EARLY, self._about(event, "happened before the workflow began to listen")
        return self._judged(event, trigger, subscribed)

    def _judged(self, event: Event, trigger: PreparedTrigger, subscribed: Subscribed) -> tuple[int, Reason]:
        known, named = self.seen.known, f"the trigger “{self._label(trigger)}”"
        context = known.context(known.subjects.get(self.seen.lead), event, known.programs[subscribed.version_id])
        matched = trigger.match(context)
        if not matched:
            return _SETTINGS, self._about(event, f"is not what {named} is set to{_because(matched)}")
        held = trigger.filter(context) if trigger.filter is not None else None
        if held is not None and not held:
            return _FILTER, self._about(event, f"reached {named}, but its filter does not hold{_because(held)}")
        return _FITS, self._about(event, f"fits {named} today; when it happened, it did not")

    def _by_import(self, event: Event) -> Reason:
        name = self.seen.silent[event.source_id]
        return Reason(f"the import of {name} brought it in with workflows switched off", event.occurred_at)

    def _about(self, event: Event, text: str) -> Reason:
        words = event_words(event.name, event.changes, event.source, self.vocabulary)
        return Reason(f"“{words}” {text}", event.occurred_at)

    def _label(self, trigger: PreparedTrigger) -> str:
        kind = self.kinds.get(trigger.type)
        return kind.label if kind is not None else trigger.type


def _because(verdict: Any) -> str:
    words = receipt_words(verdict.receipt) if isinstance(verdict, Verdict) else ""
    return f": {words}" if words else ""
