"""Tokens whose time has come, with their executions: one statement for a whole batch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from campaigns.storage.queries.bulk import Native, fetch
from campaigns.storage.queries.due import Lease
from campaigns.storage.queries.open_executions import Open, Stored


@dataclass(slots=True)
class Resume:
    """A token that is due, with its execution."""

    execution_id: Any
    number: int
    section: str
    data: dict[str, Any]
    workflow_id: Any
    version_id: Any
    lead_id: Any
    event_id: Any
    status: str
    hop: int
    steps: int
    state: dict[str, Any]
    shard: int
    wake_at: datetime

    def opened(self) -> Open:
        """Return its execution with this token alone."""
        place = (self.execution_id, self.workflow_id, self.version_id, self.lead_id, self.event_id)
        token = Stored(self.number, self.section, self.shard, self.wake_at, self.data)
        return Open(*place, self.status, self.hop, self.steps, self.state, [token])


_TOKENS = """
    SELECT t.execution_id, t.number, t.section, t.data, x.workflow_id, x.version_id, x.lead_id, x.event_id,
           x.status, x.hop, x.steps, x.state, t.shard, t.wake_at
    FROM (SELECT * FROM tokens WHERE tenant_id = :tenant AND shard = :shard{n} AND wake_at <= :now
          ORDER BY wake_at LIMIT :share) t
    JOIN executions x ON x.tenant_id = :tenant AND x.id = t.execution_id
"""


def due_tokens(connection: Connection, lease: Lease, *, now: datetime, limit: int) -> list[Resume]:
    """Return tokens whose time has come, at most `limit`, the same share from each shard."""
    native = Native(connection)
    parts = [_TOKENS.replace("{n}", str(n)) for n in range(len(lease.shards))]
    sql = " UNION ALL ".join(f"SELECT * FROM ({part}) AS part{n}" for n, part in enumerate(parts))  # noqa: S608 - no value in it
    values = {"tenant": native.id(lease.tenant_id), "now": native.moment(now), "share": -(-limit // len(lease.shards))}
    rows = fetch(connection, sql, values | {f"shard{n}": shard for n, shard in enumerate(lease.shards)})
    return [
        Resume(
            execution_id=row[0],
            number=row[1],
            section=row[2],
            data=native.from_json(row[3]) or {},
            workflow_id=row[4],
            version_id=row[5],
            lead_id=row[6],
            event_id=row[7],
            status=row[8],
            hop=row[9],
            steps=row[10],
            state=native.from_json(row[11]) or {},
            shard=row[12],
            wake_at=native.from_moment(row[13]),
        )
        for row in rows
    ]
