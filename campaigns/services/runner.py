"""Doing what is due, in batches: claim shards, read, decide in memory, write, settle.

The rows say what is due, and a lease says who may work on it. Whatever goes wrong leaves the rows as they were, so
that the next claim, here or in another process, does it again; what is committed is done once.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4

import structlog
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from campaigns.engine.events import Event
from campaigns.engine.kinds import Kinds
from campaigns.errors import LeaseLost
from campaigns.services import claims
from campaigns.services.batch import Batch
from campaigns.services.batch_items import Items, Strays, load_items
from campaigns.services.batch_reading import Read, check_unchanged, read
from campaigns.services.lead_moves import carry_out
from campaigns.services.limit_passes import write_limits
from campaigns.services.programs import ProgramCache
from campaigns.storage.queries import due
from campaigns.storage.queries.batch_writes import Conflict, write
from campaigns.storage.queries.due import Lease, Settled
from campaigns.storage.queries.strays import lay_aside
from campaigns.storage.snapshot import snapshot
from campaigns.storage.transaction import Store, began, tenant_connection

log = structlog.get_logger()

BATCH = 1000
SLICE_SECONDS = 1.0  # how long one tenant is worked for before another gets its turn
MOST_SHARDS = 8  # half of a tenant's shards, so that two workers share one tenant
NO_FAULT_OF_ANY = (LeaseLost, OperationalError, InterfaceError, PoolTimeout)  # and so nobody's to be quarantined for
_TRIES = 5


@dataclass
class Done:
    """What one call did: events matched and tokens resumed."""

    events: int = 0
    tokens: int = 0


class Runner:
    """Works on the due shards of all tenants. One a thread; its `owner` is random, so no restart inherits a lease."""

    def __init__(
        self,
        store: Store,
        kinds: Kinds,
        *,
        programs: ProgramCache | None = None,
        lanes: Collection[int] = due.ALL_LANES,
    ) -> None:
        self.store = store
        self.lanes = lanes
        self.owner = uuid4()
        self.programs = programs or ProgramCache(kinds)
        self.done = Done()
        self.most_shards = due.SHARDS if store.database.is_sqlite else MOST_SHARDS  # SQLite has one writer anyway

    def run_once(self, deadline: Callable[[], bool] = lambda: False) -> bool:
        """Claim one tenant's due shards and work on them for a slice; return whether there was anything."""
        lease = self._claim()
        if lease is None:
            return False
        try:
            self._work(lease, deadline)
        except LeaseLost:
            log.warning("lease_lost", tenant=str(lease.tenant_id), shards=lease.shards)
        except BaseException as error:
            ours = isinstance(error, Exception) and not isinstance(error, NO_FAULT_OF_ANY)
            claims.give_back(self.store, lease, rest=claims.REST if ours else None)
            raise
        return True

    def _claim(self) -> Lease | None:
        return claims.claim(self.store, "run", self.owner, most_shards=self.most_shards, lanes=self.lanes)

    def _work(self, lease: Lease, deadline: Callable[[], bool]) -> None:
        ends = time.monotonic() + SLICE_SECONDS
        lane = lease.lane
        while True:
            keep = time.monotonic() < ends and not deadline()
            settled = self._batch(lease, lane, keep=keep)
            if not settled.more or not keep:
                return
            lane = settled.lane
            if lane not in self.lanes:
                claims.give_back(self.store, lease)
                return

    def _batch(self, lease: Lease, lane: int, *, keep: bool) -> Settled:
        with tenant_connection(self.store, lease.tenant_id, writes=False) as connection:
            now = began(self.store, connection)
            items, strays = load_items(connection, lease, lane=lane, now=now, most=BATCH)
        if strays:
            self._lay_aside(strays, lease)
        settled = self._attempt(items, lease, keep=keep)
        self.done.events += len(items.events)
        self.done.tokens += len(items.tokens)
        return settled

    def _lay_aside(self, strays: Strays, lease: Lease) -> None:
        log.error("runner.strays", tenant=str(lease.tenant_id), events=len(strays.events), tokens=len(strays.tokens))
        with tenant_connection(self.store, lease.tenant_id, writes=True) as connection:
            _check(connection, lease)
            lay_aside(connection, lease.tenant_id, events=strays.events, tokens=strays.tokens)

    def _attempt(self, items: Items, lease: Lease, *, keep: bool, poison: str | None = None) -> Settled:
        """Decide and write the items; halve them until what can't be done stands alone, and quarantine that."""
        try:
            return self._try(items, lease, keep=keep, poison=poison)
        except NO_FAULT_OF_ANY:
            raise
        except Exception as error:
            if poison is not None or not items:
                raise
            if len(items) > 1:
                return self._apart(items, lease, keep=keep)
            if isinstance(error, Conflict):  # it is read anew by the next claim
                raise
            return self._attempt(items, lease, keep=keep, poison=_reason(error))

    def _apart(self, items: Items, lease: Lease, *, keep: bool) -> Settled:
        """Do both halves, the second whatever becomes of the first. What could not even be quarantined is raised."""
        first, second = items.halves()
        failure = None
        try:
            self._attempt(first, lease, keep=True)
        except NO_FAULT_OF_ANY:
            raise
        except Exception as error:  # noqa: BLE001 - raised below, once all others are done
            failure = error
        settled = self._attempt(second, lease, keep=keep or failure is not None)
        if failure is not None:
            raise failure
        return settled

    def _try(self, items: Items, lease: Lease, *, keep: bool, poison: str | None) -> Settled:
        """Try until nobody changes in the meantime what was read; a last item alone while nobody can."""
        with _no_collection():
            for _ in range(_TRIES):
                with suppress(Conflict):
                    if self.store.database.is_sqlite:
                        return self._decided_before(items, lease, keep=keep, poison=poison)
                    return self._decided_inside(items, lease, keep=keep, poison=poison)
            if len(items) == 1:
                return self._decided_inside(items, lease, keep=keep, poison=poison)
        raise Conflict

    def _decided_inside(self, items: Items, lease: Lease, *, keep: bool, poison: str | None) -> Settled:
        with tenant_connection(self.store, lease.tenant_id, writes=True) as connection:
            _check(connection, lease)
            before = read(self.store, connection, lease.tenant_id, items, self.programs)
            return self._write(connection, lease, self._decide(items, before, poison), before, keep=keep)

    def _decided_before(self, items: Items, lease: Lease, *, keep: bool, poison: str | None) -> Settled:
        """Decide on a snapshot, so that SQLite's one writer is held for the writing alone."""
        with snapshot(self.store, lease.tenant_id) as seen:
            before = read(self.store, seen.connection, lease.tenant_id, items, self.programs)
            seen.end()
            batch = self._decide(items, before, poison)
            with tenant_connection(self.store, lease.tenant_id, writes=True) as connection:
                _check(connection, lease)
                if not seen.is_present():
                    check_unchanged(connection, before)
                return self._write(connection, lease, batch, before, keep=keep)

    def _decide(self, items: Items, before: Read, poison: str | None) -> Batch:
        batch = Batch(before.known, poison=poison)
        for item in items.in_order() if before.known.revisits else [*items.tokens, *items.events]:
            if isinstance(item, Event):
                batch.start(item)
            else:
                batch.resume(item)
        batch.finish()
        return batch

    def _write(self, connection: Connection, lease: Lease, batch: Batch, before: Read, *, keep: bool) -> Settled:
        write(connection, before.tenant, batch.writes, before.names, before.lists, now=before.known.now)
        write_limits(connection, before.tenant, before.known.limits)
        for shard in sorted(set(batch.writes.outbox.column("shard"))):
            due.bump(connection, lease.tenant_id, "outbox", [shard], lane=1, at=before.known.now)
        for shard in sorted(set(batch.writes.calls.column("shard"))):
            due.bump(connection, lease.tenant_id, "call", [shard], lane=1, at=before.known.now)
        carry_out(self.store, connection, lease.tenant_id, batch.moving)
        settled = due.settle(connection, lease, now=before.known.now, keep=keep)
        if keep and not settled.more:
            due.abandon(connection, lease)
        return settled


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hold the cyclic garbage collector back: a batch makes a hundred thousand objects, none of them in a circle."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _check(connection: Connection, lease: Lease) -> None:
    if not due.still_held(connection, lease):
        raise LeaseLost


def _reason(error: Exception) -> str:
    """Return what went wrong in one line: what the database refused, without the row's values, or the error itself."""
    told = str(error.orig) if isinstance(error, DBAPIError) else f"{type(error).__name__}: {error}"
    return (told.splitlines() or [type(error).__name__])[0][:300]
