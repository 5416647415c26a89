"""Executions of several tokens without a database: walked, woken by time, and told of events."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from campaigns.engine.advance import hear, restart, waiting_for, wake
from campaigns.engine.context import Context
from campaigns.engine.events import RECEIVED
from campaigns.engine.execution import MAIN, Execution, Token
from campaigns.engine.limits import Counters, Verdict
from campaigns.engine.outcome import Limit
from campaigns.engine.program import Program
from campaigns.engine.subject import Subject
from tests.support.programs import NOW, item, lead, program


def branch(*sections: dict[str, Any]) -> list[dict[str, Any]]:
    return list(sections)


def hours(id: str, hours: int = 1, **more: Any) -> dict[str, Any]:
    return item("flow.delay", id, duration={"hours": hours}) | more


def note(id: str, text: str = "x") -> dict[str, Any]:
    return item("log.note", id, text=text)


def received(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "event.received", "config": {"name": name}, **more}


def listener(id: str, name: str, *sections: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": id, "sections": list(sections), **received(name), **more}


class Line:
    """One execution with a clock that is told."""

    def __init__(self, *sections: dict[str, Any], subject: Subject | None = None, **settings: Any) -> None:
        self.program: Program = program(*sections, **settings)
        self.subject = subject or lead()
        self.now = NOW
        self.counters = Counters()
        self.execution = Execution()
        self.execution.tokens[MAIN] = Token()
        self.wake(self.execution.tokens[MAIN])

    def wake(self, token: Token) -> None:
        wake(self.program, self.execution, self.context(), token)

    def context(self, **event: Any) -> Context:
        made = Context(self.subject, now=self.now, state=self.execution.state, event=event)
        made.limiter = self.limiter
        return made

    def limiter(self, limit: Limit) -> Verdict | None:
        """Answer a limit by this line's own counters; others know some of them, or none."""
        return self.counters.ask(limit, self.now)

    def pass_time(self, **span: int) -> None:
        """Let time pass, waking what becomes due, in its order."""
        until = self.now + timedelta(**span)
        while due := self._due(until):
            self.now = max(self.now, due.wake_at or self.now)
            self.wake(due)
        self.now = until

    def event(self, name: str, **properties: Any) -> bool:
        """Tell every token that waits for it; return whether it counted anywhere."""
        counted = False
        for token, armed in waiting_for(self.program, self.execution, {RECEIVED + name}):
            context = self.context(id="e", name=name, occurred_at=self.now, properties=properties, **properties)
            counted |= hear(self.program, self.execution, context, token, armed)
        return counted

    def changed(self) -> None:
        """Tell every token that waits for any change of the lead that there was one."""
        for token, armed in waiting_for(self.program, self.execution, {"lead.*"}):
            hear(self.program, self.execution, self.context(id="c", name="lead.changed"), token, armed)

    def back_to(self, section: str) -> None:
        trigger = next(iter(self.program.triggers.values()))
        restart(self.program, self.execution, self.context(id="r", name="again"), _to(trigger, section))

    @property
    def status(self) -> str:
        return self.execution.status

    @property
    def steps(self) -> list[tuple[str, str]]:
        return [(section, outcome) for _, section, outcome, _ in self.execution.steps]

    @property
    def standing(self) -> list[str]:
        return sorted(token.section for token in self.execution.tokens.values())

    def _due(self, until: datetime) -> Token | None:
        timed = [token for token in self.execution.tokens.values() if token.wake_at and token.wake_at <= until]
        return min(timed, key=lambda token: (token.wake_at, token.number), default=None)


def _to(trigger: Any, section: str) -> Any:

    return replace(trigger, section=section)
