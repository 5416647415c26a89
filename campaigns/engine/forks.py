"""Side by side: what a fork sets going, what arrives at its join, and who leaves it for a section outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaigns.engine.execution import Token
from campaigns.engine.outcome import Fork
from campaigns.engine.program import Node

if TYPE_CHECKING:
    from campaigns.engine.walking import Walk


def split(walk: Walk, token: Token, node: Node, outcome: Fork) -> None:
    """Set a token going in each branch. Unless nothing joins them, `token` is their parent and waits for them."""
    made = []
    for name in outcome.branches:
        child = token.child(walk.execution.new_number())
        walk.execution.tokens[child.number] = child
        walk.fresh.append((child, node.branches.get(name, node.empty)))
        made.append(child)
    if outcome.join != "none":
        for child in made:
            child.parent = token.number
        token.branches, token.join, token.arrived = [child.number for child in made], outcome.join, False


def ended(walk: Walk, token: Token, *, arrived: bool) -> None:
    """End a token; the fork that it is a branch of is looked at when all have moved."""
    tokens = walk.execution.tokens
    tokens.pop(token.number, None)
    parent = tokens.get(token.parent) if token.parent is not None else None
    if parent is not None:
        parent.branches = [number for number in parent.branches if number != token.number]
        parent.arrived = parent.arrived or arrived
        walk.joins.append(parent)


def join(walk: Walk, fork: Token) -> None:
    """Go on after a fork whose branches have arrived; one that nobody can arrive at any more ends with them."""
    execution = walk.execution
    if execution.tokens.get(fork.number) is not fork or not fork.join:
        return
    if fork.arrived and (fork.join == "any" or not fork.branches):
        for other in list(execution.below(fork)):
            del execution.tokens[other.number]
        fork.branches, fork.join = [], ""
        position = walk.program.positions[fork.section]
        goal = walk.reached(walk.program.nodes[position].goals)  # a branch may have got there
        walk.go(fork, goal if goal is not None else position, resuming=goal is None)
    elif not fork.branches:
        ended(walk, fork, arrived=False)


def leave(walk: Walk, token: Token, scope: tuple[str, ...], target: tuple[str, ...]) -> None:
    """Take a token out of the forks that its target does not stand in: it goes on in their place."""
    tokens = walk.execution.tokens
    for _ in range(len(scope) - len(target)):
        parent = tokens.get(token.parent) if token.parent is not None else None
        if parent is None:
            return
        parent.branches = [number for number in parent.branches if number != token.number]
        token.parent = parent.parent
        above = tokens.get(token.parent) if token.parent is not None else None
        if above is not None:
            above.branches = [*above.branches, token.number]
        walk.joins.append(parent)
