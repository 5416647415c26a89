"""The worker: whatever is due, for whatever tenant, until nothing is. Every way of running calls this one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import select

from campaigns.dispatch.aside import Aside
from campaigns.engine.events import LANES
from campaigns.engine.kinds import Kinds
from campaigns.messages.handover import Transport
from campaigns.outgoing.breaker import Breaker
from campaigns.outgoing.call import Sender as CallSender
from campaigns.outgoing.client import Client
from campaigns.performing.children import Children
from campaigns.performing.task import Performer
from campaigns.services import (
    admissions,
    claims,
    dates_reached,
    import_chunks,
    import_retention,
    limit_passes,
    moves,
    recovery,
    schedules,
    storm_hours,
    switches,
)
from campaigns.services.calls import Caller
from campaigns.services.import_files import Uploads
from campaigns.services.outbox import Outbox, Sender
from campaigns.services.programs import ProgramCache
from campaigns.services.runner import Runner
from campaigns.storage.models import Due
from campaigns.storage.queries import due
from campaigns.storage.transaction import Store, TenantSession, system, writing
from campaigns.tenancy import Tenancy
from campaigns.vault import Vault

CALLING = 4  # tenants whose calls are in hand at a time
CALLS_STOP_SECONDS = 5.0  # for calls in hand when the process stops; what lasts longer is made again, with its key


class Planned(Protocol):
    """Work of a tenant that is due at times of its own."""

    def next_at(self, session: TenantSession) -> datetime | None: ...


@dataclass(frozen=True)
class Outside:
    """How a worker reaches the world: whom mails come from, what makes calls, and what opens their secrets.

    `performer` runs plugins; by default in child processes.
    """

    mails_from: Sender | None = None
    calls: CallSender = field(default_factory=Client)
    vault: Vault = field(default_factory=lambda: Vault(""))
    performer: Performer | None = None


class Worker:
    """Runs executions, imports and hand-overs in turn, so that none starves another. Safe from several threads."""

    def __init__(
        self,
        store: Store,
        kinds: Kinds,
        transport: Transport,
        uploads: Uploads,
        *,
        outside: Outside | None = None,
        lanes: Collection[str] = LANES,
    ) -> None:
        """`lanes`: what it works on; the rest is left to other workers. Imports are bulk, mails and calls are timed.

        `outside`: who mails come from, and who makes calls to other systems.
        """
        self.store = store
        self.uploads = uploads
        self._kinds = kinds
        self._transport = transport
        self._outside = outside or Outside()
        self._breaker = Breaker()
        self._performer = self._outside.performer or Children(kinds)
        self._lanes = frozenset(LANES.index(lane) for lane in lanes)
        self._programs = ProgramCache(kinds)
        self._mine = threading.local()
        self._aside: Aside | None = None

    def drain(self, deadline: Callable[[], bool]) -> bool:
        """Do what is due until nothing is, or until `deadline()`; return whether more is left."""
        while not deadline():
            if not self.run_once(deadline):
                return False
        return True

    def run_once(self, deadline: Callable[[], bool] = lambda: False) -> bool:
        """Do one slice of each kind of work that is due; return whether there was any.

        One look tells the kinds: asking for each would cost an event that comes meanwhile three round trips of wait.
        """
        kinds = claims.kinds_due(self.store, self._lanes)
        ran = "run" in kinds and self._runner().run_once(deadline)
        imported = "import" in kinds and not deadline() and self._import_chunk()
        sent = "outbox" in kinds and not deadline() and self._outbox().run_once()
        called = "call" in kinds and not deadline() and self._call()
        admitted = "admission" in kinds and not deadline() and self._admit()
        switched = "switch" in kinds and not deadline() and self._switch()
        return ran or imported or sent or called or admitted or switched

    def call_aside(self) -> None:
        """Make calls and run plugins in threads of their own from now on: whoever does not answer holds up nothing.

        Until then, and for those who want all to be done when `drain` returns, they are made in turn with the rest.
        """
        self._aside = Aside(CALLING)

    def stop_aside(self, timeout_seconds: float) -> bool:
        """Begin no further calls and wait for those in hand; return whether they ended. Others have their leases."""
        return self._aside is None or self._aside.stop(timeout_seconds)

    def tick(self) -> None:
        """Look for rows that nothing would ever wake, and wake them; remove what nobody needs any more."""
        recovery.heal(self.store)
        dates_reached.look(self.store, self._kinds)
        schedules.look(self.store, self._kinds)
        moves.settle(self.store)
        storm_hours.look(self.store)
        import_retention.sweep(self.store, self.uploads)
        limit_passes.sweep(self.store)

    def _runner(self) -> Runner:
        if not hasattr(self._mine, "runner"):
            self._mine.runner = Runner(self.store, self._kinds, programs=self._programs, lanes=self._lanes)
        runner: Runner = self._mine.runner
        return runner

    def _outbox(self) -> Outbox:
        if not hasattr(self._mine, "outbox"):
            self._mine.outbox = Outbox(self.store, self._transport, sender=self._outside.mails_from, lanes=self._lanes)
        outbox: Outbox = self._mine.outbox
        return outbox

    def _call(self) -> bool:
        if self._aside is not None:
            return self._aside.begin(lambda: self._caller().run_once())
        return self._caller().run_once()

    def _caller(self) -> Caller:
        if not hasattr(self._mine, "caller"):
            outside = self._outside
            self._mine.caller = Caller(
                self.store, outside.calls, outside.vault,
                breaker=self._breaker, lanes=self._lanes, performer=self._performer,
            )  # fmt: skip
        caller: Caller = self._mine.caller
        return caller

    def _admit(self) -> bool:
        """Let one chunk of one tenant's leads in."""
        return self._piece(
            "admission", lambda tenant: admissions.run_chunk(self.store, tenant, self._kinds), admissions
        )

    def _switch(self) -> bool:
        """Activate and deactivate one tenant's workflows whose time has come."""
        return self._piece("switch", lambda tenant: switches.run(self.store, tenant, self._kinds), switches)

    def _piece(self, kind: due.Kind, do: Callable[[UUID], object], planned: Planned) -> bool:
        """Do a piece of one tenant's work of a kind, under a lease; `planned` says when the next one is due."""
        lease = claims.claim(self.store, kind, self._runner().owner, most_shards=1, lanes=self._lanes)
        if lease is None:
            return False
        try:
            do(lease.tenant_id)
        except BaseException:
            claims.give_back(self.store, lease, rest=claims.REST)
            raise
        with writing(self.store, Tenancy(lease.tenant_id)) as session:
            due.lock(session.connection(), lease)
            due.release(session.connection(), lease, next_at=planned.next_at(session))
        return True

    def _import_chunk(self) -> bool:
        """Do one chunk of one tenant's import, under a lease."""
        lease = claims.claim(self.store, "import", self._runner().owner, most_shards=1, lanes=self._lanes)
        if lease is None:
            return False
        try:
            more = import_chunks.run_chunk(self.store, self.uploads, lease.tenant_id)
        except BaseException:
            claims.give_back(self.store, lease, rest=claims.REST)
            raise
        self._rest(lease, more=more)
        return True

    def _rest(self, lease: due.Lease, *, more: bool) -> None:
        """Give back an import's lease; it stays due while any import of the tenant is open."""
        with writing(self.store, Tenancy(lease.tenant_id)) as session:
            due.lock(session.connection(), lease)
            if more or recovery.has_open_import(session):
                due.abandon(session.connection(), lease)
            else:
                due.release(session.connection(), lease, next_at=None)


def next_due(store: Store) -> object:
    """Return when the next work of any kind is due, or None."""
    with system(store) as session:
        return session.scalar(select(Due.next_at).where(Due.next_at.is_not(None)).order_by(Due.next_at).limit(1))
