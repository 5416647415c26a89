"""Finding leads whose dates may have been reached, and remembering which have been told of. Whole pages at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection

from campaigns.engine.events import DATE_REACHED
from campaigns.storage.models import DateReached, LeadField, Subscription, Tenant, Version
from campaigns.storage.queries.bulk import Native, Same, fetch, insert
from campaigns.storage.transaction import TenantSession

PAGE = 1000
_SILENT = {"synchronize_session": False}
_COLUMNS = frozenset({"created_at", "updated_at"})  # dates of the lead that are columns of their own
_YEAR = timedelta(days=366)
_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Listening:
    """A trigger that waits for dates, as its version holds it."""

    workflow_id: UUID
    trigger_id: str
    since: datetime
    through: datetime | None
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """What a lead holds: the date as text, and the name of its time zone. The id is in the driver's form."""

    lead_id: Any
    value: str | None
    zone: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """An event that came between a moment and now: the lead's making or arriving, or what it changed of the field."""

    at: datetime
    fresh: bool
    before: Any


def listening(session: TenantSession) -> list[Listening]:
    """Return the tenant's triggers that wait for dates."""
    columns = (Subscription.workflow_id, Subscription.trigger_id, Subscription.since, Subscription.through)
    joined = (Version.id == Subscription.version_id) & (Version.tenant_id == Subscription.tenant_id)
    query = select(*columns, Version.document).join(Version, joined)
    rows = session.execute(query.where(Subscription.event_type == DATE_REACHED, Subscription.mode == "start"))
    return [Listening(row[0], row[1], row[2], row[3], row[4]) for row in rows]


def facts(session: TenantSession) -> tuple[str, dict[str, str]]:
    """Return the tenant's time zone, and the types of its custom fields by key."""
    zone = session.scalars(select(Tenant.time_zone).where(Tenant.id == session.tenant_id)).one()
    return zone, dict(session.execute(select(LeadField.key, LeadField.type)).all())


def lock(session: TenantSession, workflow_id: UUID, trigger_id: str) -> datetime | None:
    """Return since when the trigger listens; nobody else tells of its dates until we commit. None: it is gone."""
    own = (Subscription.workflow_id == workflow_id, Subscription.trigger_id == trigger_id)
    query = select(Subscription.since).where(*own, Subscription.event_type == DATE_REACHED)
    return session.scalar(query.with_for_update(key_share=True))


def advance(session: TenantSession, workflow_id: UUID, trigger_id: str, *, through: datetime) -> None:
    """Note that dates have been looked for up to a moment."""
    own = (Subscription.tenant_id == session.tenant_id, Subscription.workflow_id == workflow_id)
    further = Subscription.through.is_(None) | (Subscription.through < through)
    statement = update(Subscription).where(*own, Subscription.trigger_id == trigger_id, further)
    session.execute(statement.values(through=through), execution_options=_SILENT)


def forget(session: TenantSession, workflow_id: UUID, *, before: date) -> None:
    """Forget what was told for days before this one."""
    own = (DateReached.tenant_id == session.tenant_id, DateReached.workflow_id == workflow_id)
    session.execute(delete(DateReached).where(*own, DateReached.day < before.isoformat()), execution_options=_SILENT)


def page(session: TenantSession, key: str, days: tuple[date, date], *, yearly: bool, after: Any | None) -> list[Held]:
    """Return up to PAGE leads, by id, whose date falls between two days: in that year or, `yearly`, in any."""
    connection = session.connection()
    native = Native(connection)
    value, values = _value(connection, key)
    first, last = days
    values |= {"tenant": native.id(session.tenant_id), "after": after or native.id(_FIRST), "most": PAGE}
    sql = f"SELECT id, {value}, {_text(connection, 'zone')} FROM leads WHERE tenant_id = :tenant AND id > :after"  # noqa: S608 - no value in it
    sql += " AND moved_to IS NULL"
    values["zone"] = _name(connection, "time_zone")
    if yearly:
        sql += f" AND substr({value}, 6, 5) IN :days ORDER BY id LIMIT :most"
        return [Held(*row) for row in fetch(connection, sql, values, days=_days_of_the_year(first, last))]
    values |= {"first": first.isoformat(), "last": last.isoformat()}
    sql += f" AND substr({value}, 1, 10) >= :first AND substr({value}, 1, 10) <= :last ORDER BY id LIMIT :most"
    return [Held(*row) for row in fetch(connection, sql, values)]


