"""Looking for leads whose dates have been reached, and recording it: once for each lead, workflow and day.

There is no timer a lead. Each look takes the time since the last one, so what came while nothing ran is found by the
next; where it ended is kept with the subscription. A look reaches back a little before that, for changes that were
being committed meanwhile; what was told already is known by its key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from campaigns.engine.dates import DateSpec, Occurrence, days_between, next_look, occurrences
from campaigns.engine.events import DATE_REACHED
from campaigns.engine.kinds import Kinds
from campaigns.engine.moments import find_zone
from campaigns.errors import CampaignsError
from campaigns.services.intake import NewEvent, record_many
from campaigns.storage.models import Tenant
from campaigns.storage.queries import dates_reached as queries
from campaigns.storage.queries.dates_reached import Change, Held, Listening
from campaigns.storage.queries.due import SHARDS
from campaigns.storage.queries.enrolments import join_batches
from campaigns.storage.transaction import Store, TenantSession, reading, system, writing
from campaigns.tenancy import Tenancy

log = structlog.get_logger()
_AGAIN = timedelta(minutes=1)  # how far a look reaches back into the last one
_KEPT = timedelta(days=7)


def look(store: Store, kinds: Kinds) -> int:
    """Look for dates that have been reached in all tenants; return how many were told of. One bad tenant stops none."""
    with system(store) as session:
        tenants = session.scalars(select(Tenant.id)).all()
    count = 0
    for tenant_id in tenants:
        try:
            count += look_in(store, kinds, tenant_id)
        except (CampaignsError, SQLAlchemyError, ValueError):
            log.exception("dates_reached.failed", tenant=str(tenant_id))
    return count


def look_in(store: Store, kinds: Kinds, tenant_id: UUID) -> int:
    """Look in one tenant. Nothing is read of its leads while nothing can have been reached."""
    with reading(store, Tenancy(tenant_id)) as session:
        waiting = queries.listening(session)
        watches = list(_watches(session, waiting, kinds)) if waiting else []
        now = session.now
    return sum(_look(store, tenant_id, watch, now) for watch in watches if watch.is_time(now))


@dataclass(frozen=True, slots=True)
class Watch:
    """A trigger with what it waits for. `zone` is None when the leads' own zones count."""

    workflow_id: UUID
    trigger_id: str
    spec: DateSpec
    zone: tzinfo | None
    tenant_zone: tzinfo
    whole_days: bool
    since: datetime
    through: datetime

    def is_time(self, now: datetime) -> bool:
        return next_look(self.spec, after=self.through, zone=self.zone, whole_days=self.whole_days) <= now

    def reached(self, value: object, zone: str | None, until: datetime) -> Iterator[Occurrence]:
        """Yield what a lead that holds this date in this zone reached since the last look."""
        after = max(self.since, self.through - _AGAIN)
        return occurrences(self.spec, value, zone=self._zone_of(zone), after=after, until=until)

    def _zone_of(self, name: str | None) -> tzinfo:
        if self.zone is not None or not name:
            return self.zone or self.tenant_zone
        try:
            return find_zone(name)
        except ValueError:
            return self.tenant_zone


def _watches(session: TenantSession, waiting: Iterable[Listening], kinds: Kinds) -> Iterator[Watch]:
    name, types = queries.facts(session)
    tenant_zone = ZoneInfo(name)
    for one in waiting:
        spec = _spec_of(one, kinds)
        if spec is None:
            continue  # its type takes another form now: it starts nothing, as with every trigger
        zone = _zone(spec, one.document, tenant_zone, leads_have_zones="time_zone" in types)
        whole_days = types.get(spec.key) == "date"
        through = max(one.since, one.through or one.since)
        yield Watch(one.workflow_id, one.trigger_id, spec, zone, tenant_zone, whole_days, one.since, through)


def _spec_of(one: Listening, kinds: Kinds) -> DateSpec | None:
    trigger = next((t for t in one.document["triggers"] if t["id"] == one.trigger_id), None)
    if trigger is None or trigger["type"] not in kinds:
        return None
    try:
        config = kinds[trigger["type"]].model.model_validate(trigger.get("config", {}))
    except ValidationError:
        return None
    return config if isinstance(config, DateSpec) else None


