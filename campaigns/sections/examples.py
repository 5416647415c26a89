"""One small example of every built-in section type, for the reference. Each is tested to be valid."""

from __future__ import annotations

from typing import Any

_HOT = {"field": "lead.score", "op": "gte", "value": 50}
_PRO = {"field": "event.plan", "op": "eq", "value": "pro"}
_QUALIFIED: dict[str, Any] = {"id": "s2", "type": "lead.set_status", "config": {"status": "qualified"}}
_NOTE: dict[str, Any] = {"id": "s3", "type": "log.note", "config": {"text": "Not yet"}}

CONFIGS: dict[str, dict[str, Any]] = {
    "email.send": {"template": "welcome", "class": "marketing"},
    "event.received": {"name": "plan.bought"},
    "flow.delay": {"duration": {"days": 2}, "weekdays": ["mon", "tue"], "time_of_day": "09:00", "time_zone": "lead"},
    "flow.finish": {},
    "flow.if": {"condition": _HOT},
    "flow.stop": {"reason": "Not for us"},
    "flow.switch": {"cases": [{"name": "hot", "condition": _HOT}, {"name": "pro", "condition": _PRO}]},
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
    "state.set": {"values": {"rounds": 0}},
    "state.update": {"values": {"rounds": {"template": "{{ state.rounds | plus: 1 }}"}}},
    "task.create": {"title": {"template": "Call {{ lead.first_name }}"}, "assignee": "owner", "due_in": {"days": 2}},
}
BRANCHES: dict[str, dict[str, list[Any]]] = {
    "flow.if": {"yes": [_QUALIFIED], "no": [_NOTE]},
    "flow.switch": {"hot": [_QUALIFIED], "otherwise": [_NOTE]},
}


def example(name: str, *, is_trigger: bool) -> dict[str, Any]:
    """Return a trigger or section of this type as a document holds it; of a plugin's type, its bare form."""
    found: dict[str, Any] = {"id": "t1" if is_trigger else "s1", "type": name, "config": CONFIGS.get(name, {})}
    return found | ({"branches": BRANCHES[name]} if name in BRANCHES else {})
