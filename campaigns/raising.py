"""Events that Python raises by itself: a plugin that listens to a queue, a script of cron, another program.

from campaigns.raising import raise_event

raise_event("acme", "deal.won", lead={"email": "ann@example.com"}, key="deal-17", properties={"amount": 900})

A `perform` needs none of this: it answers with its events.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack, closing
from typing import Any

from campaigns.errors import Invalid, Problem
from campaigns.runtime import Runtime, open_runtime, prepare_database
from campaigns.services import events, tenants
from campaigns.services.events import Sent
from campaigns.settings import load_settings
from campaigns.storage.transaction import system, writing
from campaigns.tenancy import Actor, Tenancy

MOST_NAME = 200
MOST_BYTES = 64 * 1024
_NAMES = frozenset({"id", "external_id", "email"})


def raise_event(
    tenant: str,
    name: str,
    *,
    lead: Mapping[str, str],
    key: str | None = None,
    properties: Mapping[str, Any] | None = None,
    runtime: Runtime | None = None,
) -> bool:
    """Record an event of a lead, who is named by one of id, external_id and email, and made when unknown.

    What listens to it starts as if the API had taken it. With a `key` it is recorded once in 30 days: False says that
    it was there. Raises NotFound for an unknown tenant, and Invalid with what is wrong. A process that has a `runtime`
    gives it; without one the settings are read, and the database is opened and closed for this one event.
    """
    sent = _checked(Sent(name, dict(lead), key, dict(properties or {})))
    with ExitStack() as stack:
        parts = runtime or stack.enter_context(closing(_opened()))
        with system(parts.store) as session:
            tenancy = Tenancy(tenants.find_tenant(session, tenant).id, Actor("system", None, "Plugin"))
        with writing(parts.store, tenancy) as session:
            taken = events.take(session, [sent])
            if taken.problems:
                raise Invalid(problems=[problem for _, problem in taken.problems])
    return taken.accepted == 1


def _opened() -> Runtime:
    settings = load_settings()
    prepare_database(settings)
    return open_runtime(settings)


def _checked(sent: Sent) -> Sent:
    """Return an event that may be recorded; raise Invalid."""
    problems = []
    if not sent.name.strip() or len(sent.name) > MOST_NAME:
        problems.append(Problem("/name", f"has 1 to {MOST_NAME} characters"))
    if len(sent.lead) != 1 or not _NAMES.issuperset(sent.lead):
        problems.append(Problem("/lead", "names the lead by exactly one of id, external_id and email"))
    try:
        if len(json.dumps(sent.properties)) > MOST_BYTES:
            problems.append(Problem("/properties", f"is larger than {MOST_BYTES // 1024} KiB"))
    except (TypeError, ValueError) as error:
        problems.append(Problem("/properties", f"is not JSON: {error}"))
    if problems:
        raise Invalid(problems=problems)
    return sent