def _zone(spec: DateSpec, document: dict[str, Any], tenant_zone: tzinfo, *, leads_have_zones: bool) -> tzinfo | None:
    """Return the zone that counts: "lead" is the workflow's, as for a delay: by default each lead's own."""
    name = spec.time_zone if spec.time_zone != "lead" else document.get("settings", {}).get("time_zone", "lead")
    if name == "lead":
        return None if leads_have_zones else tenant_zone
    return tenant_zone if name == "tenant" else find_zone(name)


def _look(store: Store, tenant_id: UUID, watch: Watch, now: datetime) -> int:
    days = days_between(watch.spec, max(watch.since, watch.through - _AGAIN), now)
    after, count = None, 0
    while True:
        with reading(store, Tenancy(tenant_id)) as session:
            found = queries.page(session, watch.spec.key, days, yearly=watch.spec.yearly, after=after)
        lead_ids = [one.lead_id for one in found if any(watch.reached(one.value, one.zone, now))]
        count += _tell(store, tenant_id, watch, lead_ids, now) if lead_ids else 0
        if len(found) < queries.PAGE:
            break
        after = found[-1].lead_id
    with writing(store, Tenancy(tenant_id)) as session:
        queries.advance(session, watch.workflow_id, watch.trigger_id, through=now)
        queries.forget(session, watch.workflow_id, before=(watch.through - _KEPT).date())
    return count


def _tell(store: Store, tenant_id: UUID, watch: Watch, lead_ids: Sequence[Any], now: datetime) -> int:
    """Record what a page of leads reached, in one transaction with the rows that say so."""
    with writing(store, Tenancy(tenant_id)) as session:
        join_batches(session, range(SHARDS))
        since = queries.lock(session, watch.workflow_id, watch.trigger_id)
        if since is None:
            return 0
        reached = [pair for pair in _reached(session, watch, lead_ids, now) if pair[1].at > since]
        known = _known(session, watch, reached)
        fresh = {(one.day.isoformat(), lead_id): one for lead_id, one in reached}
        fresh = {name: one for name, one in fresh.items() if name not in known}
        queries.tell(session, watch.workflow_id, watch.spec.key, list(fresh))
        events = [_event(watch, lead_id, one) for (_, lead_id), one in fresh.items()]
        record_many(session, events, source="system", source_id=watch.workflow_id, lane="timed")
    if fresh:
        log.info("dates_reached.told", tenant=str(tenant_id), trigger=watch.trigger_id, leads=len(fresh))
    return len(fresh)


def _reached(
    session: TenantSession, watch: Watch, lead_ids: Sequence[Any], now: datetime
) -> Iterator[tuple[Any, Occurrence]]:
    """Yield (lead, occurrence) by what the leads hold now, and held when the moment came."""
    holding = queries.held(session, watch.spec.key, lead_ids)
    earliest = max(watch.since, watch.through - _AGAIN)
    changes = queries.changes(session, watch.spec.key, lead_ids, since=earliest)
    for one in holding:
        for occurrence in watch.reached(one.value, one.zone, now):
            if _in_time(watch, one, changes.get(one.lead_id, ()), occurrence, now):
                yield one.lead_id, occurrence


def _in_time(watch: Watch, one: Held, changes: Sequence[Change], occurrence: Occurrence, now: datetime) -> bool:
    """Return whether the lead had the date when its moment came: what is entered late has passed it."""
    later = next((change for change in changes if change.at > occurrence.at), None)
    if later is None:
        return True
    return not later.fresh and any(then.at == occurrence.at for then in watch.reached(later.before, one.zone, now))


def _known(session: TenantSession, watch: Watch, reached: Sequence[tuple[Any, Occurrence]]) -> set[tuple[str, Any]]:
    days = sorted({one.day.isoformat() for _, one in reached})
    lead_ids = sorted({lead_id for lead_id, _ in reached})
    return queries.told(session, watch.workflow_id, watch.spec.key, days, lead_ids) if days else set()


def _event(watch: Watch, lead_id: Any, one: Occurrence) -> NewEvent:
    properties = {
        "field": watch.spec.key, "date": one.of.isoformat(), "years": one.years, "trigger": watch.trigger_id
    }  # fmt: skip
    return NewEvent(DATE_REACHED, lead_id, properties=properties, occurred_at=one.at)
