"""The choice of a transport by its address, and the names that those who send need."""

from __future__ import annotations

from urllib.parse import urlsplit

from campaigns.messages.console import ConsoleTransport
from campaigns.messages.handover import (
    Accepted,
    GiveUp,
    NotSent,
    OutcomeUnknown,
    Session,
    Transport,
    TryLater,
    UnknownTransport,
)
from campaigns.messages.memory import MemoryTransport
from campaigns.messages.smtp import SMTPTransport

__all__ = [
    "Accepted",
    "GiveUp",
    "NotSent",
    "OutcomeUnknown",
    "Session",
    "Transport",
    "TryLater",
    "UnknownTransport",
    "open_transport",
]


def open_transport(url: str) -> Transport:
    """The transport of an address: `smtp://user:pass@host:port?starttls=1`, `smtps://…`, `console:` or `memory:`."""
    scheme = urlsplit(url).scheme
    if scheme == "console":
        return ConsoleTransport()
    if scheme == "memory":
        return MemoryTransport()
    if scheme in ("smtp", "smtps"):
        return SMTPTransport.from_url(url)
    raise UnknownTransport(f"mail goes to smtp://, smtps://, console: or memory:, not {scheme or 'nothing'}:")
