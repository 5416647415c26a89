"""How messages leave: one protocol, what can become of a hand-over, and the choice of a transport by address."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from campaigns.errors import CampaignsError
from campaigns.messages.message import Outgoing


@dataclass(frozen=True, slots=True)
class Accepted:
    """The other side has taken the message over; its answer in its own words."""

    response: str


class NotSent(CampaignsError):
    """The message was not handed over."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TryLater(NotSent):
    """The message was not taken this time: a repeat may help, and cannot arrive twice."""


class GiveUp(NotSent):
    """The message was refused for good: a repeat would not help."""


class OutcomeUnknown(NotSent):
    """The message was given over, but the answer was lost: it may or may not arrive."""


class Session(Protocol):
    """A connection that serves several messages."""

    def send(self, message: Outgoing) -> Accepted:
        """Hand over one message. Raises TryLater, GiveUp or OutcomeUnknown; the session stays usable after each."""
        ...


class Transport(Protocol):
    """A way for messages to leave."""

    def send(self, message: Outgoing) -> Accepted:
        """Hand over one message by itself. Raises TryLater, GiveUp or OutcomeUnknown."""
        ...

    def session(self) -> AbstractContextManager[Session]:
        """Open one connection for a batch; it is made at the first message and closed at the end."""
        ...


class UnknownTransport(CampaignsError):
    """This is not an address of a mail transport."""


def open_transport(url: str) -> Transport:
    """The transport of an address: `smtp://user:pass@host:port?starttls=1`, `smtps://…`, `console:` or `memory:`."""
    from campaigns.messages.console import ConsoleTransport
    from campaigns.messages.memory import MemoryTransport
    from campaigns.messages.smtp import SMTPTransport

    scheme = urlsplit(url).scheme
    if scheme == "console":
        return ConsoleTransport()
    if scheme == "memory":
        return MemoryTransport()
    if scheme in ("smtp", "smtps"):
        return SMTPTransport.from_url(url)
    raise UnknownTransport(f"mail goes to smtp://, smtps://, console: or memory:, not {scheme or 'nothing'}:")
