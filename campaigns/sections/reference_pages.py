"""The pages about the workflow document and about events, with the tables that come from the models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from campaigns.engine.condition_values import Operator
from campaigns.engine.document import MAX_BRANCHES, MAX_DEPTH, MAX_SECTIONS
from campaigns.engine.events import DATE_REACHED, MAX_HOPS, RECORDED, SCHEDULE_DUE, Recorded, event_types
from campaigns.engine.fields import BUILT_IN_FIELDS
from campaigns.engine.kinds import Kinds
from campaigns.sections.reference import config_table
from campaigns.sections.schema import document_schema

_DOCUMENT = """# The workflow document

What the builder edits, the API and the command line take, and a version freezes: one JSON object. It is structured,
not a free graph: a list of sections, in which a section may open branches, each a list again. So every document that
can be read can be drawn, and compared section by section. Start and Finish are drawn and never stored, except an
explicit `flow.finish`. This page is written by `make docs`; the same as a
[JSON Schema](workflow.schema.json), draft 2020-12.

Ids are short, unique in the document and kept through edits: history and statistics hang on them. What a config names
(a list, a status, a template, a workflow, a member) is named by its key, so that a document can move between tenants.
A document has at most {sections} sections, nested at most {depth} deep, and a section at most {branches} branches.

A draft must be readable: types, configs, ids. It may be incomplete, such as a list that does not exist: that is a
problem, which keeps the workflow from being activated. Every problem has a `path`, a JSON Pointer into the document.
Not available yet, and said so when activating: `sending_hours`, and a sender of your own in `email.send`.
"""
_CONDITIONS = """## Conditions

A condition is one of:

| form | holds |
|---|---|
| `{"all": [...]}` | when every part holds; without parts it holds |
| `{"any": [...]}` | when at least one part holds |
| `{"not": {...}}` | when the part does not |
| `{"field": "lead.city", "op": "eq", "value": "Berlin", "ignore_case": true}` | when the comparison holds |
| `{"in_list": "customers"}` | when the lead is on the list |
| `{"has_tag": "vip"}` | when the lead has the tag |
| `{"in_workflow": "onboarding"}` | while the lead is in the workflow |
| `{"did": "plan.bought", "times": {"at_least": 2}, "within": {"days": 7}}` | when the lead's events say so |

Fields are `lead.*`, `event.*`, `state.*`, `session.*` and `now`. Operators are typed by the field: a number compared
with text is a problem, never silently false. A value that is missing makes every test false except `is_empty`, `ne`,
`not_contains` and `not_in`. A value may be `{"template": "{{ state.threshold }}"}`. There are no regular expressions.

"""
_VALUES = """
## Values

In `value` and `values` text is literal, and `{"template": "…"}` is Liquid over `lead`, `event`, `state`, `session` and
`now`. A template that is one output tag alone keeps its type: `{"template": "{{ state.n | plus: 1 }}"}` gives a number.
`lead.set_field` turns what a template gives into the type of the field, or fails that lead with the reason. A name that
is unknown for certain is a problem; a value that is missing when it runs is empty, and noted in the receipt.

Besides Liquid's own filters, such as `default`, `upcase`, `date` and `plus`, there are:

- `json`: the value as JSON, what is missing as `null`: `{"email": {{ lead.email | json }}}`.
- `sha256`: the SHA-256 of the text in hexadecimal, and nothing for nothing: `{{ lead.email | downcase | sha256 }}`.
- `mask`: the first and the last character with three stars between them, or as many as are said; of an address the
  first and the domain. `{{ lead.email | mask }}` gives `a***@example.com`, `{{ lead.phone | mask: 3 }}` gives
  `+49***789`.
- `digits`: the digits alone, also those of other scripts: `{{ lead.phone | digits }}` gives `4930123789`.

## Durations

