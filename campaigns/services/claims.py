"""Leases on due work, each in a short transaction of its own: taking one, and giving it back unfinished."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from campaigns.storage.queries import due
from campaigns.storage.queries.due import Kind, Lease
from campaigns.storage.transaction import Store, system

REST = timedelta(seconds=5)  # for work that failed, so that others get their turn


def claim(
    store: Store, kind: Kind, owner: UUID, *, most_shards: int = due.SHARDS, lanes: Collection[int] = due.ALL_LANES
) -> Lease | None:
    """Take due shards of one tenant, or None; where nothing is due, nothing is written."""
    if store.database.is_sqlite and not _anything(store, kind, lanes):  # its one writer is not taken for a look
        return None
    with system(store, writes=True) as session:
        connection = session.connection()
        return due.claim(connection, kind, owner, now=session.now, most_shards=most_shards, lanes=lanes)


def kinds_due(store: Store, lanes: Collection[int] = due.ALL_LANES) -> set[str]:
    """Return which kinds of work somebody could claim now."""
    with system(store) as session:
        return due.kinds_with_work(session.connection(), now=session.now, lanes=lanes)


def give_back(store: Store, lease: Lease, *, rest: timedelta | None = None) -> None:
    """Give back a lease whose work is not done; with `rest`, nobody takes it before."""
    with system(store, writes=True) as session:
        connection = session.connection()
        until = session.now + rest if rest is not None else None
        due.abandon(connection, lease, until=until)


def _anything(store: Store, kind: Kind, lanes: Collection[int]) -> bool:
    with system(store) as session:
        return due.anything(session.connection(), kind, now=session.now, lanes=lanes)
