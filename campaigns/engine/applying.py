"""Laying a step's inside effects over the lead and the execution in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from campaigns.engine.context import Context
from campaigns.engine.effects import AddTask, EmitEvent, ExitWorkflow, ForgetState, SetSession, SetState
from campaigns.engine.execution import Execution
from campaigns.engine.subject import Changes

_OF_EXECUTION = frozenset((SetState, ForgetState, SetSession, EmitEvent, ExitWorkflow))  # asked for every effect


def apply(execution: Execution, context: Context, effects: tuple[Any, ...], section: str) -> None:
    """Lay effects over the lead and the execution, in their order, and note what they changed of the lead."""
    changes: Changes = {}
    subject = context.subject
    for effect in effects:
        if type(effect) in _OF_EXECUTION:
            _keep(execution, context, effect)
        elif subject is not None:
            planned = replace(effect, section=section) if isinstance(effect, AddTask) else effect
            planned.apply(subject, changes)
    if changes:
        execution.changes.append((execution.next_number, changes))


def _keep(
    execution: Execution, context: Context, effect: SetState | ForgetState | SetSession | EmitEvent | ExitWorkflow
) -> None:
    match effect:
        case SetState() | ForgetState():
            execution.state = context.state = effect.after(context.state)
        case SetSession():
            context.session = {**(context.session or {}), **effect.values}
            execution.visit = {**(execution.visit or {}), **context.session}
        case EmitEvent():
            execution.emitted.append((effect.name, effect.properties))
        case ExitWorkflow():
            execution.exits.append(effect.workflow)
