"""Section types that act on the world by themselves: a config model with a `perform`.

@section("chat.send", role="action", label="Chat message")
class ChatSend(Performing):
    "Posts a message."
    text: str = Field(title="Text")

    def perform(self, job: Job) -> Performed:
        expect_ok(job.send("POST", "https://chat.example.com/hook", json={"text": self.text}))
        return Performed()

`perform` runs in a process of its own, outside of any transaction, and may do so more than once: `job.key` is the same
then. It is given plain values, and answers with plain values; the engine applies them when the section is resumed.
"""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from campaigns.engine.effects import EmitEvent, PluginRun
from campaigns.engine.outcome import Fail, Outcome, Perform
from campaigns.outgoing.call import Answer, Call, Forbidden, Method, Sender, Unreachable
from campaigns.sections.base import Context, Decider, Reference, Section, Vocabulary
from campaigns.sections.needs import UNDECLARED, Needs
from campaigns.sections.performed import ERROR, MOST_BYTES, Performed, outcome_of

__all__ = [
    "ERROR", "Answer", "EmitEvent", "GiveUp", "Job", "Needs", "Performed", "Performing", "TryLater", "expect_ok",
]  # fmt: skip


class TryLater(Unreachable):
    """It can't be done now, but may be later."""

    def __init__(self, message: str | None = None, *, after_seconds: float = 0) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds


class GiveUp(Forbidden):
    """It can't be done, and trying again would not help."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run. `key` is the same over all tries of a step: hand it on, so that the other side can tell a repetition."""

    key: str
    attempt: int
    asked: Mapping[str, Any]  # what `ask` gave
    secrets: Mapping[str, str]
    sender: Sender

    def secret(self, key: str) -> str:
        """Return a secret that the config names; raise GiveUp when it is gone."""
        if key not in self.secrets:
            raise GiveUp(f"There is no secret {key}.")
        return self.secrets[key]

    def send(
        self, method: Method, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", json: Any = None
    ) -> Answer:
        """Make a call under the rules for tenants' addresses; any status is an answer. Carries the key."""
        given = {"webhook-id": self.key, **(headers or {})}
        if json is not None:
            body, given = json_text.dumps(json).encode(), {"content-type": "application/json", **given}
        return self.sender.send(Call(method, url, given, body, self.key))


def expect_ok(answer: Answer) -> Answer:
    """Return an answer that is 2xx; raise TryLater for 429 and 5xx, GiveUp for all others."""
    if 200 <= answer.status < 300:
        return answer
    if answer.status == 429 or answer.status >= 500:
        asked = answer.headers.get("retry-after", "")
        raise TryLater(f"answered {answer.status}", after_seconds=float(asked) if asked.isdigit() else 0)
    raise GiveUp(f"answered {answer.status}")


class Performing(Section):
    """A section type with a `perform`. Its class says within which limits; a branch `error` takes what fails."""

    time_limit: ClassVar[float] = 30  # seconds a try may take; at most 30
    memory_limit: ClassVar[int] = 256  # MiB a try may take
    retries: ClassVar[int] = 3
    within: ClassVar[int] = 300  # seconds after the first try in which it is tried again
    needs: ClassVar[Needs] = UNDECLARED  # whom it calls, which secrets and fields it reads, whether it sets fields

    def perform(self, job: Job) -> Performed:
        """Act on the world. Raise TryLater or GiveUp, each with a sentence for people; anything else is tried again."""
        raise NotImplementedError

    def ask(self, context: Context) -> Mapping[str, Any]:
        """Return what `perform` is given besides the config: plain values. Less is better, as they are stored."""
        return {"lead": context.lead or {}, "event": context.event, "state": context.state}

    def references(self) -> Sequence[Reference]:
        """Return the keys in fields that say so: `Field(json_schema_extra={"reference": "secret"})`."""
        found = []
        for name, spec in type(self).model_fields.items():
            extra, value = spec.json_schema_extra, getattr(self, name)
            kind = extra.get("reference") if isinstance(extra, dict) else None
            if isinstance(kind, str) and isinstance(value, str):
                found.append(Reference(kind, value, f"/{spec.alias or name}"))
        return found

    def secrets_handed(self) -> tuple[str, ...]:
        """Return the keys of the secrets that a run gets: those that the config names, in keys that were declared."""
        named = [one for one in self.references() if one.kind == "secret"]
        return tuple(sorted({one.key for one in named if self.needs.allows_secret(one.path)}))

    def decide(self, context: Context) -> Outcome:
        asked = json_text.dumps(self.ask(self.needs.narrowed(context)), default=str)
        if len(asked) > MOST_BYTES:
            return Fail(f"more than {MOST_BYTES // 1024} KiB would be handed to it")
        secrets = self.secrets_handed()
        limit = min(float(self.time_limit), 30.0)
        config = self.model_dump(mode="json", by_alias=True)
        run = PluginRun(
            config, json_text.loads(asked), secrets, self.retries, self.within, limit=limit, memory=self.memory_limit
        )
        return Perform(run, wait=True)

    def prepare_resume(self, vocabulary: Vocabulary) -> Decider:
        branches = self.branches()
        writes = self.needs.writes_lead
        return lambda context: outcome_of(context, branches, vocabulary, writes_lead=writes)
