"""Events as values, and which trigger types one event speaks to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

LANES = ("interactive", "timed", "bulk")
MAX_HOPS = 25
DATE_REACHED = "lead.date_reached"
FINISHED = "workflow.finished"
ANY_CHANGE = "lead.*"  # what waits for this hears of every change of the lead
SCHEDULE_DUE = "schedule.due"
RECEIVED = "event.received:"  # what a custom event's name is prefixed with in subscriptions
OWN_NAMES = frozenset(
    {"lead.created", "lead.moved", DATE_REACHED, SCHEDULE_DUE, FINISHED}
)  # events that nobody else may send
_FACETS = (
    ("fields", "lead.field_changed"),
    ("status", "lead.status_changed"),
    ("owner", "lead.owner_changed"),
    ("lists_added", "list.added"),
    ("lists_removed", "list.removed"),
    ("tags_added", "lead.tag_added"),
    ("tags_removed", "lead.tag_removed"),
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event of ours, for the reference: when it is recorded, what changed (for an example), what it tells."""

    name: str
    when: str
    changes: Mapping[str, Any] | None = None
    properties: tuple[str, ...] = ()


RECORDED = (
    Recorded("lead.created", "a lead is new, with the lists it was put on", {"lists_added": ["hot"]}),
    Recorded("lead.field_changed", "one or more fields changed", {"fields": {"city": ["Rome", "Berlin"]}}),
    Recorded("lead.status_changed", "the status changed", {"status": ["new", "qualified"]}),
    Recorded("lead.owner_changed", "the owner changed", {"owner": [None, "anna@acme.example"]}),
    Recorded("list.added", "the lead was put on lists", {"lists_added": ["hot"]}),
    Recorded("list.removed", "the lead was taken off lists", {"lists_removed": ["hot"]}),
    Recorded("lead.tag_added", "the lead got tags", {"tags_added": ["vip"]}),
    Recorded("lead.tag_removed", "the lead lost tags", {"tags_removed": ["vip"]}),
    Recorded("lead.changed", "several of these in one step, request or row", {"tags_added": ["vip"], "status": []}),
    Recorded(
        "lead.moved", "a lead came from another tenant: recorded where it came to", {"moved": ["acme", "north"]},
        ("from", "to"),
    ),
    Recorded(
        DATE_REACHED, "a date of the lead was reached for a workflow that waits for it", None,
        ("field", "date", "years", "trigger"),
    ),
    Recorded(SCHEDULE_DUE, "a workflow's schedule came, for each of its leads", None, ("due_at", "trigger")),
    Recorded(
        FINISHED, "an execution of the lead ended and somebody listens to that", None,
        ("workflow", "outcome", "execution"),
    ),
)  # fmt: skip


@dataclass(slots=True)
class Event:
    """One recorded event. `changes` is described at the events table; `hop` counts executions since a person."""

    id: Any
    name: str
    lead_id: Any
    occurred_at: datetime
    received_at: datetime
    hop: int = 0
    source: str = ""
    source_id: Any = None
    changes: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None
    lane: int = 0
    shard: int = 0
    view: dict[str, Any] = field(default_factory=dict)

    def as_values(self, event_id: str = "") -> dict[str, Any]:
        """Return the event as conditions and templates see it: event.properties.plan, and event.plan for short.

        `event_id`: its id as text, where it is kept in the driver's own form.
        """
        properties = self.properties or {}
        return {
            **properties,
            "id": event_id or str(self.id),
            "name": self.name,
            "occurred_at": self.occurred_at,
            "properties": properties,
            "source": self.source,
            "changes": self.changes or {},
        }

    def is_for(self, workflow_id: Any, trigger_id: str) -> bool:
        """Return whether the event may start this trigger: a time comes for one trigger alone, the rest is for all."""
        if self.name not in (DATE_REACHED, SCHEDULE_DUE):
            return True
        return self.source_id == workflow_id and (self.properties or {}).get("trigger") == trigger_id


def change_name(changes: Mapping[str, Any]) -> str:
    """Return the name of the event that records these changes: the one thing's own name, or `lead.changed`."""
    facets = [name for part, name in _FACETS if part in changes]
    return facets[0] if len(facets) == 1 else "lead.changed"


def event_types(name: str, changes: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the subscription types that one event speaks to.

    Creating a lead is `lead.created` alone, with the lists it was put on; a change speaks to one type a facet,
    and a change of status or owner also to those who compare fields; any other name is a custom event.
    """
    if name == "lead.created":
        return ("lead.created", "list.added") if changes and changes.get("lists_added") else ("lead.created",)
    if name in ("lead.moved", DATE_REACHED, SCHEDULE_DUE, FINISHED):
        return (name,)
    if changes:
        facets = tuple(facet for part, facet in _FACETS if part in changes)
        compared = "fields" not in changes and ("status" in changes or "owner" in changes)
        return (*facets, "lead.field_changed") if compared else facets
    return (RECEIVED + name,)


def heard_as(name: str, changes: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the subscription types of an event, and for those that wait for any change of the lead that it is one."""
    types = event_types(name, changes)
    return (*types, ANY_CHANGE) if changes or name == "lead.created" else types


def before_of(changes: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the changed fields' former values by field key, or None when no field changed."""
    if not changes:
        return None
    before = {key: pair[0] for key, pair in changes.get("fields", {}).items()}
    for key in ("status", "owner"):
        if key in changes:
            before[key] = changes[key][0]
    return before or None
