"""Whom a workflow's triggers would have let in, as leads are now: a condition for each, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.engine.condition_tree import walk
from campaigns.engine.conditions import CHANGES, All, Condition, FieldTest, fields_used
from campaigns.engine.document import Document, TriggerItem
from campaigns.engine.kinds import Kinds, Trigger
from campaigns.engine.validation import typed

_KNOWN_NOW = ("lead.", "now")


@dataclass(frozen=True, slots=True)
class Offer:
    """A trigger that starts the workflow: the `condition` of leads that match it now, or `why` nobody knows them."""

    trigger: TriggerItem
    condition: Condition | None
    why: str = ""


def offers(document: Document, kinds: Kinds) -> list[Offer]:
    """Return an offer for each trigger that would start executions; those that only restart or exit have none."""
    return [
        _offer(trigger, config)
        for trigger in document.triggers
        if not trigger.disabled and trigger.mode == "start"
        if isinstance(config := typed(trigger, kinds), Trigger)
    ]


def conditions(found: Sequence[Offer]) -> list[Condition]:
    """Return the conditions of which a lead has to fulfil one."""
    return [offer.condition for offer in found if offer.condition is not None]


def _offer(trigger: TriggerItem, config: Trigger) -> Offer:
    condition = config.matches_now()
    if isinstance(condition, str):
        return Offer(trigger, None, condition)
    parts = [condition] if trigger.filter is None else [condition, trigger.filter]
    whole = parts[0] if len(parts) == 1 else All(all=parts)
    if any(isinstance(node, FieldTest) and node.op in CHANGES for _, node in walk(whole)):
        return Offer(trigger, None, "it looks at how a value changes, and not at what it is")
    if any(not name.startswith(_KNOWN_NOW) for name in fields_used(whole)):
        return Offer(trigger, None, "its condition looks at the event")
    return Offer(trigger, whole)
