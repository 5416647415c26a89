"""All rows that the invariants look at, read after a commit: only the tables that it has written are read anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.support.simulation.sources import Source

HOLDING = frozenset({"ready", "running", "waiting", "held"})


class Execution(NamedTuple):
    tenant: bytes
    id: bytes
    workflow: bytes
    version: bytes
    lead: bytes | None
    status: str
    reason: str
    hop: int
    steps: int
    finished_at: int | None
    event: bytes | None


class Step(NamedTuple):
    execution: bytes
    number: int
    section: str
    outcome: str
    tenant: bytes


class Token(NamedTuple):
    execution: bytes
    number: int
    section: str
    shard: int
    wake_at: int | None
    due_at: int | None
    entered: bool
    waits: bool
    tenant: bytes
    call: str | None
    fork: str | None
    side: bool


class Due(NamedTuple):
    tenant: bytes
    kind: str
    shard: int
    next_at: int | None
    owner: bytes | None
    lease_until: int | None


class Message(NamedTuple):
    id: bytes
    tenant: bytes
    key: str
    execution: bytes
    section: str
    step: int
    kind: str
    recipient: str
    state: str
    lead: bytes | None


class Outgoing(NamedTuple):
    message: bytes
    tenant: bytes
    shard: int
    next_at: int
    owner: bytes | None
    lease_until: int | None


class OutsideCall(NamedTuple):
    id: bytes
    tenant: bytes
    key: str
    execution: bytes
    section: str
    step: int
    shard: int
    state: str
    next_at: int | None
    owner: bytes | None
    reason: str


class Event(NamedTuple):
    id: bytes
    tenant: bytes
    name: str
    lead: bytes | None
    hop: int
    source_id: bytes | None
    source: str
    told: str | None  # of a schedule or a date: which trigger, and which time


class Pending(NamedTuple):
    tenant: bytes
    shard: int
    lane: int
    event: bytes


class Lead(NamedTuple):
    id: bytes
    score: int
    email_key: str | None
    tenant: bytes
    moved_to: bytes | None


class Import(NamedTuple):
    tenant: bytes
    id: bytes
    status: str
    rows: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    failed: int
    undo: str | None


_QUERIES: dict[str, tuple[type[Any], str]] = {
    "executions": (
        Execution,
        """
        SELECT tenant_id, id, workflow_id, version_id, lead_id, status, reason, hop, steps, finished_at,
            event_id
        FROM executions ORDER BY id
        """,
    ),
    "steps": (
        Step,
        "SELECT execution_id, number, section, outcome, tenant_id FROM steps ORDER BY execution_id, number",
    ),
    "tokens": (
        Token,
        """
        SELECT execution_id, number, section, shard, wake_at, due_at, COALESCE(json_extract(data, '$.entered'), 0),
            COALESCE(json_extract(data, '$.waits'), 0), tenant_id, json_extract(data, '$.call'),
            json_extract(data, '$.join'), COALESCE(json_extract(data, '$.side'), 0)
        FROM tokens ORDER BY execution_id, number
        """,
    ),
    "due": (Due, "SELECT tenant_id, kind, shard, next_at, owner, lease_until FROM due ORDER BY 1, 2, 3"),
    "messages": (
        Message,
        """
        SELECT id, tenant_id, key, execution_id, section, step, class, recipient, state, lead_id
        FROM messages ORDER BY id
        """,
    ),
    "outbox": (Outgoing, "SELECT message_id, tenant_id, shard, next_at, owner, lease_until FROM outbox ORDER BY 1"),
    "outside_calls": (
        OutsideCall,
        """
        SELECT id, tenant_id, key, execution_id, section, step, shard, state, next_at, owner, reason
        FROM outside_calls ORDER BY id
        """,
    ),
    "events": (
        Event,
        """
        SELECT id, tenant_id, name, lead_id, hop, source_id, source, json_extract(properties, '$.trigger') || ' ' ||
            COALESCE(json_extract(properties, '$.due_at'), json_extract(properties, '$.date'))
        FROM events ORDER BY id
        """,
    ),
    "pending_events": (Pending, "SELECT tenant_id, shard, lane, event_id FROM pending_events ORDER BY 1, 2, 3, 4"),
    "waits": (tuple, "SELECT execution_id, number, event_type FROM waits ORDER BY 1, 2, 3"),
    "enrolments": (tuple, "SELECT workflow_id, lead_id, active, ever FROM enrolments ORDER BY 1, 2"),
    "workflow_totals": (
        tuple,
        """
        SELECT workflow_id, active, started, finished, stopped, cancelled, failed, refused FROM workflow_totals
        ORDER BY 1
        """,
    ),
    "section_counts": (tuple, "SELECT version_id, section, waiting, passed, failed FROM section_counts ORDER BY 1, 2"),
    "leads": (Lead, "SELECT id, score, email_key, tenant_id, moved_to FROM leads ORDER BY 4, 1"),
    "refusals": (tuple, "SELECT workflow_id, lead_id FROM refusals ORDER BY id"),
    "notes": (tuple, "SELECT execution_id FROM notes WHERE execution_id IS NOT NULL ORDER BY id"),
    "suppressions": (tuple, "SELECT tenant_id, email FROM suppressions ORDER BY 1, address_hash"),
    "versions": (tuple, "SELECT id, workflow_id, document FROM versions ORDER BY id"),
    "moves": (tuple, "SELECT id, at, settled_at FROM moves ORDER BY id"),
    "imports": (
        Import,
        """
        SELECT tenant_id, id, status, rows, created, updated, unchanged, skipped, failed,
            json_extract(position, '$.undo')
        FROM imports ORDER BY id
        """,
    ),
    "import_problems": (tuple, "SELECT import_id, line FROM import_problems ORDER BY 1, 2"),
}


@dataclass
class Rows:
    """The rows after one commit, by table; with the ways to find them."""

    tables: dict[str, list[Any]]
    by_id: dict[bytes, Execution] = field(init=False)
    steps_of: dict[bytes, list[Step]] = field(init=False)
    tokens_of: dict[bytes, list[Token]] = field(init=False)

    def __post_init__(self) -> None:
        self.by_id = {row.id: row for row in self.tables["executions"]}
        self.steps_of, self.tokens_of = defaultdict(list), defaultdict(list)
        for step in self.tables["steps"]:
            self.steps_of[step.execution].append(step)
        for token in self.tables["tokens"]:
            self.tokens_of[token.execution].append(token)

    def holds(self, execution: Execution) -> bool:
        """Whether an execution holds a slot of the limits: one that was listening when it was held does not."""
        tokens = self.tokens_of[execution.id]
        listens = execution.status == "held" and bool(tokens) and all(token.side for token in tokens)
        return execution.status in HOLDING and not listens

    def __getitem__(self, table: str) -> list[Any]:
        return self.tables[table]


class Reader:
    """Reads what was written since, and keeps the rest."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._kept: dict[str, list[Any]] = {}

    def read(self, written: Collection[str]) -> Rows:
        """Return all rows; those of tables that were not written since are the ones read before."""
        for table, (kind, sql) in _QUERIES.items():
            if table in written or table not in self._kept:
                rows = self._source.rows(sql)
                self._kept[table] = [tuple(row) if kind is tuple else kind._make(row) for row in rows]
        return Rows(dict(self._kept))

    def active_workflows(self) -> set[bytes]:
        return {row[0] for row in self._source.rows("SELECT id FROM workflows WHERE is_active")}

    def stopped_workflows(self) -> set[bytes]:
        """Return those that the storm brake has stopped, and nobody has let go on since."""
        return {row[0] for row in self._source.rows("SELECT id FROM workflows WHERE stopped_because <> ''")}

    def close(self) -> None:
        self._source.close()
