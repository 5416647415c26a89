"""What listens while a token rests: the listeners of sections that have run, and the goals ahead of the main line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaigns.engine.context import Context
from campaigns.engine.execution import Armed, Execution, Token
from campaigns.engine.program import END, Node

if TYPE_CHECKING:
    from campaigns.engine.walking import Walk


def arm(execution: Execution, token: Token, node: Node, context: Context) -> None:
    """Stand a section's listeners beside it, each a token of its own; those armed before begin anew."""
    tokens = execution.tokens
    for listener in node.listeners:
        trigger = listener.trigger
        for number in [other.number for other in tokens.values() if other.listener == trigger.id]:
            del tokens[number]
        made = token.child(execution.new_number(), node.id)
        made.listener, made.side = trigger.id, True
        made.wake_at = listener.listen_for.add_to(context.now, context.time_zone)
        if trigger.event_type is not None:
            made.waits = [Armed(trigger.id, trigger.event_type)]
        tokens[made.number] = made


def watch(walk: Walk) -> None:
    """Go to a goal that another line has reached; else wait for what may say that one is reached.

    A line of a fork or a listener may rest at a goal of its own; those ahead are of the main line alone. How often the
    event of a goal has come is kept while the goal is ahead.
    """
    program = walk.program
    for token in list(walk.execution.tokens.values()):
        position = program.positions.get(token.section, END)
        if not token.entered or position == END:
            continue
        node = program.nodes[position]
        goals = (node.id, *node.goals) if node.id in program.goals else node.goals
        reached = walk.reached(goals)
        if reached is not None:
            to_goal(walk, token, reached)
            return
        known = {(one.name, one.event_type) for one in token.waits}
        wanted = [(name, kind) for name in goals for kind in program.goals[name].event_types]
        counts, number = walk.counts, token.number
        token.waits += [Armed(*one, counts.get((number, *one), 0)) for one in wanted if one not in known]


def to_goal(walk: Walk, token: Token, position: int) -> None:
    """Take a line to a goal; the branches of its open forks end. What came for the goal so far counts no more."""
    goal = walk.program.nodes[position].id
    token.waits, token.came = [one for one in token.waits if one.name != goal], []
    for other in list(walk.execution.below(token)):
        del walk.execution.tokens[other.number]
    token.branches, token.join = [], ""
    walk.execution.status = "running"
    walk.go(token, position)
    walk.finish()
