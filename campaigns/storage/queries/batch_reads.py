"""What a batch reads: pending events, due tokens, their leads, and what the programs want to know of them.

Every function is one statement for the whole batch. On PostgreSQL the leads are locked in id order, so that whatever
else changes a lead comes before or after the batch; on SQLite the write transaction compares their revisions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from campaigns.engine.events import Event
from campaigns.engine.matching import Enrolment
from campaigns.engine.subject import Subject
from campaigns.storage.queries.bulk import Native, fetch
from campaigns.storage.queries.due import Lease


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A trigger that listens."""

    workflow_id: Any
    version_id: Any
    trigger_id: str
    event_type: str
    mode: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Names:
    """The tenant's statuses and members, both ways."""

    status_keys: dict[Any, str]
    status_ids: dict[str, Any]
    user_names: dict[Any, str]
    user_ids: dict[str, Any]


_EVENTS = """
    SELECT p.shard, p.lane, p.event_id, e.name, e.lead_id, e.occurred_at, e.received_at, e.hop, e.source, e.source_id,
           e.changes, e.properties
    FROM (SELECT event_id, shard, lane FROM pending_events
          WHERE tenant_id = :tenant AND shard = :shard{n} AND lane <= :lane ORDER BY lane, event_id LIMIT :share) p
    LEFT JOIN events e ON e.tenant_id = :tenant AND e.id = p.event_id
"""


