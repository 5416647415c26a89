"""One batch, decided in memory: which events start and wake what, how each execution walks, what has to be written.

Reads nothing and writes nothing itself: `Batch` gets what `storage.queries.batch_reads` brought, and fills `Writes`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any

from campaigns.engine.advance import fail, hear, restart, stop, waiting_for, wake
from campaigns.engine.context import Context, Started
from campaigns.engine.events import MAX_HOPS, Event, event_types, heard_as
from campaigns.engine.execution import MAIN, Armed, Execution, Token
from campaigns.engine.matching import Enrolment, first_match, refusal, refusal_text
from campaigns.engine.outcome import Start
from campaigns.engine.program import PreparedTrigger
from campaigns.engine.subject import Subject
from campaigns.services.batch_known import Known, Pairs
from campaigns.services.batch_runs import HOLDING, Recorder, Run
from campaigns.services.programs import Runnable
from campaigns.storage.queries.batch_reads import Subscribed
from campaigns.storage.queries.batch_writes import Writes
from campaigns.storage.queries.due_tokens import Resume

EXIT = "exit"  # why an execution ends that an exit trigger or another workflow ends
OTHERS = "others"
NONE_ACTIVE = "none_active"


class Batch:
    """Decides a batch. `start` and `resume` are called in order, then `finish`; `writes` then holds all of it."""

    def __init__(self, known: Known, *, poison: str | None = None) -> None:
        """`poison`: what went wrong when this one item was written; its executions fail with that reason."""
        self.known = known
        self.poison = poison
        self.writes = Writes()
        self.moving: dict[Subject, int] = {}  # leads that leave the tenant, with the hop of what sends them
        listened = {subscribed.event_type for subscribed in known.subscriptions} | known.awaited
        self.record = Recorder(self.writes, known.native, known.now, listened, known.user_ids)
        self._starts, self._exits = known.triggers("start"), known.triggers("exit")
        self._restarts = known.triggers("restart")
        self._now = self.record.now
        self._deferred = known.revisits
        self._runs: dict[Any, Run] = {}  # those that may be touched again, by id
        self._of_lead: dict[Any, list[Run]] = defaultdict(list)
        for opened in known.opened.values():
            runnable = known.programs.get(opened.version_id)
            if runnable is not None:
                self._keep(Run.of(opened, runnable))

    def start(self, event: Event) -> None:
        """Match one pending event: it ends, wakes, restarts and starts, in this order."""
        self.writes.pending_gone.add((event.shard, event.lane, event.id))
        subject = self.known.subjects.get(event.lead_id)
        if subject is None:
            return  # erased or moved since, or an event without a lead
        types = event_types(event.name, event.changes)
        if subject.id in self._of_lead:
            self._exit_by(event, subject, types)
            self._wake_by(event, subject)
        for pair in self._wanted(self._restarts, event, types) if self._restarts else ():
            self._restart_by(pair, event, subject)
        wanted: dict[Any, list[PreparedTrigger]] = {}
        for trigger, subscribed in self._wanted(self._starts, event, types):
            wanted.setdefault(subscribed.version_id, []).append(trigger)
        for version_id, triggers in wanted.items():
            if subject.moved_to is None:
                context = self.known.context(subject, event, self.known.programs[version_id])
                match = first_match(triggers, context)
                if match is not None:
                    self._enter(version_id, match.id, event, context)

    def resume(self, token: Resume) -> None:
        """Go on with an execution whose time has come."""
        run = self._runs.get(token.execution_id)
        if run is None:
            run = Run.of(token.opened(), self.known.programs[token.version_id])
            if self._deferred:
                self._keep(run)
        found = run.execution.tokens.get(token.number)
        if found is None or found.wake_at is None or found.wake_at > self.known.now or not run.is_open:
            return  # an event of this batch came before its time
        subject = self.known.subjects.get(run.lead_id)
        event = self.known.event(found.event_id, run.event_id)
        self._go_on(run, found, self.known.context(subject, event, run.runnable, run.execution.state), run.hop)

    def finish(self) -> Writes:
        """Write the executions that could have been touched again, and return everything."""
        for run in self._runs.values():
            if run.touched:
                self.record.write(run)
        self.record.count_steps()
        self.writes.subjects = list(self.known.subjects.values())
        return self.writes

    def _wanted(
        self, pairs: Pairs, event: Event, types: tuple[str, ...]
    ) -> Iterator[tuple[PreparedTrigger, Subscribed]]:
        for kind in types:
            for pair in pairs.get(kind, ()):
                if pair[1].since <= event.received_at and event.is_for(pair[1].workflow_id, pair[1].trigger_id):
                    yield pair

    def _exit_by(self, event: Event, subject: Subject, types: tuple[str, ...]) -> None:
        """End what the lead has under way in the workflows whose exit triggers match."""
        for trigger, subscribed in self._wanted(self._exits, event, types):
            context = self.known.context(subject, event, self.known.programs[subscribed.version_id])
            if trigger.accepts(context):
                for run in self._inside(subject, subscribed.workflow_id):
                    stop(run.execution, trigger.id, EXIT, {"event": event.name})
                    self._walked(run, subject, run.hop)

    def _inside(self, subject: Subject, workflow_id: Any) -> list[Run]:
        return [run for run in self._of_lead[subject.id] if run.workflow_id == workflow_id and run.is_open]

    def _wake_by(self, event: Event, subject: Subject) -> None:
        """Tell every token of the lead that waits for such an event."""
        if event.hop > MAX_HOPS:
            return
        heard = heard_as(event.name, event.changes)
        for run in list(self._of_lead[subject.id]):
            for token, armed in waiting_for(run.runnable.program, run.execution, heard):
                if run.is_open and subject.moved_to is None:
                    self._wake(run, token, armed, event, subject)

    def _wake(self, run: Run, token: Token, armed: Armed, event: Event, subject: Subject) -> None:
        self.known.events.setdefault(event.id, event)
        context = self.known.context(subject, event, run.runnable, run.execution.state)
        hop = max(run.hop, event.hop)
        self._ready(run, context, hop)
        if hear(run.runnable.program, run.execution, context, token, armed):
            self._walked(run, subject, hop)

    def _restart_by(self, pair: tuple[PreparedTrigger, Subscribed], event: Event, subject: Subject) -> None:
        trigger, subscribed = pair
        context = self.known.context(subject, event, self.known.programs[subscribed.version_id])
        if event.hop > MAX_HOPS or not trigger.accepts(context):
            return
        inside, place = self._inside(subject, subscribed.workflow_id), (subscribed.version_id, trigger.id)
        if not inside:
            self._refuse(subscribed.workflow_id, place, subject.id, event, NONE_ACTIVE)
        for run in inside:
            if limit := self._over_limit(run):
                self._refuse(subscribed.workflow_id, place, subject.id, event, limit)
                continue
            context = self.known.context(subject, event, run.runnable, run.execution.state)
            self._ready(run, context, max(run.hop, event.hop))
            restart(run.runnable.program, run.execution, context, trigger)
            self._walked(run, subject, max(run.hop, event.hop))

    def _enter(self, version_id: Any, trigger_id: str, event: Event, context: Context) -> None:
        runnable = self.known.programs[version_id]
        program, subject = runnable.program, context.subject
        if subject is None:
            return
        workflow_id = program.workflow_id
        enrolment = self.known.enrolments.setdefault((workflow_id, subject.id), Enrolment())
        limit = refusal(program.rules, enrolment, context, hop=event.hop) or self._over_total(workflow_id, runnable)
        if limit is not None:
            self._refuse(workflow_id, (version_id, trigger_id), subject.id, event, limit)
            return
        execution = Execution(0, context.state)
        run = Run(self.record.ids.next(), runnable, execution, lead_id=subject.id, shard=event.shard)
        run.event_id, run.trigger_id, run.hop, run.lane = event.id, trigger_id, event.hop, event.lane
        token = execution.tokens[MAIN] = Token()
        self.record.entered(workflow_id, event, again=enrolment.ever > 0)
        self._enrol(run, enrolment)
        self._go_on(run, token, context, event.hop)

    def _go_on(self, run: Run, token: Token, context: Context, hop: int) -> None:
        """Walk a token whose time has come."""
        reason = self.poison or run.runnable.broken
        if reason is not None:
            fail(run.runnable.program, run.execution, context, token, reason)
        else:
            self._ready(run, context, hop)
            wake(run.runnable.program, run.execution, context, token)
        self._walked(run, context.subject, hop)

    def _ready(self, run: Run, context: Context, hop: int) -> None:
        """Give a walk what only few programs need: other workflows to start, and the events of several tokens."""
        if run.runnable.program.data.starts:
            context.starter = partial(self._start_other, run, context, hop)
        if run.runnable.program.parallel:
            context.event_of = lambda event_id: self.known.values(self.known.event(event_id, run.event_id))

    def _walked(self, run: Run, subject: Subject | None, hop: int) -> None:
        """Take what a walk has left. An execution that nothing of this batch can touch again is written at once."""
        execution = run.execution
        exits, execution.exits = execution.exits, []
        if execution.visit is not None:
            self._visited(run, execution)
        self.record.drain(run, subject, hop)
        if subject is not None and subject.moved_to is not None:
            self.moving.setdefault(subject, hop)
        run.touched = True
        self._count(run)
        if not self._deferred:
            self.record.write(run)
            return
        if run.id not in self._runs:
            self._keep(run)
        for key in exits:
            self._exit_others(run, key, subject)

    def _visited(self, run: Run, execution: Execution) -> None:
        """Keep what was set of the visit, for those of this batch that come after, and to be written."""
        key = str((execution.visit or {}).get("id", ""))
        if key in self.known.visits:
            self.known.visits[key] = self.writes.visits[key] = {**self.known.visits[key], **(execution.visit or {})}
        execution.visit = None

    def _exit_others(self, run: Run, key: str, subject: Subject | None) -> None:
        for other in list(self._of_lead[run.lead_id]):
            named = other.runnable.key == key or (key == OTHERS and other.workflow_id != run.workflow_id)
            if named and other is not run and other.is_open:
                stop(other.execution, "", EXIT)
                self._walked(other, subject, other.hop)

    def _start_other(self, run: Run, context: Context, hop: int, start: Start) -> Started:
        """Start another workflow for the same lead, or say which limit refuses it. It runs from the next batch on."""
        workflow_id = run.runnable.workflows.get(start.workflow)
        version_id = self.known.live.get(workflow_id)
        runnable = self.known.programs.get(version_id)
        subject = context.subject
        if workflow_id is None or runnable is None or subject is None:
            return Started(refused="inactive")
        enrolment = self.known.enrolments.setdefault((workflow_id, subject.id), Enrolment())
        view = self.known.context(subject, None, runnable)
        limit = refusal(runnable.program.rules, enrolment, view, hop=hop + 1) or self._over_total(workflow_id, runnable)
        if limit is not None:
            return Started(refused=limit)
        execution = Execution(0, dict(run.execution.state) if start.pass_state else {})
        made = Run(self.record.ids.next(), runnable, execution, lead_id=subject.id, shard=run.shard)
        made.hop, made.event_id = hop + 1, run.event_id if start.pass_event else None
        execution.status = "ready"
        token = execution.tokens[MAIN] = Token()
        token.wake_at = start.at
        self.writes.totals[workflow_id]["unasked"] += int(enrolment.ever > 0)
        self._enrol(made, enrolment)
        self._walked(made, None, hop)  # what the lead has got so far is of the walk that is under way
        return Started(execution=str(self.known.native.uuid(made.id)))

    def _keep(self, run: Run) -> None:
        self._runs[run.id] = run
        self._of_lead[run.lead_id].append(run)

    def _enrol(self, run: Run, enrolment: Enrolment) -> None:
        """Count a start. The slot is taken before the execution walks, where it may ask for its own workflow."""
        enrolment.ever += 1
        enrolment.last_started = self.known.now
        change = self.writes.enrolments.setdefault((run.workflow_id, run.lead_id), [0, 0, None])
        change[1] += 1
        change[2] = self._now
        self.writes.totals[run.workflow_id]["started"] += 1
        if run.runnable.program.data.starts or run.execution.status == "ready":
            self._hold(run, 1)
            run.counted = "running"

    def _count(self, run: Run) -> None:
        """Take or give back the slot of an execution as its status has changed, and count how it ended."""
        status = run.standing
        if status == run.counted:
            return
        change = int(status in HOLDING) - int(run.counted in HOLDING)
        if change:
            self._hold(run, change)
        if status not in HOLDING and status != "listening":
            self.writes.totals[run.workflow_id][status] += 1
        run.counted = status

    def _hold(self, run: Run, change: int) -> None:
        self.writes.totals[run.workflow_id]["active"] += change
        if run.workflow_id in self.known.active_totals:
            self.known.active_totals[run.workflow_id] += change
        if run.lead_id is not None:
            place = (run.workflow_id, run.lead_id)
            self.known.enrolments.setdefault(place, Enrolment(active=max(0, -change))).active += change
            self.writes.enrolments.setdefault(place, [0, 0, None])[0] += change

    def _over_limit(self, run: Run) -> str | None:
        """Return the limit that leaves no slot for one that only listens to take again."""
        if run.standing != "listening":
            return None
        most, place = run.runnable.program.rules.per_lead_active, (run.workflow_id, run.lead_id)
        full = bool(most) and self.known.enrolments.get(place, Enrolment()).active >= most
        return "per_lead_active" if full else self._over_total(run.workflow_id, run.runnable)

    def _over_total(self, workflow_id: Any, runnable: Runnable) -> str | None:
        most = runnable.program.rules.active_total
        return "active_total" if most and self.known.active_totals.get(workflow_id, 0) >= most else None

    def _refuse(self, workflow_id: Any, place: tuple[Any, str], lead_id: Any, event: Event, limit: str) -> None:
        self.writes.refusals.add((self.record.ids.next(), workflow_id, lead_id, event.id, limit, refusal_text(limit)))
        self.writes.totals[workflow_id]["refused"] += 1
        self.writes.counts[place][2] += 1
