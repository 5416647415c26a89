"""Many processes on one PostgreSQL: each is an embedded worker that also hears the messages of all the others."""

from __future__ import annotations

import time
from collections.abc import Collection
from uuid import UUID
from weakref import ref

from procrastinate import App, SyncPsycopgConnector
from sqlalchemy import Connection, make_url

from campaigns.dispatch.base import STOP_SECONDS, Lane, OfferOutsideTransaction, Work
from campaigns.dispatch.embedded import Embedded
from campaigns.dispatch.listener import LOOK, PRIORITIES, Listener
from campaigns.errors import CampaignsError

_OFFERED = "campaigns.dispatch.offered"


class NeedsPostgreSQL(CampaignsError):
    """Sharing work between processes by messages needs PostgreSQL."""

    code = "needs_postgresql"


class Distributed:
    """Puts one message for each (transaction, tenant, lane) into the transaction itself; workers listen for them.

    A process that only makes work offers and never starts. `url` is a SQLAlchemy address, and must lead straight to
    the server (or through a pool in session mode): LISTEN does not pass a pool in transaction mode. `lanes`: whose
    messages it hears.
    """

    def __init__(
        self,
        url: str,
        *,
        role: str | None = "campaigns_app",
        concurrency: int = 2,
        tick_seconds: float = 1.0,
        lanes: Collection[Lane] = tuple(PRIORITIES),
    ) -> None:
        address = make_url(url)
        if address.get_backend_name() != "postgresql":
            raise NeedsPostgreSQL
        self._offers = App(connector=SyncPsycopgConnector())  # never opened: it writes on the caller's connection
        self._local = Embedded(tick_seconds=tick_seconds)
        self._listener = Listener(
            address.set(drivername="postgresql").render_as_string(hide_password=False),
            role=role,
            concurrency=concurrency,
            look=self._local.look,
            lanes=lanes,
        )

    def offer(self, connection: Connection, tenant_id: UUID, lane: Lane) -> None:
        """Raises OfferOutsideTransaction where no transaction is open. Once per tenant and lane; the rest is free."""
        if self._is_first(connection, (tenant_id, lane)):
            self._offers.configure_task(
                LOOK,
                queue=lane,
                priority=PRIORITIES[lane],
                connection=connection.connection.driver_connection,
            ).defer(tenant_id=str(tenant_id), lane=lane)

    def wake(self, tenant_id: UUID, lane: Lane) -> None:
        """Nothing to do: the commit itself has sent the message."""

    def start(self, work: Work) -> None:
        self._local.start(work)
        self._listener.start(work)

    def stop(self, timeout_seconds: float = STOP_SECONDS) -> bool:
        end = time.monotonic() + timeout_seconds
        self._listener.end()
        looked = self._local.stop(timeout_seconds)
        return self._listener.join(max(0.0, end - time.monotonic())) and looked

    @staticmethod
    def _is_first(connection: Connection, offer: tuple[UUID, Lane]) -> bool:
        """Remember the offer with the innermost transaction: when a savepoint goes, its message goes too."""
        transaction = connection.get_nested_transaction() or connection.get_transaction()
        if transaction is None:
            raise OfferOutsideTransaction
        known, offered = connection.info.get(_OFFERED, (None, set()))
        if known is None or known() is not transaction:
            offered = set()
            connection.info[_OFFERED] = (ref(transaction), offered)
        if offer in offered:
            return False
        offered.add(offer)
        return True
