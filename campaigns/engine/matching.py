"""Which subscriptions an event starts, and why a start is refused. Pure: the shell brings the rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from campaigns.engine.context import Context
from campaigns.engine.events import MAX_HOPS
from campaigns.engine.program import PreparedTrigger, Program, Rules


@dataclass(slots=True)
class Enrolment:
    """How often a lead is and was in a workflow."""

    active: int = 0
    ever: int = 0
    last_started: datetime | None = None


def first_match(triggers: Iterable[PreparedTrigger], context: Context) -> PreparedTrigger | None:
    """Return the first trigger that matches the event: one event starts at most one execution of a workflow."""
    for trigger in triggers:
        if trigger.accepts(context):
            return trigger
    return None


def refusal(rules: Rules, enrolment: Enrolment, context: Context, *, hop: int) -> str | None:
    """Return the name of the limit or rule that refuses a start, or None when the lead may enter."""
    if hop > MAX_HOPS:
        return "hops"
    if rules.per_lead_ever and enrolment.ever >= rules.per_lead_ever:
        return "per_lead_ever"
    if rules.per_lead_active and enrolment.active >= rules.per_lead_active:
        return "per_lead_active"
    if rules.reenter_after is not None and enrolment.last_started is not None:
        again = rules.reenter_after.add_to(enrolment.last_started, context.time_zone)
        if context.now < again:
            return "reenter_after"
    if rules.keep_while is not None and not rules.keep_while(context).truth:
        return "keep_while"
    return None


_WORDS = {
    "hops": "more than 25 executions lie between a person and this event",
    "per_lead_ever": "the lead has been in this workflow as often as allowed",
    "per_lead_active": "the lead is in this workflow already",
    "active_total": "the workflow has as many active executions as allowed",
    "reenter_after": "the lead was in this workflow too recently",
    "keep_while": "the condition that must hold for the whole run does not hold",
    "inactive": "the workflow is not active",
    "none_active": "the lead is not in this workflow, so there is nothing to restart",
}


def refusal_text(limit: str) -> str:
    """Return the refusal in words; it begins with "refused:"."""
    return f"refused: {_WORDS[limit]} ({limit})"


def triggers_for(program: Program, event_types: tuple[str, ...]) -> list[PreparedTrigger]:
    """Return the program's triggers that listen to one of the event's types, in the document's order."""
    return [trigger for trigger in program.triggers.values() if trigger.event_type in event_types]
