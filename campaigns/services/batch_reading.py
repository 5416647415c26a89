"""Reading everything that a batch needs: one statement a kind, whatever the number of leads."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from campaigns.engine.business_hours import read_hours
from campaigns.engine.events import Event
from campaigns.engine.matching import Enrolment
from campaigns.engine.program import Data
from campaigns.services.batch_items import Items
from campaigns.services.batch_known import Known, visit_of
from campaigns.services.lead_moves import find_arrivals
from campaigns.services.limit_passes import read_limits, unchanged
from campaigns.services.programs import ProgramCache, Runnable
from campaigns.storage.queries import batch_reads as reads
from campaigns.storage.queries import open_executions as opened
from campaigns.storage.queries.batch_reads import Names, Subscribed
from campaigns.storage.queries.batch_writes import Conflict
from campaigns.storage.queries.bulk import Native
from campaigns.storage.queries.notified import members_of
from campaigns.storage.queries.open_executions import Open
from campaigns.storage.queries.visits import visits_of
from campaigns.storage.transaction import Store, present

Programs = dict[Any, Runnable]
Slots = tuple[dict[tuple[Any, Any], tuple[int, int]], dict[Any, int]]  # by (workflow, lead); by limited workflow


@dataclass(frozen=True, slots=True)
class Read:
    """What was read for a batch; `lists` are the ids of the lists that its programs name, by key.

    `slots`: what the limits of what may start were decided on.
    """

    tenant: Any
    names: Names
    known: Known
    lists: dict[str, Any]
    slots: Slots


def read(store: Store, connection: Connection, tenant_id: UUID, items: Items, programs: ProgramCache) -> Read:
    """Read everything the items need."""
    native = Native(connection)
    tenant = native.id(tenant_id)
    names = reads.names(connection, tenant)
    subscriptions = reads.subscriptions(connection, tenant)
    versions = {s.version_id for s in subscriptions} | {token.version_id for token in items.tokens}
    found = programs.get(connection, tenant, versions)
    lead_ids = items.lead_ids()
    subjects = reads.subjects(connection, tenant, lead_ids, names)
    zone, settings, awaited = reads.surroundings(connection, tenant)
    open_ones = _open(connection, tenant, items, found, subscriptions, waits=bool(awaited))
    live = _live(connection, tenant, found)
    more = {one.version_id for one in open_ones.values()} | {v for v in live.values() if v is not None}
    found |= programs.get(connection, tenant, more - set(found))
    looking = [token for token in items.tokens if found[token.version_id].program.data.event]
    woken = (token.opened() for token in looking if "event" in token.data)
    started_by = opened.event_ids([*open_ones.values(), *woken], native)
    started_by |= {token.event_id for token in looking if token.event_id is not None}
    known = Known(
        now=present(store, connection),
        native=native,
        programs=found,
        subscriptions=subscriptions,
        subjects=subjects,
        enrolments=reads.enrolments(connection, tenant, lead_ids, [p.program.workflow_id for p in found.values()]),
        events=reads.events_by_id(connection, tenant, sorted(started_by)),
        tenant_zone=ZoneInfo(zone),
        hours=read_hours(settings.get("business_hours")),
        awaited=awaited,
        opened=open_ones,
        live=live,
        user_ids=names.user_ids,
    )
    lists = _fill(connection, tenant_id, known, list(found.values()), items)
    known.limits = read_limits(connection, tenant, items.tokens, now=known.now)
    return Read(tenant, names, known, lists, (_taken(known.enrolments, subjects), dict(known.active_totals)))


def check_unchanged(connection: Connection, before: Read) -> None:
    """On SQLite a batch is decided on a snapshot: raise Conflict unless it still holds."""
    revisions = {lead_id: subject.revision for lead_id, subject in before.known.subjects.items()}
    if reads.revisions(connection, before.tenant, list(revisions)) != revisions:
        raise Conflict
    if reads.subscriptions(connection, before.tenant) != before.known.subscriptions:
        raise Conflict
    if _slots(connection, before, before.known.subjects) != before.slots:
        raise Conflict
    if not unchanged(connection, before.tenant, before.known.limits):
        raise Conflict


def _slots(connection: Connection, before: Read, lead_ids: Collection[Any]) -> Slots:
    """Return the slots as they are now: somebody may have started by hand what a batch is about to start."""
    workflow_ids = [runnable.program.workflow_id for runnable in before.known.programs.values()]
    enrolments = reads.enrolments(connection, before.tenant, list(lead_ids), workflow_ids)
    limited = list(before.slots[1])
    totals = dict.fromkeys(limited, 0) | reads.active_totals(connection, before.tenant, limited) if limited else {}
    return _taken(enrolments, lead_ids), totals


def _taken(
    enrolments: dict[tuple[Any, Any], Enrolment], lead_ids: Collection[Any]
) -> dict[tuple[Any, Any], tuple[int, int]]:
    return {place: (row.active, row.ever) for place, row in enrolments.items() if place[1] in lead_ids}


def _open(
    connection: Connection,
    tenant: Any,
    items: Items,
    programs: Programs,
    subscriptions: list[Subscribed],
    *,
    waits: bool,
) -> dict[Any, Open]:
    """Return the executions that something of this batch may touch besides the tokens that are due.

    Those with several tokens among them: what happens to one may concern the others.
    """
    leads = sorted({event.lead_id for event in items.events if event.lead_id is not None})
    wanted: set[Any] = set()
    if waits and leads:
        wanted.update(opened.waiting_of(connection, tenant, leads))
    ended = sorted({s.workflow_id for s in subscriptions if s.mode != "start"})
    if ended and leads:
        wanted.update(opened.of_leads(connection, tenant, leads, ended))
    if any(runnable.program.data.exits for runnable in programs.values()):
        wanted.update(opened.of_leads(connection, tenant, items.lead_ids(), ()))
    wanted |= {t.execution_id for t in items.tokens if programs[t.version_id].program.parallel}
    return opened.load(connection, tenant, wanted)


def _live(connection: Connection, tenant: Any, programs: Programs) -> dict[Any, Any]:
    """Return the live versions of the workflows that some section starts."""
    wanted = {r.workflows[key] for r in programs.values() for key in r.program.data.starts if key in r.workflows}
    return opened.live_versions(connection, tenant, sorted(wanted)) if wanted else {}


def _fill(
    connection: Connection, tenant_id: UUID, known: Known, programs: list[Runnable], items: Items
) -> dict[str, Any]:
    """Fetch what the programs read besides the leads' own fields; return the ids of the lists they name."""
    tenant, data = known.native.id(tenant_id), [runnable.program.data for runnable in programs]
    lists = fill_sight(connection, tenant, known, data, [*items.events, *known.events.values()])
    limited = [r.program.workflow_id for r in programs if r.program.rules.active_total]
    if limited:
        known.active_totals = dict.fromkeys(limited, 0) | reads.active_totals(connection, tenant, limited)
    known.members = members_of(connection, tenant_id, set().union(*(d.members for d in data)))
    known.arrivals = find_arrivals(connection, tenant_id, set().union(*(d.tenants for d in data)), known.subjects)
    return lists


def fill_sight(
    connection: Connection, tenant: Any, known: Known, data: list[Data], happened: Iterable[Event]
) -> dict[str, Any]:
    """Fetch what conditions look at besides the leads' own fields; return the ids of the lists they name."""
    lead_ids = sorted(known.subjects)
    lists = reads.list_ids(connection, tenant, sorted(set().union(*(d.lists for d in data)))) if data else {}
    if lists:
        reads.fill_lists(connection, tenant, known.subjects, lists)
    if any(d.tags for d in data):
        reads.fill_tags(connection, tenant, known.subjects)
    if any(d.workflows for d in data):
        known.workflows = reads.active_workflows(connection, tenant, lead_ids)
    wanted = sorted({name for d in data for name, _window in d.activity})
    if wanted:
        known.activity = reads.activity(connection, tenant, lead_ids, wanted)
    known.visits = visits_of(connection, tenant, {visit_of(event) for event in happened} - {""})
    return lists
