"""Walking a token through a program until it waits, ends or fails. Pure: it changes nothing but values.

A step's inside effects are laid over the lead in memory as it goes, so the next section sees them; the caller
writes them in the transaction that records the steps. What raises fails its own execution, nobody else's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from campaigns.engine.context import Context
from campaigns.engine.effects import OutsideEffect, SetState
from campaigns.engine.outcome import (
    Branch,
    Done,
    Fail,
    Finish,
    Goto,
    Leave,
    Outcome,
    Perform,
    Receipt,
    Return,
    Stop,
    Wait,
)
from campaigns.engine.program import END, SKIPPED, Node, Program
from campaigns.engine.subject import Changes

MOVED = "moved"  # why an execution ends whose lead went to another tenant
MAX_STEPS = 10_000  # between two waits: more is a loop that goes nowhere
StepRow = tuple[int, str, str, "Receipt | None"]


class Advance:
    """What one walk did. `status` is the execution's new one; `section` and `wake_at` say where it waits.

    `steps`: (number, section, outcome, receipt), in order; `changes`: (number, what the step changed of the lead);
    `outside`: (number, section, effect).
    """

    __slots__ = (
        "changes",
        "entered",
        "next_number",
        "outside",
        "reason",
        "section",
        "state",
        "status",
        "steps",
        "wake_at",
    )

    def __init__(self, next_number: int, state: dict[str, Any]) -> None:
        self.status = "running"
        self.reason = ""
        self.section = ""
        self.entered = False
        self.wake_at: datetime | None = None
        self.steps: list[StepRow] = []
        self.changes: list[tuple[int, Changes]] = []
        self.outside: list[tuple[int, str, OutsideEffect]] = []
        self.next_number = next_number
        self.state = state


def advance(
    program: Program, context: Context, *, section: str = "", number: int = 0, resuming: bool = False
) -> Advance:
    """Walk from a section (empty: the start) until the token waits, ends or fails.

    `number` is the next step's number; `resuming` says that the wait at `section` is over.
    """
    result = Advance(number, context.state)
    position = program.positions.get(section, END) if section else program.first
    if section and position == END:
        return failed(result, section, f"the section {section} is not in this version")
    nodes, most = program.nodes, number + MAX_STEPS
    while position != END:
        node = nodes[position]
        if result.next_number >= most:
            return failed(result, node.id, f"more than {MAX_STEPS} steps without a wait")
        try:
            outcome = node.resume(context) if resuming else _decide(node, context)
            target = _take(result, program, node, context, outcome)
        except Exception as error:  # noqa: BLE001 - one lead's bad luck must not touch the batch
            return failed(result, node.id, f"{type(error).__name__}: {error}")
        if target is None:
            return result
        resuming = False
        position = target
    result.status = "finished"
    return result


def _take(result: Advance, program: Program, node: Node, context: Context, outcome: Outcome) -> int | None:
    """Record an outcome; return where the token goes, or None when it rests or ends. The two frequent ones first."""
    if isinstance(outcome, Done):
        if outcome.effects:
            _apply(result, context, outcome.effects)
            if context.subject is not None and context.subject.moved_to is not None:
                result.status, result.reason = "stopped", MOVED
        target = _step(result, node, outcome.outcome, outcome.receipt, node.next)
        return target if result.status == "running" else None
    if isinstance(outcome, Branch):
        return _step(result, node, outcome.name, outcome.receipt, node.branches.get(outcome.name, node.empty))
    if isinstance(outcome, Wait | Stop | Finish | Fail):
        _rest(result, node, outcome)
        return None
    return _turn(result, program, node, outcome)


def _decide(node: Node, context: Context) -> Outcome:
    if node.disabled:
        return SKIPPED
    if node.only_if is not None:
        verdict = node.only_if(context)
        if not verdict.truth:
            return Done(outcome="skipped", receipt={"only_if": verdict.receipt})
    return node.decide(context)


def _apply(result: Advance, context: Context, effects: tuple[Any, ...]) -> None:
    changes: Changes = {}
    for effect in effects:
        if type(effect) is SetState:
            result.state = context.state = effect.after(context.state)
        elif context.subject is not None:
            effect.apply(context.subject, changes)
    if changes:
        result.changes.append((result.next_number, changes))


def _turn(result: Advance, program: Program, node: Node, outcome: Perform | Leave | Return | Goto) -> int:
    match outcome:
        case Perform():
            result.outside.append((result.next_number, node.id, outcome.effect))
            return _step(result, node, outcome.outcome, outcome.receipt, node.next)
        case Leave():
            return _step(result, node, outcome.outcome, outcome.receipt, node.leave)
        case Return():
            return _step(result, node, outcome.outcome, outcome.receipt, node.back)
        case Goto():
            return _step(result, node, "done", outcome.receipt, program.positions[outcome.section])
        case _:
            raise TypeError(f"a section answered {outcome!r}")


def _rest(result: Advance, node: Node, outcome: Wait | Stop | Finish | Fail) -> None:
    match outcome:
        case Wait():
            result.status, result.section, result.wake_at, result.entered = "waiting", node.id, outcome.until, True
            _step(result, node, "waiting", outcome.receipt, END)
        case Stop():
            result.status, result.reason = "stopped", outcome.reason
            _step(result, node, "stopped", outcome.receipt, END)
        case Finish():
            result.status = "finished"
            _step(result, node, "finished", outcome.receipt, END)
        case Fail():
            failed(result, node.id, outcome.reason, outcome.receipt)


def _step(result: Advance, node: Node, outcome: str, receipt: Receipt | None, target: int) -> int:
    result.steps.append((result.next_number, node.id, outcome, receipt))
    result.next_number += 1
    return target


def failed(result: Advance, section: str, reason: str, receipt: Receipt | None = None) -> Advance:
    """Record that the execution failed at a section, with the reason; it rests there."""
    result.status, result.reason, result.section = "failed", reason[:500], section
    result.steps.append((result.next_number, section, "failed", {**(receipt or {}), "reason": reason[:500]}))
    result.next_number += 1
    return result
