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
    nodes = program.nodes
    steps = result.steps
    for _round in range(MAX_STEPS):
        if position == END:
            result.status = "finished"
            return result
        node = nodes[position]
        outcome = _answer(node, context, resuming=resuming)
        resuming = False
        kind = type(outcome)
        if kind is Done:
            if outcome.effects:  # type: ignore[union-attr]  # narrowed by `kind`, which is faster here
                _apply(result, context, outcome.effects)  # type: ignore[union-attr]
            steps.append((result.next_number, node.id, outcome.outcome, outcome.receipt))  # type: ignore[union-attr]
            result.next_number += 1
            position = node.next
        elif kind is Branch:
            steps.append((result.next_number, node.id, outcome.name, outcome.receipt))  # type: ignore[union-attr]
            result.next_number += 1
            position = node.branches.get(outcome.name, node.next)  # type: ignore[union-attr]
        else:
            target = _turn(result, program, node, outcome)
            if target is None:
                return result
            position = target
    return failed(result, nodes[position].id, f"more than {MAX_STEPS} steps without a wait")


def _answer(node: Node, context: Context, *, resuming: bool) -> Outcome:
    """Ask the section. What raises is an answer too: one lead's bad luck must not touch the batch."""
    try:
        return node.resume(context) if resuming else _decide(node, context)
    except Exception as error:  # noqa: BLE001 - see above
        return Fail(f"{type(error).__name__}: {error}")


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
            result.state = context.state = _state(context.state, effect)
        elif context.subject is not None:
            effect.apply(context.subject, changes)
    if changes:
        result.changes.append((result.next_number, changes))


def _state(before: dict[str, Any], effect: SetState) -> dict[str, Any]:
    if effect.replace:
        return {key: value for key, value in before.items() if key.startswith("_")} | effect.values
    return before | effect.values


def _turn(result: Advance, program: Program, node: Node, outcome: Outcome) -> int | None:
    """Record an outcome other than done or a branch; return where the token goes, or None when it rests or ends."""
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
            _rest(result, node, outcome)
            return None


def _rest(result: Advance, node: Node, outcome: Outcome) -> None:
    """Record how the walk comes to rest: in a wait, at an end, or failed."""
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
        case _:
            failed(result, node.id, f"the section answered {outcome!r}")


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
