"""Executions that have not ended, with their tokens and what those wait for: a few statements for a whole batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection

from campaigns.storage.queries.bulk import Native, fetch

OPEN = ("ready", "running", "waiting", "listening", "held")


@dataclass(slots=True)
class Stored:
    """A token as it is stored: `wake_at` is when it is due, also while it is held. `waits`: (name, type, count)."""

    number: int
    section: str
    shard: int
    wake_at: datetime | None
    data: dict[str, Any]
    waits: list[tuple[str, str, int]] = field(default_factory=list)


@dataclass(slots=True)
class Open:
    """An execution that has not ended."""

    id: Any
    workflow_id: Any
    version_id: Any
    lead_id: Any
    event_id: Any
    status: str
    hop: int
    steps: int
    state: dict[str, Any]
    tokens: list[Stored] = field(default_factory=list)
    reason: str = ""


_WAITS = """
    SELECT execution_id, number, name, event_type, count FROM waits
    WHERE tenant_id = :tenant AND execution_id IN :ids
"""
_COLUMNS = "x.id, x.workflow_id, x.version_id, x.lead_id, x.event_id, x.status, x.hop, x.steps, x.state, x.reason"


def of_leads(connection: Connection, tenant: Any, lead_ids: Sequence[Any], workflow_ids: Sequence[Any]) -> list[Any]:
    """Return the ids of what these leads have under way; without `workflow_ids` in any workflow."""
    sql = "SELECT id FROM executions WHERE tenant_id = :tenant AND lead_id IN :leads AND status IN :statuses"
    lists: dict[str, Sequence[Any]] = {"leads": lead_ids, "statuses": OPEN}
    if workflow_ids:
        sql += " AND workflow_id IN :workflows"
        lists["workflows"] = workflow_ids
    return [row[0] for row in fetch(connection, sql, {"tenant": tenant}, **lists)]


def waiting_of(connection: Connection, tenant: Any, lead_ids: Sequence[Any]) -> list[Any]:
    """Return the ids of the executions in which something of these leads waits for an event."""
    sql = "SELECT DISTINCT execution_id FROM waits WHERE tenant_id = :tenant AND lead_id IN :leads"
    return [row[0] for row in fetch(connection, sql, {"tenant": tenant}, leads=lead_ids)]


def load(connection: Connection, tenant: Any, ids: Iterable[Any], *, statuses: Sequence[str] = OPEN) -> dict[Any, Open]:
    """Return these executions with all tokens and waits, by id; those of other statuses are left out."""
    native, wanted = Native(connection), sorted(set(ids))
    if not wanted:
        return {}
    sql = f"SELECT {_COLUMNS} FROM executions x WHERE x.tenant_id = :tenant AND x.id IN :ids AND x.status IN :open"  # noqa: S608 - no value in it
    rows = fetch(connection, sql, {"tenant": tenant}, ids=wanted, open=statuses)
    found: dict[Any, Open] = {}
    for row in rows:
        found[row[0]] = Open(
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            row[5],
            row[6],
            row[7],
            native.from_json(row[8]) or {},
            reason=row[9],
        )
    tokens = _tokens(connection, native, tenant, found)
    for execution_id, number, *wait in fetch(connection, _WAITS, {"tenant": tenant}, ids=list(found)):
        token = tokens.get((execution_id, number))
        if token is not None:
            token.waits.append((wait[0], wait[1], wait[2]))
    return found


def _tokens(
    connection: Connection, native: Native, tenant: Any, found: dict[Any, Open]
) -> dict[tuple[Any, int], Stored]:
    sql = """
        SELECT execution_id, number, section, shard, COALESCE(wake_at, due_at), data FROM tokens
        WHERE tenant_id = :tenant AND execution_id IN :ids ORDER BY execution_id, number
    """
    made = {}
    for row in fetch(connection, sql, {"tenant": tenant}, ids=list(found)):
        at = native.from_moment(row[4]) if row[4] is not None else None
        token = made[row[0], row[1]] = Stored(row[1], row[2], row[3], at, native.from_json(row[5]) or {})
        found[row[0]].tokens.append(token)
    return made


def live_versions(connection: Connection, tenant: Any, workflow_ids: Sequence[Any]) -> dict[Any, Any]:
    """Return by workflow the version that is live; None for one that is not active."""
    sql = """
        SELECT w.id, v.id FROM workflows w
        LEFT JOIN versions v ON v.tenant_id = w.tenant_id AND v.workflow_id = w.id AND v.number = w.live_version
            AND w.is_active
        WHERE w.tenant_id = :tenant AND w.id IN :ids
    """
    return {row[0]: row[1] for row in fetch(connection, sql, {"tenant": tenant}, ids=workflow_ids)}


def event_ids(opened: Iterable[Open], native: Native) -> set[Any]:
    """Return the events that started these executions or woke their tokens, in the driver's form."""
    found = set()
    for one in opened:
        if one.event_id is not None:
            found.add(one.event_id)
        found |= {native.id(UUID(token.data["event"])) for token in one.tokens if "event" in token.data}
    return found
