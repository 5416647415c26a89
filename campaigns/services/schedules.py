"""Schedules: planned when a workflow goes live, and told to each of their leads when their time comes.

A row says when a schedule comes next. When it has come, the leads are told page by page, and each page is one
transaction with the note of how far it came: after a crash, telling goes on there, and nobody is told twice. Times that
were missed come once, as the latest of them.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from campaigns.engine.cron import latest, next_after
from campaigns.engine.document import Document, TriggerItem
from campaigns.engine.events import SCHEDULE_DUE
from campaigns.engine.kinds import Kinds
from campaigns.engine.moments import LAST_YEAR, find_zone, written
from campaigns.engine.recurring import ScheduleSpec
from campaigns.engine.validation import typed
from campaigns.errors import CampaignsError
from campaigns.services.intake import NewEvent, record_many
from campaigns.storage.models import Schedule, Tenant, Workflow
from campaigns.storage.queries import schedules as queries
from campaigns.storage.queries.bulk import Native
from campaigns.storage.queries.due import SHARDS
from campaigns.storage.queries.enrolments import join_batches
from campaigns.storage.transaction import Store, TenantSession, reading, system, writing
from campaigns.tenancy import Tenancy

log = structlog.get_logger()
PAGE = 1000
_NEVER = datetime(LAST_YEAR, 1, 1, tzinfo=UTC)  # what is not planned yet


def plan(session: TenantSession, workflow: Workflow, document: Document, kinds: Kinds) -> None:
    """Plan the schedules of a document that goes live; the subscriptions are there. Others of the workflow end.

    What has come already, and is not told yet, still is.
    """
    rows = queries.of_workflow(session, workflow.id)
    tenant_zone = queries.tenant_zone(session)
    for trigger in document.triggers:
        spec = typed(trigger, kinds)
        if trigger.disabled or not isinstance(spec, ScheduleSpec):
            continue
        row = rows.pop(trigger.id, None)
        if row is None:
            row = Schedule(workflow_id=workflow.id, trigger_id=trigger.id, next_at=_NEVER)
            session.add(row)
        if row.next_at > session.now:
            _plan_next(session, row, spec, tenant_zone)
    for row in rows.values():
        session.delete(row)
    session.flush()


def look(store: Store, kinds: Kinds, *, most: int = PAGE) -> int:
    """Tell of the schedules that have come in all tenants; return how many leads. `most`: how many at a time."""
    with system(store) as session:
        tenants = session.scalars(select(Tenant.id)).all()
    return sum(look_in(store, kinds, tenant_id, most=most) for tenant_id in tenants)


def look_in(store: Store, kinds: Kinds, tenant_id: UUID, *, most: int = PAGE) -> int:
    """Tell of the schedules that have come in one tenant; one that fails stops none, and is tried at the next look."""
    with reading(store, Tenancy(tenant_id)) as session:
        waiting = queries.waiting(session)
    count = 0
    for workflow_id, trigger_id in waiting:
        try:
            count += _tell_all(store, kinds, tenant_id, (workflow_id, trigger_id), most)
        except (CampaignsError, SQLAlchemyError, ValueError):
            log.exception("schedules.failed", tenant=str(tenant_id), workflow=str(workflow_id), trigger=trigger_id)
    return count


def _tell_all(store: Store, kinds: Kinds, tenant_id: UUID, own: tuple[UUID, str], most: int) -> int:
    count, more = 0, True
    while more:
        with writing(store, Tenancy(tenant_id)) as session:
            told, more = _tell_page(session, kinds, own, most)
        count += told
    if count:
        log.info("schedules.told", tenant=str(tenant_id), workflow=str(own[0]), trigger=own[1], leads=count)
    return count


def _tell_page(session: TenantSession, kinds: Kinds, own: tuple[UUID, str], most: int) -> tuple[int, bool]:
    """Tell the next page of leads; return how many there were, and whether there may be more."""
    join_batches(session, range(SHARDS))
    row = queries.lock(session, *own)
    spec = _spec_of(session, row, kinds) if row is not None else None
    if row is None or spec is None:
        return 0, False  # it has ended, or its type takes another form now: it starts nothing, as with every trigger
    at = _come(session, row, spec)
    if at is None:
        return 0, False
    lead_ids = queries.page(session, spec.leads.list, by=at, after=row.told_to, most=most)
    properties = {"trigger": row.trigger_id, "due_at": written(at)}
    events = [NewEvent(SCHEDULE_DUE, lead_id, properties=properties, occurred_at=at) for lead_id in lead_ids]
    record_many(session, events, source="system", source_id=row.workflow_id, lane="timed")
    is_last = len(lead_ids) < most
    row.told_to = None if is_last else Native(session.connection()).uuid(lead_ids[-1])
    row.telling = None if is_last else at
    return len(lead_ids), not is_last


def _come(session: TenantSession, row: Schedule, spec: ScheduleSpec) -> datetime | None:
    """Return the time to tell of, if any has come, and plan the next. While one is told of, the next one waits."""
    tenant_zone = queries.tenant_zone(session)
    if row.telling is None and row.next_at <= session.now:
        row.telling = latest(spec.rule, session.now, _zone(spec, tenant_zone), since=row.next_at)
        _plan_next(session, row, spec, tenant_zone)
    elif row.zone not in (None, tenant_zone) and row.next_at > session.now:
        _plan_next(session, row, spec, tenant_zone)
    return row.telling


def _plan_next(session: TenantSession, row: Schedule, spec: ScheduleSpec, tenant_zone: str) -> None:
    row.next_at = next_after(spec.rule, session.now, _zone(spec, tenant_zone))
    row.zone = tenant_zone if spec.time_zone == "tenant" else None


def _zone(spec: ScheduleSpec, tenant_zone: str) -> tzinfo:
    return find_zone(tenant_zone if spec.time_zone == "tenant" else spec.time_zone)


def _spec_of(session: TenantSession, row: Schedule, kinds: Kinds) -> ScheduleSpec | None:
    triggers = queries.document(session, row)["triggers"]
    raw = next((trigger for trigger in triggers if trigger["id"] == row.trigger_id), None)
    config = typed(TriggerItem.model_validate(raw), kinds) if raw is not None else None
    return config if isinstance(config, ScheduleSpec) else None
