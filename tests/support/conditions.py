"""A lead made by hand, and short ways to ask it: what the tests of conditions share."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from campaigns.engine.conditions import Condition, Verdict, compile_condition
from campaigns.engine.fields import field_types
from campaigns.engine.kinds import FieldType, Vocabulary

NOW = datetime(2026, 3, 15, 23, 30, tzinfo=UTC)  # in Berlin it is the 16th already
BERLIN = ZoneInfo("Europe/Berlin")
FIELDS = field_types(
    Vocabulary(
        fields={
            "city": FieldType("text"),
            "plan": FieldType("choice", choices=("free", "pro")),
            "amount": FieldType("number"),
            "member": FieldType("boolean"),
            "renewal": FieldType("date"),
            "seen": FieldType("datetime"),
        }
    )
)
READ = TypeAdapter(Condition)
EVERY_OPERATOR = [
    ("lead.city", "eq", "x"), ("lead.city", "ne", "x"), ("lead.score", "lt", 1), ("lead.score", "lte", 1),
    ("lead.score", "gt", 1), ("lead.score", "gte", 1), ("lead.city", "contains", "x"),
    ("lead.city", "not_contains", "x"), ("lead.city", "starts_with", "x"), ("lead.city", "ends_with", "x"),
    ("lead.city", "in", ["x"]),
    ("lead.city", "not_in", ["x"]), ("lead.city", "is_set", None), ("lead.city", "is_empty", None),
    ("lead.city", "changed", None), ("lead.city", "changed_to", "x"), ("lead.renewal", "before", "2026-01-01"),
    ("lead.renewal", "after", "2026-01-01"), ("lead.renewal", "within_last", {"days": 1}),
    ("lead.renewal", "within_next", {"days": 1}),
]  # fmt: skip


@dataclass
class Lead:
    """A view made by hand."""

    lead: dict[str, Any] | None = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    lists: set[str] = field(default_factory=set)
    workflows: set[str] = field(default_factory=set)
    event: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    session: dict[str, Any] | None = None
    now: datetime = NOW
    before: dict[str, Any] | None = None
    happened: dict[str, Any] = field(default_factory=dict)
    time_zone: tzinfo = BERLIN

    def activity(self, name: str, since: datetime | None) -> int:
        return sum(since is None or at >= since for at in self.happened.get(name, ()))


def asks(path: str, op: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"field": path, "op": op, **({} if value is None else {"value": value}), **more}


def verdict(document: Any, view: Lead) -> Verdict:
    found = compile_condition(READ.validate_python(document), FIELDS)(view)
    json.dumps(found.receipt, allow_nan=False)
    assert found.receipt["is"] is found.truth
    return found
