"""One small example of every built-in section type, for the reference. Each is tested to be valid."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

_HOT = {"field": "lead.score", "op": "gte", "value": 50}
_PRO = {"field": "event.plan", "op": "eq", "value": "pro"}
_QUALIFIED: dict[str, Any] = {"id": "s2", "type": "lead.set_status", "config": {"status": "qualified"}}
_CONTROL: dict[str, Any] = {"name": "nothing", "weight": 10, "control": True}
_NOTE: dict[str, Any] = {"id": "s3", "type": "log.note", "config": {"text": "Not yet"}}

CONFIGS: dict[str, dict[str, Any]] = {
    "email.notify": {"to": {"owner": True, "addresses": ["sales@acme.example"]}},
    "email.send": {"template": "welcome", "class": "marketing"},
    "event.emit": {"name": "trial.ended", "properties": {"plan": {"template": "{{ event.plan }}"}}},
    "event.received": {"name": "plan.bought"},
    "flow.business_hours": {"time_zone": "tenant"},
    "flow.delay": {"duration": {"days": 2}, "weekdays": ["mon", "tue"], "time_of_day": "09:00", "time_zone": "lead"},
    "flow.finish": {},
    "flow.for": {"start": 0, "end": 3, "step": 1, "variable": "round"},
    "flow.fork": {"join": "all"},
    "flow.goal": {"trigger": {"type": "event.received", "config": {"name": "plan.bought"}}, "otherwise": "continue"},
    "flow.goto": {"section": "s1", "max_visits": 3},
    "flow.if": {"condition": _HOT},
    "flow.leave": {"condition": _HOT},
    "flow.limit": {"keys": ["mail", {"template": "{{ lead.email }}"}], "times": 2, "within": {"days": 7}},
    "flow.return": {},
    "flow.split": {"variants": [{"name": "short", "weight": 45}, {"name": "long", "weight": 45}, _CONTROL]},
    "flow.stop": {"reason": "Not for us"},
    "flow.switch": {"cases": [{"name": "hot", "condition": _HOT}, {"name": "pro", "condition": _PRO}]},
    "flow.wait": {
        "for": [{"name": "bought", "trigger": {"type": "event.received", "config": {"name": "plan.bought"}}}],
        "timeout": {"days": 2},
    },
    "flow.while": {"condition": {"field": "lead.score", "op": "lt", "value": 50}, "max_rounds": 10},
    "http.call": {
        "method": "POST",
        "url": "https://crm.example.com/leads",
        "headers": {"Authorization": "Bearer {{ secrets.crm }}", "Content-Type": "application/json"},
        "body": '{"email": {{ lead.email | json }}, "score": {{ lead.score }}}',
        "save_as": "crm",
    },
    "lead.add_points": {"points": 10},
    "lead.add_tag": {"tag": "vip"},
    "lead.assign_owner": {"round_robin": ["anna@acme.example", "bob@acme.example"]},
    "lead.created": {"source": "import"},
    "lead.date_reached": {
        "field": "birthday",
        "offset": {"before": {"days": 3}},
        "time_of_day": "09:00",
        "yearly": True,
    },
    "lead.field_changed": {"condition": {"field": "lead.city", "op": "changed_to", "value": "Berlin"}},
    "lead.move": {"tenant": "acme-north"},
    "lead.moved": {"from": "acme"},
    "lead.owner_changed": {"to": "anna@acme.example"},
    "lead.remove_tag": {"tag": "vip"},
    "lead.set_field": {"field": "city", "value": {"template": "{{ event.city }}"}},
    "lead.set_status": {"status": "qualified"},
    "lead.status_changed": {"to": "qualified", "from": "new"},
    "list.add": {"list": "hot"},
    "list.added": {"list": "hot"},
    "list.remove": {"list": "hot"},
    "list.removed": {"list": "hot"},
    "log.note": {"text": "Came with {{ lead.score }} points"},
    "manual": {},
    "schedule.due": {"every": "week", "weekdays": ["mon"], "at": "09:00", "leads": {"list": "hot"}},
    "session.set": {"values": {"campaign": {"template": "{{ event.campaign }}"}}},
    "state.set": {"values": {"rounds": 0}},
    "state.update": {"values": {"rounds": {"template": "{{ state.rounds | plus: 1 }}"}}},
    "task.create": {"title": {"template": "Call {{ lead.first_name }}"}, "assignee": "owner", "due_in": {"days": 2}},
    "workflow.exit": {"workflow": "others"},
    "workflow.finished": {"workflow": "onboarding", "outcome": "finished"},
    "workflow.start": {"workflow": "onboarding", "delay": {"days": 1}, "pass_state": True},
}
BRANCHES: dict[str, dict[str, list[Any]]] = {
    "flow.for": {"do": [_NOTE]},
    "flow.fork": {"mail": [_NOTE], "status": [_QUALIFIED]},
    "flow.if": {"yes": [_QUALIFIED], "no": [_NOTE]},
    "flow.limit": {"pass": [_QUALIFIED], "block": [_NOTE]},
    "flow.split": {"short": [_NOTE], "long": [_QUALIFIED]},
    "flow.switch": {"hot": [_QUALIFIED], "otherwise": [_NOTE]},
    "flow.wait": {"bought": [_QUALIFIED], "timeout": [_NOTE]},
    "http.call": {"ok": [_NOTE], "error": [_QUALIFIED]},
    "flow.while": {"do": [{"id": "s2", "type": "lead.add_points", "config": {"points": 10}}]},
}


def example(name: str, *, is_trigger: bool) -> dict[str, Any]:
    """Return a trigger or section of this type as a document holds it; of a plugin's type, its bare form."""
    found: dict[str, Any] = {"id": "t1" if is_trigger else "s1", "type": name, "config": CONFIGS.get(name, {})}
    return deepcopy(found | ({"branches": BRANCHES[name]} if name in BRANCHES else {}))


def example_document(name: str, *, is_trigger: bool) -> dict[str, Any]:
    """Return a whole document with the example of this type in it."""
    made = example(name, is_trigger=is_trigger)
    triggers = [made] if is_trigger else [{"id": "t1", "type": "lead.created", "config": {}}]
    return {"format": 1, "triggers": triggers, "sections": [_NOTE] if is_trigger else [made]}


def named_in_config(name: str) -> set[str]:
    """Return the names that the example's config gives to branches."""
    lists = [value for value in CONFIGS.get(name, {}).values() if isinstance(value, list)]
    return {part["name"] for parts in lists for part in parts if isinstance(part, dict) and "name" in part}
