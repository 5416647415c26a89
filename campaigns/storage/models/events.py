"""What happened: the append-only record, its deduplication, and the queue of what is still to be matched.

The record names leads and executions by composite key without a constraint (decision 0008): it is written in bulk, by
the transaction that also writes what it names, and outlives it; another tenant's row can't be named all the same.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.storage.base import Base, Identified, TenantRow, refers, to_tenant


class Event(Identified, Base):
    """One thing that happened. `changes` holds all that one step or request changed of the lead.

    `changes` = {"fields": {key: [before, after]}, "status": [..], "owner": [..], "lists_added": [key],
    "lists_removed": [key], "tags_added": [key], "tags_removed": [key]}; absent parts did not change.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "tenant_id", "lead_id", "id"),
        {"sqlite_with_rowid": False},
    )

    name: Mapped[str]
    lead_id: Mapped[UUID | None]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    hop: Mapped[int] = mapped_column(SmallInteger, default=0)
    source: Mapped[str] = mapped_column(default="")  # form, api, import, manual, execution, system
    source_id: Mapped[UUID | None]  # the user, API key, import or execution that caused it
    changes: Mapped[dict[str, Any] | None]
    properties: Mapped[dict[str, Any] | None]


class EventKey(TenantRow, Base):
    """The sender's ids of the last 30 days: an event is recorded once."""

    __tablename__ = "event_keys"
    __table_args__ = (to_tenant(), {"sqlite_with_rowid": False})

    key: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[UUID]
    created_at: Mapped[datetime]


class Visit(TenantRow, Base):
    """A visit: the sender's session id, data of its own, and its lead once that is known.

    `kept`: the ids of events that came before, which are the lead's as soon as there is one.
    """

    __tablename__ = "visits"
    __table_args__ = (
        refers("lead_id", "leads", on_delete="CASCADE"),
        Index(None, "tenant_id", "lead_id"),
        {"sqlite_with_rowid": False},
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID | None]
    data: Mapped[dict[str, Any]]
    kept: Mapped[list[Any]] = mapped_column(default=list)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class PendingEvent(TenantRow, Base):
    """An event that some subscription may want. Its key is the order in which a shard is worked through."""

    __tablename__ = "pending_events"
    __table_args__ = ({"sqlite_with_rowid": False},)

    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)


class DateReached(TenantRow, Base):
    """A date of a lead that a workflow has been told of: the key is the promise that it is told once.

    `day` is the day on which it counted, as 2026-03-04, in the zone that counted. Kept for some days: until nobody
    looks back as far.
    """

    __tablename__ = "dates_reached"
    __table_args__ = (
        refers("workflow_id", "workflows", on_delete="CASCADE"),
        refers("lead_id", "leads", on_delete="CASCADE"),
        Index(None, "tenant_id", "lead_id"),
        {"sqlite_with_rowid": False},
    )

    workflow_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)


class Due(Base):
    """When a tenant's shard has work next, and who holds it. Stands outside of row-level security: it only names.

    `kind` is 'run' (events and executions), 'outbox', 'import', 'call', 'admission' or 'switch'. One worker at a time
    holds a row; `fence` rises with each claim, and a batch commits only while its fence is the row's.
    """

    __tablename__ = "due"
    __table_args__ = (Index(None, "kind", "next_at"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    lane: Mapped[int] = mapped_column(SmallInteger, default=0)
    next_at: Mapped[datetime | None]
    owner: Mapped[UUID | None]
    fence: Mapped[int] = mapped_column(default=0)
    served_at: Mapped[datetime | None]  # claims go round the tenants: longest not served first
    lease_until: Mapped[datetime | None]
