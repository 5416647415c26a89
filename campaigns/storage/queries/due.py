"""When a tenant's shards have work, who holds them, and handing them back.

A lead belongs to one of SHARDS shards of its tenant, by its id. Whoever holds a shard works on all of its leads, so
one lead is never in two batches, and claiming writes one row a shard instead of one a lead.

No wake-up is lost: a producer bumps the row unconditionally as the last statement of its transaction, and a holder
locks the row before it looks for what is left. So either the holder sees the producer's rows, or the producer's
bump comes after the holder's and stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Integer, Table, and_, bindparam, func, or_, select, text, update
from sqlalchemy.engine import Connection

from campaigns.engine.events import LANES
from campaigns.storage.models import Due
from campaigns.storage.types import Instant, Key

Kind = Literal["run", "outbox", "import", "call", "admission", "switch"]
SHARDS = 16
ALL_LANES = frozenset(range(len(LANES)))
LEASE = timedelta(seconds=30)
_due = cast("Table", Due.__table__)
_ROW: list[BindParameter[Any]] = [
    bindparam("tenant", type_=Key()),
    bindparam("at", type_=Instant()),
    bindparam("lane", type_=Integer()),
    bindparam("shard", type_=Integer()),
]
_BUMP = {
    name: text(
        f"""
        INSERT INTO due (tenant_id, kind, shard, lane, next_at, fence) VALUES (:tenant, :kind, :shard, :lane, :at, 0)
        ON CONFLICT (tenant_id, kind, shard) DO UPDATE SET
            next_at = {least}(COALESCE(due.next_at, excluded.next_at), excluded.next_at),
            lane = CASE WHEN due.next_at IS NULL OR due.next_at > excluded.next_at THEN excluded.lane
                        ELSE {least}(due.lane, excluded.lane) END
        """  # noqa: S608 - the one part put in is the dialect's name for the smaller of two
    ).bindparams(*_ROW)
    for name, least in (("sqlite", "MIN"), ("postgresql", "LEAST"))
}
_SETTLE = text(
    """
    UPDATE due SET
        owner = CASE WHEN :keep THEN owner END,
        lease_until = CASE WHEN :keep THEN :until END,
        lane = CASE
            WHEN EXISTS (SELECT 1 FROM pending_events p
                         WHERE p.tenant_id = :tenant AND p.shard = due.shard AND p.lane = 0) THEN 0
            WHEN EXISTS (SELECT 1 FROM tokens t
                         WHERE t.tenant_id = :tenant AND t.shard = due.shard AND t.wake_at <= :now) THEN 1
            ELSE COALESCE((SELECT p.lane FROM pending_events p
                           WHERE p.tenant_id = :tenant AND p.shard = due.shard ORDER BY p.lane LIMIT 1), 1) END,
        next_at = CASE WHEN EXISTS (SELECT 1 FROM pending_events p
                                    WHERE p.tenant_id = :tenant AND p.shard = due.shard) THEN :now
                       ELSE (SELECT MIN(t.wake_at) FROM tokens t
                             WHERE t.tenant_id = :tenant AND t.shard = due.shard AND t.wake_at IS NOT NULL) END
    WHERE due.tenant_id = :tenant AND due.kind = 'run' AND due.shard IN :shards AND due.owner = :owner
    RETURNING shard, lane, next_at
    """
).bindparams(
    bindparam("tenant", type_=Key()),
    bindparam("owner", type_=Key()),
    bindparam("now", type_=Instant()),
    bindparam("until", type_=Instant()),
    bindparam("shards", expanding=True),
)


@dataclass(frozen=True, slots=True)
class Lease:
    """Shards of one tenant held by one owner, with the fencing number of each, until `until`."""

    tenant_id: UUID
    kind: Kind
    owner: UUID
    fences: dict[int, int]  # shard: fence
    lane: int
    until: datetime

    @property
    def shards(self) -> list[int]:
        return sorted(self.fences)


def shard_of(lead_id: UUID | bytes) -> int:
    """Return the shard of a lead (or of an event without one): the low bits of its id, which are random."""
    return (lead_id.int if isinstance(lead_id, UUID) else lead_id[-1]) & SHARDS - 1


def bump(
    connection: Connection, tenant_id: UUID, kind: Kind, shards: Iterable[int], *, lane: int, at: datetime
) -> None:
    """Say that shards have work at a moment. The last statement of a producer's transaction."""
    rows = [
        {"tenant": tenant_id, "kind": kind, "shard": shard, "lane": lane, "at": at} for shard in sorted(set(shards))
    ]
    if rows:
        connection.execute(_BUMP[connection.dialect.name], rows)


def anything(connection: Connection, kind: Kind, *, now: datetime, lanes: Collection[int] = ALL_LANES) -> bool:
    """Return whether any tenant has free work of a kind that is due: a look that writes nothing."""
    return connection.execute(select(_due.c.shard).where(_free(kind, now, lanes)).limit(1)).first() is not None


def kinds_with_work(connection: Connection, *, now: datetime, lanes: Collection[int] = ALL_LANES) -> set[str]:
    """Return which kinds of work are due and free, of any tenant: one look for all of them."""
    rows = connection.execute(select(_due.c.kind).where(_free(None, now, lanes)).group_by(_due.c.kind))
    return set(rows.scalars())


