"""A transport that keeps messages in a list: for tests, with answers told beforehand."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from campaigns.messages.handover import Accepted, GiveUp, NotSent, OutcomeUnknown
from campaigns.messages.message import MessageRefused, Outgoing, to_mime


class MemoryTransport:
    """Keeps what it takes over. `answers` says what becomes of the next messages; after them all are accepted."""

    def __init__(self, *, answers: list[Accepted | NotSent] | None = None) -> None:
        self.sent: list[Outgoing] = []
        """All that has been taken over, those with a lost answer as well."""
        self.answers: deque[Accepted | NotSent] = deque(answers or [])

    def send(self, message: Outgoing) -> Accepted:
        try:
            to_mime(message)
        except MessageRefused as error:
            raise GiveUp(error.message) from error
        answer = self.answers.popleft() if self.answers else Accepted("250 kept in memory")
        if isinstance(answer, Accepted | OutcomeUnknown):
            self.sent.append(message)
        if isinstance(answer, NotSent):
            raise answer
        return answer

    @contextmanager
    def session(self) -> Iterator[MemoryTransport]:
        yield self
