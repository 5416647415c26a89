"""The world outside: a mail server, a receiver of calls and one of plugin runs. Each writes down first what it gets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from campaigns.messages.handover import Accepted, GiveUp, OutcomeUnknown, TryLater
from campaigns.messages.message import Outgoing
from campaigns.outgoing.call import Answer, Call, Unreachable
from campaigns.performing.task import Task
from campaigns.sections.performed import Performed, values_of
from campaigns.sections.performing import EmitEvent
from campaigns.sections.performing import GiveUp as Refused
from campaigns.sections.performing import TryLater as Later

JSON = {"content-type": "application/json"}


@dataclass
class Ledger:
    """What arrived, by key: how often, and at whom. `moments`: the number of the last commit before each mail."""

    mails: Counter[str] = field(default_factory=Counter)
    recipients: dict[str, set[str]] = field(default_factory=dict)
    moments: dict[str, list[int]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    bodies: dict[str, set[tuple[str, bytes]]] = field(default_factory=dict)


class Mailbox:
    """A mail server. `point` is told before and after each mail: the worker may die there, or others go first."""

    def __init__(
        self, ledger: Ledger, chance: Random, point: Callable[[str], None], commits: Callable[[], int]
    ) -> None:
        self.ledger, self._chance, self._point, self._commits = ledger, chance, point, commits

    def send(self, message: Outgoing) -> Accepted:
        self._point("before a mail")
        fate = self._chance.random()
        if fate < 0.08:
            raise TryLater("451 not now")
        if fate < 0.11:
            raise GiveUp("550 nobody here")
        if fate < 0.13:
            raise OutcomeUnknown("the answer was lost, and so was the mail")
        self.ledger.mails[message.key] += 1
        self.ledger.recipients.setdefault(message.key, set()).add(message.recipient)
        self.ledger.moments.setdefault(message.key, []).append(self._commits())
        self._point("after a mail")
        if fate < 0.15:
            raise OutcomeUnknown("the answer was lost")
        return Accepted("250 taken")

    @contextmanager
    def session(self) -> Iterator[Mailbox]:
        yield self


class Receiver:
    """A host that is called. It answers, fails for a while, refuses, or stays silent after it has done its work."""

    def __init__(self, ledger: Ledger, chance: Random, point: Callable[[str], None]) -> None:
        self.ledger, self._chance, self._point = ledger, chance, point

    def send(self, call: Call) -> Answer:
        self._point("before a call")
        fate = self._chance.random()
        if fate < 0.06:
            raise Unreachable("nobody answers")
        self.ledger.calls[call.key] += 1
        self.ledger.bodies.setdefault(call.key, set()).add((call.url, call.body))
        self._point("after a call")
        if fate < 0.12:
            raise Unreachable("no answer in time")
        if fate < 0.25:
            return Answer(503, {"retry-after": "2"} if fate < 0.18 else {}, b"", 1)
        return Answer(404 if fate < 0.3 else 200, JSON, b'{"n": 1}', 1)


class Plugins:
    """Who runs plugins: it does what was asked, and its answer may be lost; it fails for a while, or for good."""

    def __init__(self, ledger: Ledger, chance: Random, point: Callable[[str], None]) -> None:
        self.ledger, self._chance, self._point = ledger, chance, point

    def perform(self, task: Task) -> dict[str, Any]:
        self._point("before a run")
        fate = self._chance.random()
        if fate < 0.1:
            raise Later("not now", after_seconds=fate * 50)
        self.ledger.calls[task.key] += 1
        asked = json.dumps(task.asked, sort_keys=True).encode()
        self.ledger.bodies.setdefault(task.key, set()).add((task.type, asked))
        self._point("after a run")
        if fate < 0.2:
            raise Unreachable("the process was killed")
        if fate < 0.25:
            raise Refused("it can't be done")
        return values_of(Performed(state={"acted": task.attempt}, events=[EmitEvent("acted", {})]))
