"""What listens while a token rests: the listeners of sections that have run, and the goals ahead of the main line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaigns.engine.context import Context
from campaigns.engine.execution import Armed, Execution, Token
from campaigns.engine.program import Node

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


def watch(walk: Walk, main: Token) -> None:
    """Go to a goal that another line has reached; else wait for what may say that one is reached."""
    node = walk.program.nodes[walk.program.positions[main.section]]
    goals = (node.id, *node.goals) if node.id in walk.program.goals else node.goals
    position = walk.reached(node.goals)
    if position is not None:
        to_goal(walk, main, position)
        return
    watched = [Armed(name, kind) for name in goals for kind in walk.program.goals[name].event_types]
    main.waits = [*main.waits, *watched]


def to_goal(walk: Walk, main: Token, position: int) -> None:
    """Take the main line to a goal; the branches of its open forks end."""
    for other in list(walk.execution.below(main)):
        del walk.execution.tokens[other.number]
    main.branches, main.join = [], ""
    walk.execution.status = "running"
    walk.go(main, position)
    walk.finish()
