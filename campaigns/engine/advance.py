"""What can happen to an execution: it starts, a time comes, an event comes, it is taken back to a section.

Each walks the program until all tokens rest or have ended. Pure: `context` says when it is and what happened.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from campaigns.engine.arming import to_goal
from campaigns.engine.context import Context
from campaigns.engine.execution import MAIN, Armed, Execution, Token
from campaigns.engine.moments import written
from campaigns.engine.outcome import Receipt
from campaigns.engine.program import END, PreparedTrigger, Program
from campaigns.engine.waiting import fires
from campaigns.engine.walking import KEEP_WHILE, MAX_STEPS, MOVED, Walk

RUN_NOW = "run_now"  # in the receipt of a wait that a person has ended: who, and when
DEADLINE = "deadline"  # why an execution ends that has waited for an event longer than anything may

__all__ = [
    "DEADLINE",
    "KEEP_WHILE",
    "MAX_STEPS",
    "MOVED",
    "RUN_NOW",
    "advance",
    "fail",
    "hear",
    "restart",
    "stop",
    "waiting_for",
    "wake",
]


def advance(
    program: Program, context: Context, *, section: str = "", number: int = 0, resuming: bool = False
) -> Execution:
    """Walk a new execution from a section (empty: the start) until its tokens rest or have ended.

    `number` is the next step's number; `resuming` says that the wait at `section` is over.
    """
    execution = Execution(number, context.state)
    token = execution.tokens[MAIN] = Token(MAIN, section)
    token.entered = resuming
    return wake(program, execution, context, token)


def wake(program: Program, execution: Execution, context: Context, token: Token) -> Execution:
    """Go on with a token whose time has come, or which was woken while the execution was held.

    One that stands before its section has it decided; one that waits in it is asked to resume; a listener whose time
    is over ends.
    """
    walk = Walk(program, execution, context)
    if _ends_first(program, execution, context):
        return execution
    execution.status = "running"
    if token.listener:
        del execution.tokens[token.number]
        execution.step(token.listener, "finished", {"listened": "its time is over"})
        return walk.finish()
    if token.last and not token.woken:
        stop(execution, token.section, DEADLINE)
        return execution
    position = program.positions.get(token.section, END) if token.section else program.first
    if token.section and position == END:
        walk.fail(token, token.section, f"the section {token.section} is not in this version")
        return execution
    if not token.section and position != END:
        goal = walk.reached(program.nodes[position].goals)
        position = goal if goal is not None else position
    context.woken, token.woken = token.woken, ""
    context.hastened = token.hastened if not context.woken else None
    hastened, resumed = context.hastened, len(execution.steps)
    walk.go(token, position, resuming=token.entered)
    if hastened:
        execution.amend(resumed, {RUN_NOW: dict(hastened)})
        context.hastened = None
    return walk.finish()


def waiting_for(program: Program, execution: Execution, types: Collection[str]) -> Iterator[tuple[Token, Armed]]:
    """Yield each token that waits for an event of these types, with what it waits for: goals come before waits.

    What an earlier one has ended, or armed anew, is passed over: one event is never heard twice by a token.
    """
    tokens, goals = list(execution.tokens.values()), program.goals
    waits = [(t, one) for t in tokens for one in sorted(t.waits, key=lambda one: one.name not in goals)]
    for token, armed in waits:
        there = execution.tokens.get(token.number) is token and armed in token.waits
        if there and armed.event_type in types:
            yield token, armed


def hear(program: Program, execution: Execution, context: Context, token: Token, armed: Armed) -> bool:
    """Tell a waiting token of an event that it may wait for; return whether it counted.

    The context carries the event. A held execution keeps it for its release: the token is then `kept`.
    """
    if token.listener:
        return _hear_beside(program, execution, context, token, armed)
    if armed.name in program.goals:
        return _hear_goal(program, execution, context, token, armed)
    trigger = program.waits.get((token.section, armed.name))
    context.call = token.call
    if trigger is None or not trigger.accepts(context):
        return False
    armed.count += 1
    if not fires(trigger.times, armed.count)[0]:
        return True
    token.event_id, token.woken = context.event.get("id"), armed.name
    token.waits = [one for one in token.waits if one.name in program.goals]
    if execution.status == "held":
        token.kept = True
    else:
        wake(program, execution, context, token)
    return True


def restart(program: Program, execution: Execution, context: Context, trigger: PreparedTrigger) -> None:
    """Take an execution back to the section that a trigger names; all else that it had under way ends."""
    section = trigger.section or ""
    execution.tokens.clear()
    token = execution.tokens[MAIN] = Token(MAIN, section)
    token.event_id = context.event.get("id")
    execution.step(trigger.id, "done", _heard(context, {"back_to": section}))
    if execution.status == "held":
        token.kept = True
    else:
        wake(program, execution, context, token)


def stop(execution: Execution, section: str, reason: str, receipt: Receipt | None = None) -> None:
    """End an execution as stopped. `section`: the section or trigger that says so; empty leaves no step."""
    if section:
        execution.step(section, "stopped", {**(receipt or {}), "reason": reason})
    execution.end("stopped", reason)


def fail(program: Program, execution: Execution, context: Context, token: Token, reason: str) -> None:
    """Put an execution into quarantine at a token's section."""
    Walk(program, execution, context).fail(token, token.section, reason)


