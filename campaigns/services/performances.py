"""Runs of a section's own `perform`: the same rows, leases, tries and breaker as calls over HTTP have."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.errors import CampaignsError
from campaigns.outgoing.breaker import FAILURES, REST
from campaigns.performing.task import Performer, Task
from campaigns.sections.performing import GiveUp
from campaigns.services import audit, plugin_changes
from campaigns.storage.models import OutsideCall
from campaigns.storage.transaction import TenantSession

_HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Performance:
    """What a run has answered, as plain values."""

    values: dict[str, Any]
    milliseconds: int


def is_one(row: OutsideCall) -> bool:
    """Return whether a planned call is a run of a `perform`."""
    return "type" in row.request


def name_of(row: OutsideCall) -> str:
    """Return under which name its failures are counted: of all runs of the type in the tenant."""
    return f"The section type {row.request['type']}"


def carry_out(performer: Performer | None, row: OutsideCall, secrets: Mapping[str, str]) -> Performance:
    """Run it once; raise GiveUp or TryLater, with no secret in the reason."""
    if performer is None:
        raise GiveUp("No worker here runs plugins.")
    request = row.request
    own = {key: secrets[key] for key in request["secrets"] if key in secrets}
    task = Task(
        type=request["type"],
        key=row.key,
        attempt=row.attempts,
        config=request["config"],
        asked=request["asked"],
        secrets=own,
        limit=request["limit"],
        memory=request["memory"],
    )
    began = time.monotonic()
    try:
        values = performer.perform(task)
    except CampaignsError as error:
        error.message = _without(error.message, own)
        raise
    return Performance(values, round((time.monotonic() - began) * 1000))


def note_resting(session: TenantSession, rows: Sequence[OutsideCall]) -> None:
    """Write into the audit log which section types are left alone for a while, as they have failed in a row."""
    for row in rows:
        if is_one(row):
            audit.record(
                session, plugin_changes.RESTS, kind="section_type", target=row.request["type"],
                failures=FAILURES, seconds=int(REST.total_seconds()),
            )  # fmt: skip


def without_content(row: OutsideCall) -> dict[str, Any]:
    """Return what is kept of a request once it is over: of a run, not what it was given of the lead."""
    return {**row.request, "asked": {}} if is_one(row) else row.request


def _without(text: str, secrets: Mapping[str, str]) -> str:
    for value in secrets.values():
        text = text.replace(value, _HIDDEN)
    return text
