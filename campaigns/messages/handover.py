"""How messages leave: one protocol, and what can become of a hand-over."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

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
