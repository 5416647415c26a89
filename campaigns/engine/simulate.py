"""Running a program in virtual time, without effects: the engine as it is, with another clock and no shell.

Time jumps from one thing to the next: a token that is due, or an event of the lead. What a step would do outside is
noted in its receipt and answered as if it had gone well.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from campaigns.engine.advance import hear, restart, stop, waiting_for, wake
from campaigns.engine.context import Context, Started
from campaigns.engine.events import FINISHED, MAX_HOPS, RECEIVED, change_name, heard_as
from campaigns.engine.execution import MAIN, Execution, Token
from campaigns.engine.limits import Counters
from campaigns.engine.matching import refusal, refusal_text, triggers_for
from campaigns.engine.outcome import Receipt
from campaigns.engine.paths import NOTHING_AROUND, Around, Happening, Heard, Path, Trace
from campaigns.engine.program import PreparedTrigger, Program
from campaigns.engine.subject import Subject

HORIZON = timedelta(days=731)
MOST_STEPS = 10_000
MOST_TURNS = 5_000  # wakes and events of one execution

__all__ = ["Around", "Happening", "Heard", "Path", "Trace", "not_taken", "simulate"]


def simulate(
    program: Program,
    subject: Subject,
    start: Happening,
    *,
    later: Sequence[Happening] = (),
    around: Around = NOTHING_AROUND,
    counters: Counters | None = None,
) -> Path:
    """Walk a lead from an event on, hearing `later` ones in their order, until it ends or two years are over.

    The subject is changed as the lead would be: give a copy. `counters` are those of the limits, where several leads
    share them.
    """
    if start.applies:
        start.apply(subject)
    run = _Run(program, subject, start, around)
    run.counters = counters or run.counters
    path = Path(subject.id, start.at)
    limit = refusal(program.rules, around.enrolment, run.context(start), hop=0)
    if limit is not None:
        path.status, path.reason, path.ends_at = "refused", refusal_text(limit), start.at
        return path
    run.begin(path)
    _pass_time(run, path, list(later), start.at + HORIZON)
    path.status, path.reason = run.execution.status, run.execution.reason
    path.ends_at = run.now
    path.standing = [(token.listener or token.section, token.wake_at) for token in run.execution.tokens.values()]
    return path


def not_taken(
    program: Program, trigger: PreparedTrigger, subject: Subject, start: Happening, *, around: Around = NOTHING_AROUND
) -> Receipt | None:
    """Return why a trigger does not take an event: {"filter": receipt}, or {} where its settings say no; else None."""
    context = _Run(program, subject, start, around).context(start)
    if trigger.event_type is not None and not trigger.match(context):
        return {}
    verdict = trigger.filter(context) if trigger.filter is not None else None
    return {"filter": verdict.receipt} if verdict is not None and not verdict.truth else None


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
            index, name = len(path.steps), str(heard.values.get("name") or "")
            path.heard.append(Heard(index, run.now, name, run.tell(heard, path)))
        elif token is None or at is None or at > end:
            return
        else:
            run.now = max(run.now, at)
            run.go_on(token, path)
        if len(path.steps) > MOST_STEPS:
            run.execution.end("stopped", f"more than {MOST_STEPS} steps")
            return


class _Noted(Execution):
    """An execution that remembers what its own data was after each step."""

    __slots__ = ("states",)

    def __init__(self) -> None:
        super().__init__()
        self.states: list[dict[str, Any]] = []

    def step(self, section: str, outcome: str, receipt: Receipt | None = None) -> None:
        super().step(section, outcome, receipt)
        self.states.append(self.state)


class _Run:
    """One execution with its clock."""

    def __init__(self, program: Program, subject: Subject, start: Happening, around: Around) -> None:
        self.program = program
        self.subject = subject
        self.start = start
        self.now = start.at
        self.around = around
        self.execution = _Noted()
        self.events: dict[str, Happening] = {}
        self.counters = Counters()
        self.did = list(around.did)
        self.hops = 0  # executions are told of what they cause themselves, and so on, but not for ever

    @property
    def is_over(self) -> bool:
        return self.execution.status not in {"running", "waiting", "listening"}

    def context(self, event: Happening) -> Context:
        made = Context(
            self.subject,
            now=self.now,
            event=event.values,
            before=event.before,
            state=self.execution.state,
            workflows=set(self.around.workflows),
            activity=self._activity,
            time_zone=self.around.zone or self.around.tenant_zone,
            tenant_zone=self.around.tenant_zone,
            hours=self.around.hours,
        )
        made.starter = lambda start: Started(execution=f"simulated {start.workflow}")
        made.limiter = lambda limit: self.counters.ask(limit, self.now)
        made.event_of = lambda key: (self.events.get(key, self.start) if key is not None else self.start).values
        return made

    def _activity(self, name: str, since: datetime | None) -> int:
        return sum(1 for one, at in self.did if one == name and at <= self.now and (since is None or at >= since))

    def begin(self, path: Path) -> None:
        self.did.append((str(self.start.values.get("name") or ""), self.start.at))
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

    def tell(self, event: Happening, path: Path) -> bool:
        """Tell of an event: it ends the execution, wakes what waits for it, or takes it back. Return whether it did."""
        key = str(event.values.get("id") or f"simulated {len(self.events)}")
        self.events[key] = event
        self.did.append((str(event.values.get("name") or ""), event.at))
        if event.applies:
            event.apply(self.subject)
        context = self.context(event)
        for trigger in self._matching("exit", event, context):
            stop(self.execution, trigger.id, "exit", {"event": event.values.get("name")})
            self._walked(path)
            return True
        counted = False
        for token, armed in waiting_for(self.program, self.execution, event.types):
            if not self.is_over:
                context = self.context(event)
                context.event = {**event.values, "id": key}
                if hear(self.program, self.execution, context, token, armed):
                    counted = True
                    self._walked(path)
        return self._taken_back(event, key, path) or counted

    def _taken_back(self, event: Happening, key: str, path: Path) -> bool:
        context = self.context(event)
        context.event = {**event.values, "id": key}
        for trigger in self._matching("restart", event, context):
            restart(self.program, self.execution, context, trigger)
            self._walked(path)
            return True
        return False

    def _matching(self, mode: str, event: Happening, context: Context) -> list[PreparedTrigger]:
        if self.is_over:
            return []
        listening = [one for one in triggers_for(self.program, event.types) if one.mode == mode]
        return [one for one in listening if one.accepts(context)]

    def _walked(self, path: Path) -> None:
        """Note what a walk did, answer what it asked for, and let the execution hear what it caused itself."""
        execution = self.execution
        self._note(path)
        execution.outside.clear()
        self.subject.notes.clear()
        self.subject.tasks.clear()
        caused = [self._caused(change_name(changes), changes, {}) for _, changes in execution.changes]
        caused += [self._caused(name, None, properties) for name, properties in execution.emitted]
        execution.changes.clear()
        execution.emitted.clear()
        if len(path.steps) > MOST_STEPS or self.is_over:
            return
        if self.hops < MAX_HOPS:
            self.hops += 1
            for event in caused:
                self.tell(event, path)
            self.hops -= 1
        self._answer(path)

    def _note(self, path: Path) -> None:
        execution = self.execution
        changes, outside = dict(execution.changes), {number for number, *_ in execution.outside}
        for (number, section, outcome, receipt), state in zip(execution.steps, execution.states, strict=True):
            path.steps.append((section, outcome, self.now, receipt))
            path.traces.append(Trace(state, changes.get(number, {}), number in outside))
        execution.steps.clear()
        execution.states.clear()

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
