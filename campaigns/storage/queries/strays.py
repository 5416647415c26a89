"""Rows that say work is due where there is none: events that are gone, tokens of executions that don't run.

No transaction of ours leaves any. A restored backup, retention or a fault would, and then they must neither keep a
worker busy for ever nor stand in the way of their neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection

from campaigns.storage.queries.bulk import Native, Same, change, remove

RESUMABLE = frozenset({"ready", "waiting", "listening"})
_RESTS = """EXISTS (SELECT 1 FROM executions x WHERE x.tenant_id = tokens.tenant_id AND x.id = tokens.execution_id
                    AND x.status NOT IN ('ready', 'waiting', 'listening'))"""


def lay_aside(
    connection: Connection,
    tenant_id: UUID,
    *,
    events: Sequence[tuple[int, int, Any]],
    tokens: Sequence[tuple[Any, int]],
) -> None:
    """Take events (shard, lane, id) off the queue, and the time off tokens (execution, number) that still stray.

    The token stays where it is and keeps when it was due, so that what is held or failed can be released or retried.
    """
    tenant = Same(Native(connection).id(tenant_id))
    shards, lanes, ids = zip(*events, strict=True) if events else ((), (), ())
    remove(connection, "pending_events", {"tenant_id": tenant, "shard": shards, "lane": lanes, "event_id": ids})
    executions, numbers = zip(*tokens, strict=True) if tokens else ((), ())
    named: dict[str, Any] = {"tenant_id": tenant, "execution_id": executions, "number": numbers}
    where = " AND ".join(f"tokens.{name} = {{{name}}}" for name in named)
    sets = "due_at = COALESCE(tokens.due_at, tokens.wake_at), wake_at = NULL"
    change(connection, "tokens", sets, f"{where} AND {_RESTS}", named)