def pending_events(
    connection: Connection, lease: Lease, *, lane: int, limit: int
) -> tuple[list[Event], list[tuple[int, int, Any]]]:
    """Return pending events of the lease's shards, at most `limit`, the same share from each; and keys of gone ones."""
    native = Native(connection)
    parts = [_EVENTS.replace("{n}", str(n)) for n in range(len(lease.shards))]
    sql = " UNION ALL ".join(f"SELECT * FROM ({part}) AS part{n}" for n, part in enumerate(parts))  # noqa: S608 - no value in it
    values = {"tenant": native.id(lease.tenant_id), "lane": lane, "share": -(-limit // len(lease.shards))}
    rows = fetch(connection, sql, values | {f"shard{n}": shard for n, shard in enumerate(lease.shards)})
    events = [
        Event(
            id=row[2],
            name=row[3],
            lead_id=row[4],
            occurred_at=native.from_moment(row[5]),
            received_at=native.from_moment(row[6]),
            hop=row[7],
            source=row[8],
            source_id=row[9],
            changes=native.from_json(row[10]),
            properties=native.from_json(row[11]),
            lane=row[1],
            shard=row[0],
        )
        for row in rows
        if row[3] is not None
    ]
    events.sort(key=lambda event: event.id)
    return events, [(row[0], row[1], row[2]) for row in rows if row[3] is None]


_LEADS = """
    SELECT id, email, external_id, first_name, last_name, phone, status_id, owner_id, score, fields, created_at,
           updated_at, revision
    FROM leads WHERE tenant_id = :tenant AND id IN :ids
"""


def subjects(
    connection: Connection, tenant: Any, lead_ids: Iterable[Any], names: Names, *, lock: bool = True
) -> dict[Any, Subject]:
    """Return the leads by id, locked on PostgreSQL; without `lock` also those that have moved away."""
    native = Native(connection)
    sql = _LEADS + " AND moved_to IS NULL" if lock else _LEADS
    sql += " ORDER BY id FOR UPDATE" if lock and not native.is_sqlite else ""
    found = {}
    for row in fetch(connection, sql, {"tenant": tenant}, ids=list(lead_ids)):
        values = native.from_json(row[9])
        values.update(
            email=row[1],
            external_id=row[2],
            first_name=row[3],
            last_name=row[4],
            phone=row[5],
            status=names.status_keys.get(row[6]),
            owner=names.user_names.get(row[7]),
            score=row[8],
            created_at=native.from_moment(row[10]),
            updated_at=native.from_moment(row[11]),
        )
        found[row[0]] = Subject(row[0], values, revision=row[12])
    return found


def revisions(connection: Connection, tenant: Any, lead_ids: Sequence[Any]) -> dict[Any, int]:
    """Return the present revision of each lead."""
    rows = fetch(
        connection,
        "SELECT id, revision FROM leads WHERE tenant_id = :tenant AND id IN :ids AND moved_to IS NULL",
        {"tenant": tenant},
        ids=lead_ids,
    )
    return {row[0]: row[1] for row in rows}


def names(connection: Connection, tenant: Any) -> Names:
    """Return the tenant's statuses and members."""
    statuses = fetch(connection, "SELECT id, key FROM lead_statuses WHERE tenant_id = :tenant", {"tenant": tenant})
    users = fetch(
        connection,
        "SELECT u.id, u.email FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.tenant_id = :tenant",
        {"tenant": tenant},
    )
    return Names(
        {row[0]: row[1] for row in statuses},
        {row[1]: row[0] for row in statuses},
        {row[0]: row[1] for row in users},
        {row[1]: row[0] for row in users},
    )


def subscriptions(connection: Connection, tenant: Any, *, lock: bool = True) -> list[Subscribed]:
    """Return all that listens in the tenant; on PostgreSQL a `lock` keeps its workflows active until we commit."""
    native = Native(connection)
    columns = "workflow_id, version_id, trigger_id, event_type, mode, since"
    sql = f"SELECT {columns} FROM subscriptions WHERE tenant_id = :tenant"  # noqa: S608 - no value in it
    if lock and not native.is_sqlite:
        sql += " ORDER BY workflow_id, trigger_id FOR KEY SHARE"
    rows = fetch(connection, sql, {"tenant": tenant})
    return [Subscribed(row[0], row[1], row[2], row[3], row[4], native.from_moment(row[5])) for row in rows]


def list_ids(connection: Connection, tenant: Any, keys: Iterable[str]) -> dict[str, Any]:
    """Return the ids of lists by key."""
    sql = "SELECT key, id FROM lists WHERE tenant_id = :tenant AND key IN :keys"
    return {row[0]: row[1] for row in fetch(connection, sql, {"tenant": tenant}, keys=list(keys))}


def fill_lists(connection: Connection, tenant: Any, found: dict[Any, Subject], lists: dict[str, Any]) -> None:
    """Note on each subject which of these lists it is on."""
    keys = {list_id: key for key, list_id in lists.items()}
    sql = (
        "SELECT lead_id, list_id FROM list_members WHERE tenant_id = :tenant AND lead_id IN :ids AND list_id IN :lists"
    )
    for lead_id, list_id in fetch(connection, sql, {"tenant": tenant}, ids=list(found), lists=list(keys)):
        found[lead_id].lists.add(keys[list_id])


def fill_tags(connection: Connection, tenant: Any, found: dict[Any, Subject]) -> None:
    """Note on each subject its tags."""
    sql = "SELECT lead_id, tag FROM lead_tags WHERE tenant_id = :tenant AND lead_id IN :ids"
    for lead_id, tag in fetch(connection, sql, {"tenant": tenant}, ids=list(found)):
        found[lead_id].tags.add(tag)


def enrolments(
    connection: Connection, tenant: Any, lead_ids: Sequence[Any], workflow_ids: Sequence[Any]
) -> dict[tuple[Any, Any], Enrolment]:
    """Return how often each lead is and was in each workflow, by (workflow, lead)."""
    native = Native(connection)
    sql = """
        SELECT workflow_id, lead_id, active, ever, last_started FROM enrolments
        WHERE tenant_id = :tenant AND lead_id IN :ids AND workflow_id IN :workflows
    """
    rows = fetch(connection, sql, {"tenant": tenant}, ids=lead_ids, workflows=workflow_ids)
    return {(r[0], r[1]): Enrolment(r[2], r[3], native.from_moment(r[4]) if r[4] is not None else None) for r in rows}


def active_workflows(connection: Connection, tenant: Any, lead_ids: Sequence[Any]) -> dict[Any, set[str]]:
    """Return the keys of the workflows each lead is in now."""
    sql = """
        SELECT e.lead_id, w.key FROM enrolments e JOIN workflows w ON w.tenant_id = e.tenant_id AND w.id = e.workflow_id
        WHERE e.tenant_id = :tenant AND e.lead_id IN :ids AND e.active > 0
    """
    found: dict[Any, set[str]] = {}
    for lead_id, key in fetch(connection, sql, {"tenant": tenant}, ids=lead_ids):
        found.setdefault(lead_id, set()).add(key)
    return found


def active_totals(connection: Connection, tenant: Any, workflow_ids: Sequence[Any]) -> dict[Any, int]:
    """Return how many executions hold a slot of each workflow; the counter rows are locked on PostgreSQL."""
    sql = """
        SELECT workflow_id, active FROM workflow_totals
        WHERE tenant_id = :tenant AND workflow_id IN :workflows ORDER BY workflow_id
    """
    if connection.dialect.name == "postgresql":
        sql += " FOR UPDATE"
    return {row[0]: row[1] for row in fetch(connection, sql, {"tenant": tenant}, workflows=workflow_ids)}


def activity(
    connection: Connection, tenant: Any, lead_ids: Sequence[Any], event_names: Sequence[str]
) -> dict[Any, list[tuple[str, datetime]]]:
    """Return the named events of each lead with their times, oldest first."""
    native = Native(connection)
    sql = (
        "SELECT lead_id, name, occurred_at FROM events WHERE tenant_id = :tenant AND lead_id IN :ids AND name IN :names"
    )
    found: dict[Any, list[tuple[str, datetime]]] = {}
    for lead_id, name, at in fetch(connection, sql, {"tenant": tenant}, ids=lead_ids, names=event_names):
        found.setdefault(lead_id, []).append((name, native.from_moment(at)))
    return found


def events_by_id(connection: Connection, tenant: Any, event_ids: Sequence[Any]) -> dict[Any, Event]:
    """Return events by id, for executions that go on after a wait."""
    native = Native(connection)
    sql = """
        SELECT id, name, lead_id, occurred_at, received_at, hop, source, source_id, changes, properties
        FROM events WHERE tenant_id = :tenant AND id IN :ids
    """
    rows = fetch(connection, sql, {"tenant": tenant}, ids=event_ids)
    return {row[0]: _event(native, row) for row in rows}


def _event(native: Native, row: Any) -> Event:
    times = (native.from_moment(row[3]), native.from_moment(row[4]))
    details = (native.from_json(row[8]), native.from_json(row[9]))
    return Event(row[0], row[1], row[2], *times, row[5], row[6], row[7], *details)


_SURROUNDINGS = {
    "sqlite": "SELECT t.time_zone, t.settings, (SELECT json_group_array(DISTINCT a.event_type) FROM awaited a "
    "WHERE a.tenant_id = t.id) FROM tenants t WHERE t.id = :tenant",
    "postgresql": "SELECT t.time_zone, t.settings, (SELECT json_agg(DISTINCT a.event_type) FROM awaited a "
    "WHERE a.tenant_id = t.id) FROM tenants t WHERE t.id = :tenant",
}


def surroundings(connection: Connection, tenant: Any) -> tuple[str, dict[str, Any], frozenset[str]]:
    """Return the tenant's time zone and settings, and the event types that some execution may wait for."""
    native = Native(connection)
    ((zone, settings, awaited),) = fetch(connection, _SURROUNDINGS[connection.dialect.name], {"tenant": tenant})
    return zone, native.from_json(settings) or {}, frozenset(native.from_json(awaited) or ())