def _hear_beside(program: Program, execution: Execution, context: Context, token: Token, armed: Armed) -> bool:
    """Run a listener's sections on a token of their own, as often as its rule says."""
    listener = program.listeners.get(token.listener)
    if listener is None or not listener.trigger.accepts(context):
        return False
    armed.count += 1
    due, over = fires(listener.trigger.times, armed.count)
    if over:
        del execution.tokens[token.number]
    if due:
        execution.step(token.listener, "done", _heard(context, {"count": armed.count}))
        _beside(program, execution, context, token, listener.first)
    elif over:
        _beside(program, execution, context, token, END)
    return True


def _beside(program: Program, execution: Execution, context: Context, token: Token, first: int) -> None:
    """Set a listener's line going, unless it has no sections or the execution is held."""
    walk = Walk(program, execution, context)
    held = execution.status == "held"
    if not held and _ends_first(program, execution, context):
        return
    if first >= 0:
        line = token.child(execution.new_number(), program.nodes[first].id)
        line.event_id, line.kept = context.event.get("id"), held
        execution.tokens[line.number] = line
        if not held:
            execution.status = "running"
            walk.go(line, first)
    if not held:
        execution.status = "running" if execution.status in {"waiting", "listening"} else execution.status
        walk.finish()


def _hear_goal(program: Program, execution: Execution, context: Context, token: Token, armed: Armed) -> bool:
    """Take the main line to a goal that the event says is reached."""
    goal, heard = program.goals[armed.name], program.waits.get((armed.name, armed.name))
    met = heard is not None and heard.accepts(context)
    if not met and (goal.reached is None or goal.reached(context) is None):
        return False
    if met:
        armed.count += 1
        if heard is not None and not fires(heard.times, armed.count)[0]:
            return True
    token.event_id, context.woken = context.event.get("id"), armed.name
    if execution.status == "held":
        for other in list(execution.below(token)):
            del execution.tokens[other.number]
        token.section, token.entered, token.woken, token.kept = armed.name, False, armed.name, True
        token.waits, token.branches, token.join, token.asked = [], [], "", None
        return True
    if not _ends_first(program, execution, context):
        to_goal(Walk(program, execution, context), token, goal.position)
    return True


def _ends_first(program: Program, execution: Execution, context: Context) -> bool:
    """End an execution whose lead has left, or for which what has to hold for the whole run does not hold any more."""
    rule = program.rules.keep_while
    if context.subject is not None and context.subject.moved_to is not None:
        execution.end("stopped", MOVED)
    elif rule is not None and not rule(context).truth:
        execution.end("stopped", KEEP_WHILE)
    else:
        return False
    return True


def _heard(context: Context, more: dict[str, Any]) -> Receipt:
    """Return the receipt of an event that was heard: its name and time."""
    at = context.event.get("occurred_at")
    return {"event": context.event.get("name"), **({"at": written(at)} if at is not None else {}), **more}
