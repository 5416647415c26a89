"""Simulating a workflow on leads as they are, or on what has happened: walked in virtual time, nothing written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from campaigns.engine.compiling import compile_program
from campaigns.engine.document import Document, walk, walk_triggers
from campaigns.engine.events import RECEIVED, Event, before_of, heard_as
from campaigns.engine.kinds import Kinds
from campaigns.engine.limits import Counters
from campaigns.engine.matching import first_match
from campaigns.engine.program import Program
from campaigns.engine.simulate import Around, Happening, Path, simulate
from campaigns.engine.subject import Subject
from campaigns.engine.validation import find_problems, parse
from campaigns.errors import Invalid, NotFound, Problem
from campaigns.sections.registry import kinds as installed_kinds
from campaigns.services.batch_known import Known
from campaigns.services.drafts import get_draft, types_in
from campaigns.services.programs import Runnable
from campaigns.services.versions import get_version
from campaigns.services.vocabulary import load_vocabulary
from campaigns.storage.models import Event as EventRow
from campaigns.storage.models import Lead
from campaigns.storage.queries import batch_reads as reads
from campaigns.storage.queries.bulk import Native
from campaigns.storage.transaction import TenantSession

MOST_LEADS = 10_000
MOST_DAYS = 90
MOST_PATHS = 100  # told one by one; all are counted
AT_ONCE = 1000  # leads that are looked at together


@dataclass(frozen=True, slots=True)
class Asked:
    """What to simulate: exactly one of a lead, a sample of so many, or the events of so many days."""

    lead: UUID | None = None
    sample: int | None = None
    days: int | None = None
    version: int | None = None
    event: dict[str, Any] | None = None


@dataclass
class Simulated:
    """What came of it: how many leads went in, the steps at each section, the ways of the first of them."""

    types: dict[str, str]
    leads: int = 0
    sections: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    paths: list[Path] = field(default_factory=list)
    counters: Counters = field(default_factory=Counters)  # of limits: begun with this simulation, shared by its leads

    def add(self, path: Path) -> None:
        self.leads += 1
        self.sections.update(section for section, outcome, _, _ in path.steps if outcome != "waiting")
        self.statuses[path.status] += 1
        if len(self.paths) < MOST_PATHS:
            self.paths.append(path)


def run_simulation(session: TenantSession, key: str, asked: Asked, *, kinds: Kinds | None = None) -> Simulated:
    """Simulate a draft, or a version; raise Invalid with problems by path when it could not run."""
    known = kinds or installed_kinds()
    raw = get_version(session, key, asked.version).document if asked.version else get_draft(session, key).document
    document = parse(raw, known, known_before=types_in(raw))
    vocabulary = load_vocabulary(session)
    problems = find_problems(document, known, vocabulary)
    if problems:
        raise Invalid("The workflow can't be simulated yet.", problems=problems)
    program = compile_program(document, known, vocabulary)
    found = Simulated(_types(document))
    if asked.days is not None:
        _replay(session, program, asked.days, found)
        return found
    subjects = _subjects(session, program, _chosen(session, asked))
    if asked.lead is not None and not subjects:
        raise NotFound("There is no such lead.")
    for subject in subjects:
        start = _made_up(session, program, asked.event)
        found.add(simulate(program, subject, start, around=Around(tenant_zone(session)), counters=found.counters))
    return found


def describe(found: Simulated) -> dict[str, Any]:
    """Return a simulation as the API answers it."""
    return {
        "leads": found.leads,
        "sections": dict(sorted(found.sections.items())),
        "statuses": dict(found.statuses),
        "paths": [
            {
                "lead": path.lead,
                "status": path.status,
                "reason": path.reason,
                "steps": [
                    {"section": s, "type": found.types.get(s), "outcome": outcome, "at": at, "receipt": receipt or {}}
                    for s, outcome, at, receipt in path.steps
                ],
                "ends_at": path.ends_at,
            }
            for path in found.paths
        ],
    }


def _chosen(session: TenantSession, asked: Asked) -> list[UUID]:
    if asked.lead is not None:
        return [asked.lead]
    count = asked.sample or 0
    return list(session.scalars(select(Lead.id).order_by(Lead.updated_at.desc(), Lead.id).limit(count)))


def _subjects(session: TenantSession, program: Program, lead_ids: Sequence[Any]) -> list[Subject]:
    """Return the leads as they are, with all that the program looks at."""
    connection = session.connection()
    native = Native(connection)
    tenant, data = native.id(session.tenant_id), program.data
    keys = [native.id(lead_id) for lead_id in lead_ids]
    found = reads.subjects(connection, tenant, keys, reads.names(connection, tenant), lock=False)
    if data.lists:
        reads.fill_lists(connection, tenant, found, reads.list_ids(connection, tenant, sorted(data.lists)))
    if data.tags:
        reads.fill_tags(connection, tenant, found)
    subjects = [found[key] for key in keys if key in found]
    for subject in subjects:
        subject.id = native.uuid(subject.id)
    return subjects


def _made_up(session: TenantSession, program: Program, event: Mapping[str, Any] | None) -> Happening:
    """Return the event that starts a lead: the one given, or one of the first trigger's type."""
    first = next(iter(program.triggers.values()), None)
    name = str((event or {}).get("name") or (first.type if first is not None else "manual"))
    properties = dict((event or {}).get("properties") or {})
    values = {**properties, "name": name, "occurred_at": session.now, "properties": properties, "changes": {}}
    return Happening(session.now, (RECEIVED + name,), values)


