"""One execution in a batch, from how it was read to the rows that say how it stands now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from campaigns.engine.effects import HttpCall, Notify, PluginRun
from campaigns.engine.events import FINISHED, Event, change_name, heard_as
from campaigns.engine.execution import Armed, Execution, Token
from campaigns.engine.program import Program
from campaigns.engine.subject import Changes, Subject
from campaigns.services.programs import Runnable
from campaigns.services.unasked import is_unasked
from campaigns.storage.queries.batch_writes import Writes
from campaigns.storage.queries.bulk import Ids, Native
from campaigns.storage.queries.counting import branch_key
from campaigns.storage.queries.open_executions import Open, Stored

ENDED = frozenset({"finished", "stopped", "cancelled"})
HOLDING = frozenset({"ready", "running", "waiting", "held"})  # what holds a slot of the limits
TRANSACTIONAL = "transactional"
Snapshot = tuple[Any, ...]


class Run:
    """An execution that a batch works on. `before` is how it stood when it was read; empty for a new one.

    `counted` is the status that the limits know of; `touched` says that something has happened to it.
    """

    __slots__ = (
        "before",
        "counted",
        "event_id",
        "execution",
        "from_steps",
        "hop",
        "id",
        "lane",
        "lead_id",
        "runnable",
        "shard",
        "stored",
        "touched",
        "trigger_id",
        "workflow_id",
    )

    def __init__(self, run_id: Any, runnable: Runnable, execution: Execution, *, lead_id: Any, shard: int) -> None:
        self.id = run_id
        self.runnable = runnable
        self.execution = execution
        self.workflow_id = runnable.program.workflow_id
        self.lead_id = lead_id
        self.shard = shard
        self.event_id: Any = None
        self.trigger_id: str | None = None
        self.hop = 0
        self.lane = 0
        self.before = self.counted = ""
        self.touched = False
        self.from_steps = 0
        self.stored: dict[int, Snapshot] = {}

    @property
    def is_open(self) -> bool:
        return self.execution.status not in ENDED and self.execution.status != "failed"

    @property
    def standing(self) -> str:
        """Its status; one that only listens still does while it is held, and so holds no slot."""
        status, tokens = self.execution.status, self.execution.tokens.values()
        return "listening" if status == "held" and tokens and all(token.side for token in tokens) else status

    @classmethod
    def of(cls, opened: Open, runnable: Runnable) -> Run:
        """Return the run of an execution that was read."""
        execution = Execution(opened.steps, opened.state)
        execution.status, execution.reason = opened.status, opened.reason
        shard = opened.tokens[0].shard if opened.tokens else 0
        run = cls(opened.id, runnable, execution, lead_id=opened.lead_id, shard=shard)
        run.event_id, run.hop, run.from_steps = opened.event_id, opened.hop, opened.steps
        alone = len(opened.tokens) == 1  # whatever happens to the execution then happens to this token
        for stored in opened.tokens:
            token = read_token(stored)
            execution.tokens[token.number] = token
            waits = bool(token.waits) or "waits" in stored.data
            run.stored[token.number] = (token.section, token.entered, waits, None if alone else _snapshot(token))
        run.before = run.counted = run.standing
        return run


class Recorder:
    """Turns what happened to executions into rows."""

    def __init__(
        self, writes: Writes, native: Native, now: datetime, listened: set[str], user_ids: Mapping[str, Any]
    ) -> None:
        self.writes = writes
        self.user_ids = user_ids
        self.native = native
        self.ids = Ids(native)
        self.now = native.moment(now)
        self.listened = listened
        self._steps: dict[Any, tuple[Program, dict[tuple[str, str], int]]] = {}  # by version
        self._kinds: dict[tuple[str, ...], tuple[str, bool]] = {}  # by changed parts: the event's name, whether heard

    def entered(self, workflow_id: Any, event: Event, *, again: bool) -> None:
        """Count a start by an event for its import, and for the storm brake when nobody has asked for it."""
        if event.source == "import" and event.source_id is not None:
            self.writes.imports[event.source_id] += 1
        elif is_unasked(event.source, event.lane, again=again):
            self.writes.totals[workflow_id]["unasked"] += 1

    def drain(self, run: Run, subject: Subject | None, hop: int) -> None:
        """Take what a walk has left: steps and their counts, the events of its changes, mails, notes."""
        json, execution = self.native.json, run.execution
        add, run_id, passed = self.writes.steps.add, run.id, self._passed(run.runnable.program)
        for number, section, outcome, receipt in execution.steps:
            add((run_id, number, section, outcome, json(receipt) if receipt is not None else None))
            passed[section, outcome] += 1
        execution.steps.clear()
        if subject is not None and (execution.changes or execution.outside or execution.emitted):
            self._effects(run, subject, hop)
        if subject is not None and (subject.notes or subject.tasks):
            self._words(run, subject)

    def _passed(self, program: Program) -> dict[tuple[str, str], int]:
        """Return how often each (section, outcome) of a version came in this batch."""
        known = self._steps.get(program.version_id)
        if known is None:
            known = self._steps[program.version_id] = program, defaultdict(int)
        return known[1]

    def count_steps(self) -> None:
        """Count the steps that were taken, once a batch: of sections, and of the branches that were gone into."""
        counts = self.writes.counts
        for version_id, (program, passed) in self._steps.items():
            for (section, outcome), count in passed.items():
                if outcome == "failed":
                    counts[version_id, section][2] += count
                elif outcome != "waiting":
                    counts[version_id, section][1] += count
                    if outcome != "skipped" and program.branches_at(section):
                        counts[version_id, branch_key(section, outcome)][1] += count
        self._steps.clear()

    def _effects(self, run: Run, subject: Subject, hop: int) -> None:
        execution = run.execution
        for _number, changes in execution.changes:
            self._changed(run, changes, hop)
        for name, properties in execution.emitted:
            self._event(run, name, hop, properties)
        self._mails(run, subject)
        execution.changes.clear()
        execution.emitted.clear()

    def _words(self, run: Run, subject: Subject) -> None:
        """Notes and tasks that the walk has left for people."""
        for text in subject.notes:
            self.writes.notes.add((self.ids.next(), subject.id, text, "", run.id))
        for task in subject.tasks:
            due = self.native.moment(task.due_at) if task.due_at is not None else None
            place = (self.ids.next(), subject.id, self.user_ids.get(task.assignee))
            self.writes.tasks.add((*place, task.title, task.text, due, run.id, task.section))
        subject.notes.clear()
        subject.tasks.clear()

    def write(self, run: Run) -> None:
        """Write how an execution stands: its row, and the tokens and waits that are not as they were read."""
        execution, json = run.execution, self.native.json
        state = json(execution.state) if execution.state else None
        status, reason, steps = execution.status, execution.reason, execution.next_number
        ended = self.now if status in ENDED else None
        if run.before:
            self.writes.moved.add((run.id, run.from_steps, status, reason, steps, state, ended))
        else:
            place = (run.workflow_id, run.runnable.program.version_id, run.lead_id, run.event_id, run.trigger_id)
            self.writes.executions.add((run.id, *place, status, reason, run.hop, run.lane, steps, state, ended))
            if run.trigger_id:
                self.writes.counts[run.runnable.program.version_id, run.trigger_id][1] += 1
        if run.stored or execution.tokens:
            self._tokens(run)
        if self._has_ended(run):
            outcome = "finished" if status == "listening" else status
            properties = {"workflow": run.runnable.key, "outcome": outcome, "execution": str(self.native.uuid(run.id))}
            self._event(run, FINISHED, run.hop, properties)

    def _has_ended(self, run: Run) -> bool:
        """Whether the main line has ended by this, and somebody listens to that."""
        if FINISHED not in self.listened or run.lead_id is None or run.before == "listening":
            return False
        return run.execution.status in ENDED or run.execution.status == "listening"

    def _tokens(self, run: Run) -> None:
        tokens, counts = run.execution.tokens, self.writes.counts
        version_id, held = run.runnable.program.version_id, run.execution.status == "held"
        for number, before in run.stored.items():
            token = tokens.get(number)
            if token is not None and _same(token, before):
                continue
            self.writes.tokens_gone.add((run.id, number))
            if before[1]:
                counts[version_id, before[0]][0] -= 1
            if before[2]:
                self.writes.waits_gone.add((run.id, number))
        for token in tokens.values():
            known = run.stored.get(token.number)
            if known is not None and _same(token, known):
                continue
            self._token(run, token, held=held)
            if token.entered:
                counts[version_id, token.section][0] += 1

    def _token(self, run: Run, token: Token, *, held: bool) -> None:
        at = self.native.moment(token.wake_at) if token.wake_at is not None else None
        at = self.now if token.kept else at
        data = token.data()
        place = (run.id, token.number, run.workflow_id, token.section, run.shard)
        self.writes.tokens.add((*place, None if held else at, at, self.native.json(data) if data else None))
        for wait in token.waits:
            self.writes.waits.add((run.id, token.number, wait.name, wait.event_type, run.lead_id, wait.count))

    def _changed(self, run: Run, changes: Changes, hop: int) -> None:
        """Record what a step changed: which parts of the lead, whatever their values, says what it is called."""
        kind = tuple(changes)
        known = self._kinds.get(kind)
        if known is None:
            name = change_name(changes)
            known = self._kinds[kind] = name, self._is_heard(name, changes)
        self._record(run, known, hop, self.native.json(changes), None)

    def _event(self, run: Run, name: str, hop: int, properties: Any) -> None:
        """Record an event of the lead that is no change of it."""
        more = self.native.json(properties) if properties else None
        self._record(run, (name, self._is_heard(name, None)), hop, None, more)

    def _is_heard(self, name: str, changes: Changes | None) -> bool:
        return not self.listened.isdisjoint(heard_as(name, changes))

    def _record(self, run: Run, kind: tuple[str, bool], hop: int, changes: str | None, properties: str | None) -> None:
        """Record an event of the lead, one hop further than what caused it; queue it when somebody may want it."""
        event_id = self.ids.next()
        self.writes.events.add((event_id, kind[0], run.lead_id, hop + 1, run.id, changes, properties))
        if kind[1]:
            self.writes.pending.add((run.shard, 1, event_id))

    def _mails(self, run: Run, subject: Subject) -> None:
        native = self.native
        values, email = native.json({"state": run.execution.state}), subject.values["email"]
        for number, section, token, effect in run.execution.outside:
            if isinstance(effect, HttpCall | PluginRun):
                call_id = self.ids.next()
                asked = (run.id, token, number, section, run.shard, native.json(asdict(effect)))
                self.writes.calls.add((call_id, native.uuid(call_id).hex, *asked))
                continue
            if isinstance(effect, Notify):
                kind, recipients = TRANSACTIONAL, effect.recipients
            else:
                kind, recipients = effect.message_class, (email,)
            template = run.runnable.templates[effect.template]
            for recipient in recipients:
                message_id = self.ids.next()
                place = (subject.id, run.id, section, number)
                key = native.uuid(message_id).hex
                self.writes.messages.add((message_id, key, *place, template, kind, recipient, values))
                self.writes.outbox.add((message_id, run.shard))
        run.execution.outside.clear()


def read_token(stored: Stored) -> Token:
    """Return a token as it was stored, with what it waits for."""
    token = Token.read(stored.number, stored.section, stored.wake_at, stored.data)
    token.waits = [Armed(*wait) for wait in stored.waits]
    return token


def _snapshot(token: Token) -> Snapshot:
    """Return all of a token that is stored, to be compared."""
    waits = tuple((wait.name, wait.event_type, wait.count) for wait in token.waits)
    return token.section, token.wake_at, repr(token.data()), waits


def _same(token: Token, stored: Snapshot) -> bool:
    return not token.kept and stored[3] is not None and _snapshot(token) == stored[3]
