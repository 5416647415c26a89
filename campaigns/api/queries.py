"""Which parameters each call takes in its address. Others, and the same one twice, are refused."""

from __future__ import annotations

from typing import Any

from flask import request

from campaigns.errors import Invalid, Problem

MOST, USUAL = 500, 50
STATUSES = ("ready", "running", "waiting", "listening", "held", "finished", "stopped", "cancelled", "failed")
TASK_STATUSES = ("open", "done")
RUNNING = ("finish", "hold", "cancel")
LEAD_FILTERS = ("email", "external_id", "list", "status", "tag", "owner", "q")

_TEXT: dict[str, Any] = {"type": "string"}
_ID: dict[str, Any] = {"type": "string", "format": "uuid"}
_PAGE: dict[str, dict[str, Any]] = {
    "cursor": _TEXT,
    "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
}

# The call's endpoint: each parameter with its schema.
QUERIES: dict[str, dict[str, dict[str, Any]]] = {
    "api_leads.index": {**dict.fromkeys(LEAD_FILTERS, _TEXT), **_PAGE},
    "api_leads.show_timeline": _PAGE,
    "api_imports.index": _PAGE,
    "api_vocabulary.all_lists": _PAGE,
    "api_vocabulary.all_statuses": _PAGE,
    "api_vocabulary.all_fields": _PAGE,
    "api_vocabulary.all_templates": _PAGE,
    "api_workflows.index": _PAGE,
    "api_workflows.all_versions": _PAGE,
    "api_stories.index": _PAGE,
    "api_moves.index": _PAGE,
    "api_switches.all_admissions": _PAGE,
    "api_executions.index": {
        "workflow": _TEXT,
        "lead": _ID,
        "status": {"type": "string", "enum": list(STATUSES)},
        "section": _TEXT,
        "reason": _TEXT,
        **_PAGE,
    },
    "api_executions.all_refusals": {"workflow": _TEXT, "lead": _ID, **_PAGE},
    "api_tasks.index": {
        "assignee": _TEXT,
        "status": {"type": "string", "enum": list(TASK_STATUSES)},
        "lead": _ID,
        **_PAGE,
    },
    "api_workflows.differences": {"to": {"type": "integer", "minimum": 1}},
    "api_workflows.deactivate": {
        "running": {"type": "string", "enum": list(RUNNING), "default": RUNNING[0]},
        "at": _TEXT,
    },
}


def check_query() -> None:
    """Raise Invalid for parameters that this call does not take, that stand twice, or that hold a NUL."""
    known = QUERIES.get(request.endpoint or "", {})
    problems = []
    for name, values in request.args.lists():
        if name not in known:
            problems.append(Problem(f"/{name}", "is not taken here"))
        elif len(values) > 1:
            problems.append(Problem(f"/{name}", "stands twice"))
        elif "\0" in values[0]:
            problems.append(Problem(f"/{name}", "holds the control character U+0000"))
    if problems:
        raise Invalid(problems=problems)
