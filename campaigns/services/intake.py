"""Recording what happened, once, in the transaction that makes it happen. A committed event row is the promise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from campaigns.engine.events import LANES, heard_as
from campaigns.storage.models import Awaited, Event, Subscription
from campaigns.storage.queries.bulk import Native, Same, insert
from campaigns.storage.queries.due import shard_of
from campaigns.storage.transaction import TenantSession


@dataclass(slots=True)
class NewEvent:
    """An event to be recorded. `changes` as described at the events table; `properties` are the sender's."""

    name: str
    lead_id: UUID | bytes | None  # or in the driver's own form, for bulk
    changes: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None
    occurred_at: datetime | None = None


def record(
    session: TenantSession,
    events: Sequence[NewEvent],
    *,
    source: str,
    source_id: UUID | None = None,
    lane: str = "interactive",
    start_workflows: bool = True,
) -> list[UUID]:
    """Record events and queue those that some subscription may want; return their ids, in order.

    See `record_many` for the rest.
    """
    native = Native(session.connection())
    keys = record_many(session, events, source=source, source_id=source_id, lane=lane, start_workflows=start_workflows)
    return [native.uuid(key) for key in keys]


def record_many(
    session: TenantSession,
    events: Sequence[NewEvent],
    *,
    source: str,
    source_id: UUID | None = None,
    lane: str = "interactive",
    start_workflows: bool = True,
) -> list[Any]:
    """Record events like `record`; leads may be named in the driver's own form, and so are the ids returned.

    `source`: form, api, import, manual, execution or system. `start_workflows=False` keeps the record and
    queues nothing: the switch of an import.
    """
    if not events:
        return []
    native = Native(session.connection())
    keys = native.ids(len(events))
    now = native.moment(session.now)
    insert(
        session.connection(),
        "events",
        {
            "tenant_id": Same(native.id(session.tenant_id)),
            "id": keys,
            "name": [event.name for event in events],
            "lead_id": [native.id(event.lead_id) if event.lead_id else None for event in events],
            "occurred_at": [native.moment(event.occurred_at) if event.occurred_at else now for event in events],
            "received_at": Same(now),
            "hop": Same(session.tenancy.hop),
            "source": Same(source),
            "source_id": Same(native.id(source_id) if source_id else None),
            "changes": [native.json(event.changes) if event.changes else None for event in events],
            "properties": [native.json(event.properties) if event.properties else None for event in events],
        },
    )
    if start_workflows:
        _queue(session, list(zip(keys, events, strict=True)), lane)
    return keys


def queue_recorded(session: TenantSession, event_ids: Sequence[UUID], lead_id: UUID) -> None:
    """Queue events that were recorded before their lead was known, in their order."""
    native = Native(session.connection())
    rows = {row.id: row for row in session.scalars(select(Event).where(Event.id.in_(event_ids)))}
    found = [
        (native.id(event_id), NewEvent(rows[event_id].name, lead_id, rows[event_id].changes))
        for event_id in event_ids
        if event_id in rows
    ]
    _queue(session, found, "interactive")


def _queue(session: TenantSession, recorded: Iterable[tuple[Any, NewEvent]], lane: str) -> None:
    listened = set(session.scalars(select(Subscription.event_type).distinct()))
    listened |= set(session.scalars(select(Awaited.event_type).distinct()))
    wanted = [
        (event_id, shard_of(event.lead_id))
        for event_id, event in recorded
        if event.lead_id is not None and not listened.isdisjoint(heard_as(event.name, event.changes))
    ]
    if not wanted:
        return
    native = Native(session.connection())
    insert(
        session.connection(),
        "pending_events",
        {
            "tenant_id": Same(native.id(session.tenant_id)),
            "shard": [shard for _, shard in wanted],
            "lane": Same(LANES.index(lane)),
            "event_id": [event_id for event_id, _ in wanted],
        },
    )
    session.make_due("run", {shard for _, shard in wanted}, lane=lane)