def held(session: TenantSession, key: str, lead_ids: Sequence[Any]) -> list[Held]:
    """Return what these leads hold now; those that are gone are left out."""
    connection = session.connection()
    value, values = _value(connection, key)
    values |= {"tenant": Native(connection).id(session.tenant_id), "zone": _name(connection, "time_zone")}
    sql = f"SELECT id, {value}, {_text(connection, 'zone')} FROM leads WHERE tenant_id = :tenant AND id IN :ids"  # noqa: S608 - as above
    sql += " AND moved_to IS NULL"
    return [Held(*row) for row in fetch(connection, sql, values, ids=lead_ids)]


def changes(session: TenantSession, key: str, lead_ids: Sequence[Any], *, since: datetime) -> dict[Any, list[Change]]:
    """Return by lead what has changed the field after a moment, oldest first."""
    connection = session.connection()
    native = Native(connection)
    sql = """
        SELECT lead_id, name, received_at, changes FROM events
        WHERE tenant_id = :tenant AND lead_id IN :ids AND received_at > :since ORDER BY received_at, id
    """
    values = {"tenant": native.id(session.tenant_id), "since": native.moment(since)}
    found: dict[Any, list[Change]] = {}
    for lead_id, name, at, raw in fetch(connection, sql, values, ids=lead_ids):
        pair = ((native.from_json(raw) or {}).get("fields") or {}).get(key)
        fresh = name in ("lead.created", "lead.moved")
        if fresh or pair is not None:
            found.setdefault(lead_id, []).append(Change(native.from_moment(at), fresh, pair[0] if pair else None))
    return found


def told(
    session: TenantSession, workflow_id: UUID, key: str, days: Sequence[str], lead_ids: Sequence[Any]
) -> set[tuple[str, Any]]:
    """Return (day, lead) of what the workflow was told already."""
    connection = session.connection()
    native = Native(connection)
    sql = """
        SELECT day, lead_id FROM dates_reached WHERE tenant_id = :tenant AND workflow_id = :workflow
        AND field = :field AND lead_id IN :ids AND day IN :days
    """
    values = {"tenant": native.id(session.tenant_id), "workflow": native.id(workflow_id), "field": key}
    return {(row[0], row[1]) for row in fetch(connection, sql, values, ids=lead_ids, days=days)}


def tell(session: TenantSession, workflow_id: UUID, key: str, rows: Sequence[tuple[str, Any]]) -> None:
    """Remember (day, lead) as told. A row that is there already raises IntegrityError: nothing is told twice."""
    native = Native(session.connection())
    columns: dict[str, Any] = {
        "tenant_id": Same(native.id(session.tenant_id)),
        "workflow_id": Same(native.id(workflow_id)),
        "day": [day for day, _ in rows],
        "field": Same(key),
        "lead_id": [lead_id for _, lead_id in rows],
    }
    insert(session.connection(), "dates_reached", columns)


def _days_of_the_year(first: date, last: date) -> list[str]:
    """Return the days as 03-04; where a year lacks a 29 February, the 28th stands for both."""
    last = min(last, first + _YEAR)
    found = {(first + timedelta(days=n)).isoformat()[5:] for n in range((last - first).days + 1)}
    return sorted(found | ({"02-29"} if "02-28" in found else set()))


def _value(connection: Connection, key: str) -> tuple[str, dict[str, Any]]:
    """Return SQL that gives a date of the lead as ISO text, with its parameters."""
    if key not in _COLUMNS:
        return _text(connection, "field"), {"field": _name(connection, key)}
    if connection.dialect.name == "sqlite":
        return f"strftime(:format, {key} / 1000000, 'unixepoch')", {"format": "%Y-%m-%dT%H:%M:%SZ"}
    return f"to_char({key} AT TIME ZONE 'UTC', :format::text)", {"format": 'YYYY-MM-DD"T"HH24:MI:SS"Z"'}


def _text(connection: Connection, parameter: str) -> str:
    if connection.dialect.name == "sqlite":
        return f"json_extract(fields, :{parameter})"
    return f"(fields ->> :{parameter}::text)"


def _name(connection: Connection, key: str) -> str:
    return f'$."{key}"' if connection.dialect.name == "sqlite" else key
