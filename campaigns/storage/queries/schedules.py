"""Schedules that are due, and the leads they come for. Whole pages at a time, in the order of their ids."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select

from campaigns.storage.models import List, Schedule, Subscription, Tenant, Version
from campaigns.storage.queries.bulk import Native, fetch
from campaigns.storage.transaction import TenantSession

_FIRST = UUID(int=0)


def waiting(session: TenantSession) -> list[tuple[UUID, str]]:
    """Return (workflow, trigger) of the schedules that have come, are being told of, or whose tenant's zone changed."""
    moved = and_(Schedule.zone.is_not(None), Schedule.zone != Tenant.time_zone)
    query = select(Schedule.workflow_id, Schedule.trigger_id).join(Tenant, Tenant.id == Schedule.tenant_id)
    due = query.where(or_(Schedule.next_at <= session.now, Schedule.telling.is_not(None), moved))
    return [(row[0], row[1]) for row in session.execute(due.order_by(Schedule.next_at))]


def lock(session: TenantSession, workflow_id: UUID, trigger_id: str) -> Schedule | None:
    """Return a schedule that nobody else tells of until we commit. None: it has ended."""
    own = (Schedule.workflow_id == workflow_id, Schedule.trigger_id == trigger_id)
    return session.scalar(select(Schedule).where(*own).with_for_update(key_share=True))


def of_workflow(session: TenantSession, workflow_id: UUID) -> dict[str, Schedule]:
    """Return a workflow's schedules by trigger, for changing them."""
    own = select(Schedule).where(Schedule.workflow_id == workflow_id)
    return {row.trigger_id: row for row in session.scalars(own.with_for_update())}


def document(session: TenantSession, schedule: Schedule) -> dict[str, Any]:
    """Return the document of the version that listens."""
    joined = and_(Version.id == Subscription.version_id, Version.tenant_id == Subscription.tenant_id)
    own = (Subscription.workflow_id == schedule.workflow_id, Subscription.trigger_id == schedule.trigger_id)
    found: dict[str, Any] = session.scalars(select(Version.document).join(Subscription, joined).where(*own)).one()
    return found


def tenant_zone(session: TenantSession) -> str:
    """Return the name of the tenant's time zone."""
    return session.scalars(select(Tenant.time_zone).where(Tenant.id == session.tenant_id)).one()


def page(session: TenantSession, key: str | None, *, by: datetime, after: UUID | None, most: int) -> list[Any]:
    """Return some leads, by id in the driver's form: on a list, or (None) of all, who were there by a moment."""
    connection = session.connection()
    native = Native(connection)
    values: dict[str, Any] = {"tenant": native.id(session.tenant_id), "by": native.moment(by), "most": most}
    values["after"] = native.id(after or _FIRST)
    if key is None:
        sql = "SELECT id FROM leads WHERE tenant_id = :tenant AND id > :after AND created_at <= :by"
        sql += " AND moved_to IS NULL ORDER BY id LIMIT :most"
        return [row[0] for row in fetch(connection, sql, values)]
    sql = "SELECT lead_id FROM list_members WHERE tenant_id = :tenant AND list_id = :list AND lead_id > :after"
    sql += " AND added_at <= :by ORDER BY lead_id LIMIT :most"
    list_id = session.scalar(select(List.id).where(List.key == key))
    return [row[0] for row in fetch(connection, sql, values | {"list": native.id(list_id)})] if list_id else []