`{"days": 2, "hours": 4}`, of months, weeks, days, hours, minutes and seconds, or text as `d.hh:mm:ss`; at most two
years. Months, weeks and days keep the time on the clock; hours, minutes and seconds are exact.
"""
_PARTS = (
    ("Document", "The document"),
    ("WorkflowSettings", "Settings"),
    ("Limits", "Limits"),
    ("TriggerItem", "Triggers"),
    ("SectionItem", "Sections"),
)
_EVENTS = """# Events

Everything that happens to a lead is recorded once, as an event: name, lead, time, properties, what changed. Triggers
subscribe to types of events. This page is written by `make docs`.

%(events)s
Creating a lead is `lead.created` alone: no change of a field or a status. What changed together is one event, and one
event starts at most one execution of a workflow, also when several of its triggers match.

A change of the lead, whatever it was, also wakes those who wait at or before a goal with a condition.

## What conditions and templates see

| name | holds |
|---|---|
| `event.name` | the event's name |
| `event.occurred_at` | when it happened |
| `event.source` | `form`, `api`, `import`, `manual`, `execution` or `system` |
| `event.properties.plan` | a property; `event.plan` for short, where no name above hides it |
| `event.changes` | what changed, in the form below |

`changes` is `{"fields": {key: [before, after]}, "status": [before, after], "owner": [before, after], "lists_added":
[key], "lists_removed": [key], "tags_added": [tag], "tags_removed": [tag]}`; what did not change is absent.

## Hops

What a person, the API or an import causes is hop 0. What an execution causes is one hop more than the event that
started it. Event %(hops)d hops away from a person is recorded, starts nothing, and is refused with `hops`, so that two
workflows that wake each other come to an end.
"""


def document_page(kinds: Kinds) -> str:
    """Return docs/reference/workflow-document.md."""
    schema = document_schema(kinds)
    known = schema["$defs"]
    parts = [_DOCUMENT.format(sections=MAX_SECTIONS, depth=MAX_DEPTH, branches=MAX_BRANCHES)]
    for name, title in _PARTS:
        parts += [f"## {title}\n", f"{known[name]['description']}\n", config_table(_without_types(known[name]), known)]
    operators = ", ".join(f"`{name}`" for name in get_args(Operator))
    built_in = ", ".join(f"`lead.{key}`" for key in BUILT_IN_FIELDS)
    parts.append(f"{_CONDITIONS}Operators: {operators}.\n")
    parts.append(f"Built-in fields: {built_in}; custom ones are `lead.<key>`.\n{_VALUES}")
    return "\n".join(parts)


def events_page(kinds: Kinds) -> str:
    """Return docs/reference/events.md."""
    listening = {kind.name for kind in kinds.values() if kind.is_trigger}
    rows = [f"| `{e.name}` | {e.when} | {_starts(e, listening)} | {_coded(e.properties)} |\n" for e in RECORDED]
    rows.append("| any other name | you sent it, or `event.emit` did | `event.received` with that name | your own |\n")
    table = "| event | recorded when | starts | properties |\n|---|---|---|---|\n" + "".join(rows)
    return _EVENTS % {"events": table, "hops": MAX_HOPS + 1}


def _starts(event: Recorded, listening: set[str]) -> str:
    """Return the triggers that may start by an event: what it speaks to, as far as there is such a trigger."""
    if event.name in (DATE_REACHED, SCHEDULE_DUE):
        return "that trigger of that workflow alone"
    if event.name == "lead.changed":
        return "what each of them does"
    return _coded([name for name in event_types(event.name, event.changes) if name in listening]) or "nothing yet"


def _coded(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _without_types(part: dict[str, Any]) -> dict[str, Any]:
    """A part's schema with `type` as plain text: the types have a page of their own."""
    properties = dict(part["properties"])
    if "enum" in properties.get("type", {}):
        properties["type"] = {"type": "string", "title": "Type", "description": "see [section types](sections.md)"}
    return {**part, "properties": properties}