def claim(
    connection: Connection,
    kind: Kind,
    owner: UUID,
    *,
    now: datetime,
    most_shards: int,
    lanes: Collection[int] = ALL_LANES,
) -> Lease | None:
    """Take due shards of the tenant that was not served for the longest time; None when nothing is due.

    Interactive work goes before timed, and that before bulk; work in other than these `lanes` is left to others.
    Runs in a short transaction of its own.
    """
    free = _free(kind, now, lanes)
    for tenant_id in _tenants_with_work(connection, free):
        shards = _lock_free(connection, tenant_id, free, most_shards)
        if shards:
            return _take(connection, Lease(tenant_id, kind, owner, dict.fromkeys(shards, 0), 0, now + LEASE), now=now)
    return None


def _free(kind: Kind | None, now: datetime, lanes: Collection[int]) -> ColumnElement[bool]:
    free = and_(_due.c.next_at <= now, or_(_due.c.lease_until.is_(None), _due.c.lease_until < now))
    if kind is not None:
        free = and_(_due.c.kind == kind, free)
    return free if set(lanes) >= ALL_LANES else and_(free, _due.c.lane.in_(sorted(lanes)))


def _tenants_with_work(connection: Connection, free: ColumnElement[bool]) -> Sequence[UUID]:
    rows = connection.execute(
        select(_due.c.tenant_id)
        .where(free)
        .group_by(_due.c.tenant_id)
        .order_by(func.min(_due.c.lane), func.min(func.coalesce(_due.c.served_at, _due.c.next_at)))
        .limit(20)
    )
    return rows.scalars().all()


def _lock_free(connection: Connection, tenant_id: UUID, free: ColumnElement[bool], most_shards: int) -> Sequence[int]:
    statement = select(_due.c.shard).where(_due.c.tenant_id == tenant_id, free)
    ordered = statement.order_by(_due.c.lane, _due.c.next_at).limit(most_shards)
    return connection.execute(ordered.with_for_update(skip_locked=True)).scalars().all()


def _take(connection: Connection, wanted: Lease, *, now: datetime) -> Lease:
    """Write a lease on shards that are locked; return it with the fences and the lane it got."""
    taken = connection.execute(
        update(_due)
        .where(_due.c.tenant_id == wanted.tenant_id, _due.c.kind == wanted.kind, _due.c.shard.in_(wanted.shards))
        .values(owner=wanted.owner, fence=_due.c.fence + 1, lease_until=wanted.until, served_at=now)
        .returning(_due.c.shard, _due.c.fence, _due.c.lane)
    ).all()
    return replace(wanted, fences={row.shard: row.fence for row in taken}, lane=min(row.lane for row in taken))


def still_held(connection: Connection, lease: Lease) -> bool:
    """Return whether every fence is still the row's; on PostgreSQL the rows then can't be claimed until we commit.

    FOR KEY SHARE stops a claim (FOR UPDATE) but not a producer's bump, which changes no key.
    """
    query = select(_due.c.shard, _due.c.fence).where(
        _due.c.tenant_id == lease.tenant_id, _due.c.kind == lease.kind, _due.c.shard.in_(lease.shards)
    )
    rows = connection.execute(query.order_by(_due.c.shard).with_for_update(read=True, key_share=True)).all()
    return {row.shard: row.fence for row in rows} == lease.fences


@dataclass(frozen=True, slots=True)
class Settled:
    """What is left in the shards of a lease: whether some is due now, its lane, and when the next is due."""

    more: bool
    lane: int
    next_at: datetime | None


def settle(connection: Connection, lease: Lease, *, now: datetime, keep: bool) -> Settled:
    """Work out when the shards are due next, and keep or give back the lease. The last statement of a batch."""
    if connection.dialect.name == "postgresql":
        lock(connection, lease)
    rows = connection.execute(
        _SETTLE.columns(shard=Integer(), lane=Integer(), next_at=Instant()),
        {
            "tenant": lease.tenant_id,
            "owner": lease.owner,
            "now": now,
            "until": now + LEASE,
            "keep": keep,
            "shards": lease.shards,
        },
    ).all()
    due_now = [row for row in rows if row.next_at is not None and row.next_at <= now]
    moments = [row.next_at for row in rows if row.next_at is not None]
    return Settled(bool(due_now), min((row.lane for row in due_now), default=1), min(moments, default=None))


def lock(connection: Connection, lease: Lease) -> None:
    """Keep producers from bumping the shards until this transaction ends: what is looked for now is all there is.

    On SQLite the write transaction does so by itself.
    """
    locked = select(_due.c.shard).where(
        _due.c.tenant_id == lease.tenant_id, _due.c.kind == lease.kind, _due.c.shard.in_(lease.shards)
    )
    connection.execute(locked.order_by(_due.c.shard).with_for_update(key_share=True))


def release(connection: Connection, lease: Lease, *, next_at: datetime | None) -> None:
    """Give back a lease of another kind than 'run', naming when to look again.

    Whoever looked for that moment has locked the shards before, in this transaction; a later bump moves it forward.
    """
    connection.execute(
        update(_due)
        .where(_due.c.tenant_id == lease.tenant_id, _due.c.kind == lease.kind, _due.c.shard.in_(lease.shards))
        .where(_due.c.owner == lease.owner)
        .values(owner=None, lease_until=None, next_at=next_at)
    )


def abandon(connection: Connection, lease: Lease, *, until: datetime | None = None) -> None:
    """Give back a lease without looking: its shards stay due, for nobody before `until`."""
    connection.execute(
        update(_due)
        .where(_due.c.tenant_id == lease.tenant_id, _due.c.kind == lease.kind, _due.c.owner == lease.owner)
        .values(owner=None, lease_until=until)
    )


def next_due(connection: Connection, kind: Kind) -> datetime | None:
    """Return the earliest moment at which any tenant has work of a kind."""
    return connection.execute(select(func.min(_due.c.next_at)).where(_due.c.kind == kind)).scalar_one()
