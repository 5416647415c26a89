"""Taking what runs from one version of a workflow to another: whether it fits there, and what it waits for then.

Sections are the same when their ids are. A token keeps its time: who has three of five days behind them has two left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from campaigns.engine.execution import MAIN, Armed, Execution, Token
from campaigns.engine.program import Node, PreparedTrigger, Program
from campaigns.engine.walking import CALL


def section_misfit(before: Program, into: Program, section: str) -> str | None:
    """Return why nothing that stands at a section can go on at the same section of another version, or None."""
    if not section:
        return None  # the start
    was, node = _node(before, section), _node(into, section)
    if node is None:
        return "this section is not there any more"
    if was is None or was.type != node.type:
        return "this section is of another type now"
    if was.scope != node.scope:
        return "this section stands in another fork or listener now"
    return None


def misfit(before: Program, into: Program, tokens: Iterable[Token]) -> str | None:
    """Return why an execution with these tokens can't go on in another version, or None."""
    for token in tokens:
        why = section_misfit(before, into, token.section)
        if why is not None:
            return why
        node = _node(into, token.section)
        if token.listener and node is not None and not any(one.trigger.id == token.listener for one in node.listeners):
            return "a listener of this section is not there any more"
    return None


def rearm(into: Program, execution: Execution) -> None:
    """Let the tokens of an execution wait for what their sections wait for in another version; counts stay."""
    for token in execution.tokens.values():
        if token.woken or token.kept:
            continue
        counts = {(armed.name, armed.event_type): armed.count for armed in token.waits}
        calls = [armed for armed in token.waits if armed.name == CALL]
        wanted = dict.fromkeys(_awaited(into, token))
        token.waits = calls + [Armed(name, kind, counts.get((name, kind), 0)) for name, kind in wanted]


def _awaited(program: Program, token: Token) -> Iterator[tuple[str, str]]:
    """Yield name and event type of all that a token at this place waits for."""
    node = _node(program, token.section)
    if node is None:
        return
    if token.listener:
        listeners = [one.trigger for one in node.listeners if one.trigger.id == token.listener]
        yield from ((trigger.id, trigger.event_type) for trigger in listeners if trigger.event_type is not None)
    elif token.entered:
        if node.id not in program.goals:
            yield from _of_section(program.waits, node)
        if token.number == MAIN:
            goals = (node.id, *node.goals) if node.id in program.goals else node.goals
            yield from ((name, kind) for name in goals for kind in program.goals[name].event_types)


def _of_section(waits: Mapping[tuple[str, str], PreparedTrigger], node: Node) -> Iterator[tuple[str, str]]:
    for (section, name), trigger in waits.items():
        if section == node.id and trigger.event_type is not None:
            yield name, trigger.event_type


def _node(program: Program, section: str) -> Node | None:
    position = program.positions.get(section)
    return program.nodes[position] if position is not None else None