def _replay(session: TenantSession, program: Program, days: int, found: Simulated) -> None:
    """Go through what has happened of late, lead by lead: the first event that a trigger wants starts it."""
    zone = tenant_zone(session)
    starting = [trigger for trigger in program.triggers.values() if trigger.mode == "start"]
    known, native = _known(session, zone), Native(session.connection())
    runnable = Runnable(program, {})
    for events in _recorded(session, days):
        for subject in _subjects(session, program, list(events)):
            happened = events[native.id(subject.id)]
            for index, event in enumerate(happened):
                types = set(heard_as(event.name, event.changes))
                wanted = [trigger for trigger in starting if trigger.event_type in types]
                if wanted and first_match(wanted, known.context(subject, event, runnable)) is not None:
                    later = [_happening(known, one) for one in happened[index + 1 :]]
                    start = _happening(known, event)
                    path = simulate(program, subject, start, later=later, around=Around(zone), counters=found.counters)
                    found.add(path)
                    break


def _recorded(session: TenantSession, days: int) -> Iterator[dict[Any, list[Event]]]:
    """Yield what has happened to leads within so many days, by lead, oldest first; a thousand leads at a time."""
    recent = (EventRow.tenant_id == session.tenant_id, EventRow.occurred_at >= session.now - timedelta(days=days))
    leads = select(EventRow.lead_id).where(*recent, EventRow.lead_id.is_not(None)).distinct()
    lead_ids = session.scalars(leads.order_by(EventRow.lead_id).limit(MOST_LEADS)).all()
    native = Native(session.connection())
    for start in range(0, len(lead_ids), AT_ONCE):
        events: dict[Any, list[Event]] = {}
        rows = session.execute(
            select(EventRow.__table__)
            .where(*recent, EventRow.lead_id.in_(lead_ids[start : start + AT_ONCE]))
            .order_by(EventRow.occurred_at, EventRow.id)
        )
        for row in rows:
            event = Event(
                native.id(row.id), row.name, row.lead_id, row.occurred_at, row.received_at,
                source=row.source, changes=row.changes, properties=row.properties,
            )  # fmt: skip
            events.setdefault(native.id(row.lead_id), []).append(event)
        yield events


def _happening(known: Known, event: Event) -> Happening:
    types = heard_as(event.name, event.changes)
    return Happening(event.occurred_at, types, known.values(event), before_of(event.changes))


def _known(session: TenantSession, zone: ZoneInfo) -> Known:
    native = Native(session.connection())
    return Known(now=session.now, native=native, programs={}, subscriptions=[], subjects={}, tenant_zone=zone)


def tenant_zone(session: TenantSession) -> ZoneInfo:
    """Return the clock of the tenant."""
    native = Native(session.connection())
    return ZoneInfo(reads.surroundings(session.connection(), native.id(session.tenant_id))[0])


def _types(document: Document) -> dict[str, str]:
    sections = {item.id: item.type for item, _, _ in walk(document.sections)}
    return sections | {trigger.id: trigger.type for trigger, _ in walk_triggers(document)}


def check(asked: Asked) -> Asked:
    """Return what was asked for; raise Invalid unless it is one of the three, and not too much."""
    given = [name for name in ("lead", "sample", "days") if getattr(asked, name) is not None]
    if len(given) != 1:
        raise Invalid(problems=[Problem("", "send exactly one of lead, sample and days")])
    if asked.sample is not None and not 1 <= asked.sample <= MOST_LEADS:
        raise Invalid(problems=[Problem("/sample", f"is a number from 1 to {MOST_LEADS}")])
    if asked.days is not None and not 1 <= asked.days <= MOST_DAYS:
        raise Invalid(problems=[Problem("/days", f"is a number from 1 to {MOST_DAYS}")])
    return asked
