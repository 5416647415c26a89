"""What every way of saying "look now" has in common.

The rows in the database are the only truth and the only timer. A dispatch may lose or double every one of its
messages: work is then done later, or looked for in vain, and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol
from uuid import UUID

from sqlalchemy import Connection

from campaigns.errors import CampaignsError

Lane = Literal["interactive", "timed", "bulk"]
"""How urgent work is: somebody waits for it, its hour has come, or there is much of it."""

STOP_SECONDS = 25.0
"""How long a stop waits for the work in hand, so that it fits the 30 seconds platforms allow."""


class DispatchUsedTwice(CampaignsError):
    """This dispatch was started before; it starts once in its life."""

    code = "dispatch_used_twice"


class OfferOutsideTransaction(CampaignsError):
    """Work was offered on a connection that is not in a transaction."""

    code = "offer_outside_transaction"


class Work(Protocol):
    """What a dispatch calls. Both calls come from its threads, and `drain` possibly from several at once."""

    def drain(self, deadline: Callable[[], bool]) -> bool:
        """Do what is due now, until nothing is due or `deadline()` is true; return whether more is left to do."""
        ...

    def tick(self) -> None:
        """Do the slow, repeated duties. Doing them twice, or in two processes at once, does no harm."""
        ...


class Dispatch(Protocol):
    """A way of saying "look now". Making one starts nothing; `start` works once, and `stop` is final."""

    def offer(self, connection: Connection, tenant_id: UUID, lane: Lane) -> None:
        """Say, inside the caller's transaction and as its last statement, that its commit will make work."""
        ...

    def wake(self, tenant_id: UUID, lane: Lane) -> None:
        """Say, after the commit, that there is work. Never fails because the work does."""
        ...

    def start(self, work: Work) -> None:
        """Begin to look for work; raises DispatchUsedTwice if it was started, or stopped, before."""
        ...

    def stop(self, timeout_seconds: float = STOP_SECONDS) -> bool:
        """Begin no further work and wait for what is in hand; return whether it ended within the time."""
        ...
