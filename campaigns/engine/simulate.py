"""Running a program in virtual time, without effects: the engine as it is, with another clock and no shell.

Time jumps from one thing to the next: a token that is due, or an event of the lead. What a step would do outside is
noted in its receipt and answered as if it had gone well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from campaigns.engine.advance import hear, waiting_for, wake
from campaigns.engine.context import Context, Started
from campaigns.engine.events import FINISHED, RECEIVED, change_name, heard_as
from campaigns.engine.execution import MAIN, Execution, Token
from campaigns.engine.limits import Counters
from campaigns.engine.matching import Enrolment, refusal, refusal_text
from campaigns.engine.program import Program
from campaigns.engine.subject import Subject

HORIZON = timedelta(days=731)
MOST_STEPS = 10_000
MOST_TURNS = 5_000  # wakes and events of one execution
Types = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the lead: when, its subscription types, and what conditions and templates see of it."""

    at: datetime
    types: tuple[str, ...]
    values: Mapping[str, Any]
    before: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Path:
    """A lead's way: (section, outcome, at, receipt) of each step, how it stands at the end, and when that was."""

    lead: Any
    started_at: datetime
    steps: list[tuple[str, str, datetime, dict[str, Any] | None]] = field(default_factory=list)
    status: str = "running"
    reason: str = ""
    ends_at: datetime | None = None


def simulate(
    program: Program,
    subject: Subject,
    start: Happening,
    *,
    later: Sequence[Happening] = (),
    zone: Any = None,
    counters: Counters | None = None,
) -> Path:
    """Walk a lead from an event on, hearing `later` ones in their order, until it ends or two years are over.

    The subject is changed as the lead would be: give a copy. `counters` are those of the limits, where several leads
    share them.
    """
    run = _Run(program, subject, start, zone)
    run.counters = counters or run.counters
    path = Path(subject.id, start.at)
    limit = refusal(program.rules, Enrolment(), run.context(start), hop=0)
    if limit is not None:
        path.status, path.reason, path.ends_at = "refused", refusal_text(limit), start.at
        return path
    run.begin(path)
    _pass_time(run, path, list(later), start.at + HORIZON)
    path.status, path.reason = run.execution.status, run.execution.reason
    path.ends_at = run.now
    return path


def _pass_time(run: _Run, path: Path, later: list[Happening], end: datetime) -> None:
    for _ in range(MOST_TURNS):
        token = run.due()
        at = token.wake_at if token is not None else None
        heard = later[0] if later else None
        if heard is not None and (at is None or heard.at <= at):
            if heard.at > end or run.is_over:
                return
            later.pop(0)
            run.now = max(run.now, heard.at)
            run.tell(heard, path)
        elif token is None or at is None or at > end:
            return
        else:
            run.now = max(run.now, at)
            run.go_on(token, path)
        if len(path.steps) > MOST_STEPS:
            run.execution.end("stopped", f"more than {MOST_STEPS} steps")
            return


class _Run:
    """One execution with its clock."""

    def __init__(self, program: Program, subject: Subject, start: Happening, zone: Any) -> None:
        self.program = program
        self.subject = subject
        self.start = start
        self.now = start.at
        self.zone = zone
        self.execution = Execution()
        self.events: dict[str, Happening] = {}
        self.counters = Counters()

    @property
    def is_over(self) -> bool:
        return self.execution.status not in {"running", "waiting", "listening"}

    def context(self, event: Happening) -> Context:
        zones = {"time_zone": self.zone, "tenant_zone": self.zone} if self.zone is not None else {}
        made = Context(
            self.subject, now=self.now, event=event.values, before=event.before, state=self.execution.state, **zones
        )
        made.starter = lambda start: Started(execution=f"simulated {start.workflow}")
        made.limiter = lambda limit: self.counters.ask(limit, self.now)
        made.event_of = lambda key: (self.events.get(key, self.start) if key is not None else self.start).values
        return made

    def begin(self, path: Path) -> None:
        token = self.execution.tokens[MAIN] = Token()
        self.go_on(token, path)

    def due(self) -> Token | None:
        """Return the token that is due next."""
        if self.is_over:
            return None
        timed = [token for token in self.execution.tokens.values() if token.wake_at is not None]
        return min(timed, key=lambda token: (token.wake_at, token.number), default=None)

    def go_on(self, token: Token, path: Path) -> None:
        event = self.events.get(token.event_id, self.start) if token.event_id is not None else self.start
        wake(self.program, self.execution, self.context(event), token)
        self._walked(path)

    def tell(self, event: Happening, path: Path) -> None:
        """Tell every token that waits for such an event."""
        key = str(event.values.get("id") or f"simulated {len(self.events)}")
        self.events[key] = event
        for token, armed in waiting_for(self.program, self.execution, event.types):
            if not self.is_over:
                context = self.context(event)
                context.event = {**event.values, "id": key}
                if hear(self.program, self.execution, context, token, armed):
                    self._walked(path)

    def _walked(self, path: Path) -> None:
        """Note what a walk did, answer what it asked for, and let the execution hear what it caused itself."""
        execution = self.execution
        path.steps += [(section, outcome, self.now, receipt) for _, section, outcome, receipt in execution.steps]
        execution.steps.clear()
        execution.outside.clear()
        self.subject.notes.clear()
        self.subject.tasks.clear()
        caused = [self._caused(change_name(changes), changes, {}) for _, changes in execution.changes]
        caused += [self._caused(name, None, properties) for name, properties in execution.emitted]
        execution.changes.clear()
        execution.emitted.clear()
        if len(path.steps) > MOST_STEPS or self.is_over:
            return
        for event in caused:
            self.tell(event, path)
        self._answer(path)

    def _caused(self, name: str, changes: Any, properties: dict[str, Any]) -> Happening:
        types = heard_as(name, changes) if changes else (RECEIVED + name,)
        told = {"name": name, "occurred_at": self.now, "properties": properties, "changes": changes or {}}
        return Happening(self.now, types, {**properties, **told})

    def _answer(self, path: Path) -> None:
        """Answer calls with an empty 200, and take other workflows that are waited for as finished at once."""
        for token in [token for token in self.execution.tokens.values() if token.call]:
            if token.waits:
                ended = {"execution": token.call, "outcome": "finished"}
                values = {"name": FINISHED, "source": "execution", "properties": ended, "occurred_at": self.now}
                self.tell(Happening(self.now, (FINISHED,), values), path)
            elif self.execution.tokens.get(token.number) is token and not self.is_over:
                token.answer = {"status": 200, "body": None, "headers": {}, "simulated": True}
                self.go_on(token, path)
