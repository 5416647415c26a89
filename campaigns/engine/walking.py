"""Walking tokens through a program until they wait, end or fail. Pure: it changes nothing but values.

A step's inside effects are laid over the lead in memory as it goes, so the next section sees them; the caller
writes them in the transaction that records the steps. What raises fails its own execution, nobody else's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from campaigns.engine import arming, forks, limiting
from campaigns.engine.applying import apply
from campaigns.engine.context import Context
from campaigns.engine.effects import PluginRun
from campaigns.engine.execution import Armed, Execution, Token
from campaigns.engine.outcome import (
    Branch,
    Done,
    Fail,
    Finish,
    Fork,
    Goto,
    Leave,
    Limit,
    Outcome,
    Perform,
    Receipt,
    Return,
    Start,
    Stop,
    Wait,
)
from campaigns.engine.program import JOIN, Node, Program

MOVED = "moved"  # why an execution ends whose lead went to another tenant
KEEP_WHILE = "keep_while"
CALL = "call"  # the name under which a token waits for the end of what it started
_RESTS = (Wait, Stop, Finish, Fail)
MAX_STEPS = 50_000  # between two waits: more is a loop that goes nowhere


class Walk:
    """One go through a program: a token, and whatever it sets going, until all of them rest or have ended.

    `fresh` are tokens that have not moved yet, `joins` forks of which a branch has just ended; `counts`: how often what
    a token waited for had come when it moved on, by its number, name and event type.
    """

    __slots__ = ("context", "counts", "execution", "fresh", "joins", "most", "program", "rounds")

    def __init__(self, program: Program, execution: Execution, context: Context) -> None:
        self.program = program
        self.execution = execution
        self.context = context
        self.fresh: list[tuple[Token, int]] = []
        self.joins: list[Token] = []
        self.rounds: dict[tuple[int, str], int] = {}
        self.counts: dict[tuple[int, str, str], int] = {}
        self.most = execution.next_number + MAX_STEPS

    def go(self, token: Token, position: int, *, resuming: bool = False) -> None:
        """Walk a token from a node until it rests or ends, or the whole execution does."""
        execution, context, nodes = self.execution, self.context, self.program.nodes
        context.loops, context.call, context.answer = token.loops, token.call, token.answer
        if context.event_of is not None:
            context.event = context.event_of(token.event_id)
        asked = self._set_off(token)
        while position >= 0:
            node = nodes[position]
            token.section = node.id
            if execution.next_number >= self.most:
                self.fail(token, node.id, f"more than {MAX_STEPS} steps without a wait")
                return
            try:
                if resuming and asked is not None:
                    outcome: Outcome = limiting.again(self, token, asked)
                else:
                    outcome = node.resume(context) if resuming else node.decide(context)
                target = self._take(token, node, outcome)
            except Exception as error:  # noqa: BLE001 - one lead's bad luck must not touch the batch
                self.fail(token, node.id, f"{type(error).__name__}: {error}")
                return
            if target is None:
                return
            if node.listeners and getattr(outcome, "outcome", "") != "skipped":
                arming.arm(execution, token, node, context)
            resuming, context.woken = False, ""
            position = target
        forks.ended(self, token, arrived=position == JOIN)

    def _set_off(self, token: Token) -> dict[str, Any] | None:
        """Forget what a token rested for, but how often its waits had come; return what it had asked of a limit."""
        if token.waits or token.came:
            self.counts.update(((token.number, name, kind), count) for name, kind, count in token.counted())
        asked, token.asked = token.asked, None
        token.entered, token.wake_at, token.waits, token.came = False, None, [], []
        token.call, token.answer, token.last, token.hastened = "", None, False, None
        return asked

    def _take(self, token: Token, node: Node, outcome: Outcome) -> int | None:
        """Record an outcome; return where the token goes, or None when it rests or ends. The frequent ones first."""
        if isinstance(outcome, Done):
            if outcome.effects:
                apply(self.execution, self.context, outcome.effects, node.id)
            self.execution.step(node.id, outcome.outcome, outcome.receipt)
            return self._changed(node, node.next) if outcome.effects else node.next
        if isinstance(outcome, Branch):
            return self._branch(token, node, outcome)
        if isinstance(outcome, _RESTS):
            self._rest(token, node, outcome)
            return None
        return self._turn(token, node, outcome)

    def _onward(self, node: Node, outcome: str, receipt: Receipt | None, target: int) -> int:
        self.execution.step(node.id, outcome, receipt)
        return target

    def _changed(self, node: Node, target: int) -> int | None:
        """Return where a token goes whose step had effects: nowhere with a lead that leaves, or to a goal reached."""
        subject = self.context.subject
        if subject is not None and subject.moved_to is not None:
            self.execution.end("stopped", MOVED)
            return None
        goal = self.reached(node.goals) if node.goals else None
        return goal if goal is not None else target

    def reached(self, goals: tuple[str, ...]) -> int | None:
        """Return where the nearest of these goals stands that the lead has reached, or None."""
        for name in goals:
            goal = self.program.goals[name]
            if goal.reached is not None and goal.reached(self.context) is not None:
                return goal.position
        return None

    def _branch(self, token: Token, node: Node, outcome: Branch) -> int | None:
        if node.most_rounds is not None and not self._another_round(token, node):
            return None
        if outcome.effects:
            apply(self.execution, self.context, outcome.effects, node.id)
        self.execution.step(node.id, outcome.name, outcome.receipt)
        target = node.branches.get(outcome.name, node.empty)
        return self._changed(node, target) if outcome.effects else target

    def _another_round(self, token: Token, node: Node) -> bool:
        count = self.rounds[token.number, node.id] = self.rounds.get((token.number, node.id), 0) + 1
        if node.most_rounds is not None and count > node.most_rounds:
            self.fail(token, node.id, f"more than {node.most_rounds} rounds without a wait")
            return False
        return True

    def _turn(
        self, token: Token, node: Node, outcome: Perform | Fork | Start | Limit | Leave | Return | Goto
    ) -> int | None:
        match outcome:
            case Limit():
                return self._limit(token, node, outcome)
            case Perform():
                return self._perform(token, node, outcome)
            case Leave():
                return self._onward(node, outcome.outcome, outcome.receipt, node.leave)
            case Return():
                return self._onward(node, outcome.outcome, outcome.receipt, node.back)
            case Goto():
                return self._jump(token, node, outcome)
            case Start():
                return self._start(token, node, outcome)
            case Fork():
                return self._fork(token, node, outcome)
            case _:
                raise TypeError(f"a section answered {outcome!r}")

    def _perform(self, token: Token, node: Node, outcome: Perform) -> int | None:
        """Plan an outside effect, unless what has to hold for the whole run does not hold any more."""
        rule = self.program.rules.keep_while
        if rule is not None and not rule(self.context).truth:
            self.execution.end("stopped", KEEP_WHILE)
            return None
        effect = outcome.effect
        planned = replace(effect, type=node.type) if isinstance(effect, PluginRun) else effect
        self.execution.outside.append((self.execution.next_number, node.id, token.number, planned))
        if outcome.wait:
            token.call = str(self.execution.next_number)
            self._rest(token, node, Wait(None, outcome.receipt))
            return None
        return self._onward(node, outcome.outcome, outcome.receipt, node.next)

    def _jump(self, token: Token, node: Node, outcome: Goto) -> int | None:
        count = token.visits.get(node.id, 0)
        if outcome.most is not None and count >= outcome.most:
            receipt = {**(outcome.receipt or {}), "visits": count}
            return self._onward(node, "exhausted", receipt, node.next)
        token.visits = {**token.visits, node.id: count + 1}
        target = self.program.positions[outcome.section]
        forks.leave(self, token, node.scope, self.program.nodes[target].scope)
        return self._onward(node, "done", outcome.receipt, target)

    def _fork(self, token: Token, node: Node, outcome: Fork) -> int | None:
        """Set a token going in each branch; with a join, this one rests here until they have arrived."""
        receipt = {**(outcome.receipt or {}), "join": outcome.join, "branches": list(outcome.branches)}
        forks.split(self, token, node, outcome)
        if outcome.join == "none":
            return self._onward(node, "done", receipt, node.next)
        self._rest(token, node, Wait(None, receipt))
        return None

    def _start(self, token: Token, node: Node, outcome: Start) -> int | None:
        started = self.context.starter(outcome)
        receipt: Receipt = {"workflow": outcome.workflow}
        if started.refused:
            return self._onward(node, "refused", {**receipt, "reason": started.refused}, node.next)
        receipt["execution"] = started.execution
        if not outcome.wait:
            return self._onward(node, "done", receipt, node.next)
        token.call = started.execution
        self._rest(token, node, Wait(None, receipt, (CALL,)))
        return None

    def _limit(self, token: Token, node: Node, outcome: Limit) -> int | None:
        verdict = self.context.limiter(outcome)
        if verdict is None:
            limiting.rest(self, token, outcome)
            return None
        return self._branch(token, node, limiting.branch(outcome, verdict))

    def _rest(self, token: Token, node: Node, outcome: Wait | Stop | Finish | Fail) -> None:
        execution = self.execution
        match outcome:
            case Wait():
                token.entered, token.wake_at = True, outcome.until
                if outcome.until is None and not token.branches and not token.call:
                    token.wake_at, token.last = execution.deadline(self.context.now), True
                token.waits = [
                    Armed(name, trigger.event_type)
                    for name in outcome.waits
                    if (trigger := self.program.waits.get((node.id, name))) and trigger.event_type is not None
                ]
                execution.step(node.id, "waiting", outcome.receipt)
            case Stop():
                execution.step(node.id, "stopped", outcome.receipt)
                execution.end("stopped", outcome.reason)
            case Finish():
                execution.step(node.id, "finished", outcome.receipt)
                forks.ended(self, token, arrived=False)
            case Fail():
                self.fail(token, node.id, outcome.reason, outcome.receipt)

    def fail(self, token: Token, section: str, reason: str, receipt: Receipt | None = None) -> None:
        """Put the execution into quarantine: the token rests where it failed, all others and the listeners end.

        The forks that it stands in are kept, so that a retry joins them again.
        """
        execution = self.execution
        execution.status, execution.reason = "failed", reason[:500]
        execution.step(section, "failed", {**(receipt or {}), "reason": reason[:500]})
        kept, below = [token, *execution.above(token)], token
        token.section, token.entered, token.wake_at, token.waits, token.branches = section, False, None, [], []
        for fork in kept[1:]:
            fork.branches, fork.waits, below = [below.number], [], fork
        execution.tokens = {one.number: one for one in kept}

    def finish(self) -> Execution:
        """Let what was set going move, join what has arrived, and work out how the execution stands."""
        execution = self.execution
        while execution.status == "running" and (self.fresh or self.joins):
            if self.fresh:
                token, position = self.fresh.pop(0)
                if execution.tokens.get(token.number) is token:
                    self.go(token, position)
            else:
                forks.join(self, self.joins.pop())
        execution.settle()
        if self.program.goals and execution.status in {"waiting", "listening"}:
            arming.watch(self)
        return execution
