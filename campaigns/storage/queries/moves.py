"""Executions that are taken from one version to another: found by where they stand, and rewritten in bulk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import aliased

from campaigns.storage.models import Execution, Token, Version
from campaigns.storage.queries.batch_writes import Rows
from campaigns.storage.queries.bulk import Native, Same, change, fetch, insert, remove
from campaigns.storage.queries.stopping import FINAL
from campaigns.storage.transaction import TenantSession

PAGE = 2000
LEAVING = "leaving"  # why an execution is held that was taken out and can still be taken back

_FIRST = """
    SELECT x.id, t.section FROM tokens t
    JOIN executions x ON x.tenant_id = t.tenant_id AND x.id = t.execution_id
    WHERE t.tenant_id = :tenant AND t.workflow_id = :workflow AND t.section IN :sections
        AND x.version_id = :version AND x.status IN :statuses AND x.reason <> :leaving AND x.id > :after
        AND NOT EXISTS (SELECT 1 FROM tokens o WHERE o.tenant_id = t.tenant_id AND o.execution_id = t.execution_id
            AND o.number < t.number)
    ORDER BY x.id LIMIT :most
"""


def count_places(session: TenantSession, workflow_id: UUID) -> list[tuple[int, str, int]]:
    """Return (version number, section, how many executions have their first token there); the start is section ""."""
    tenant_id, other = session.tenant_id, aliased(Token)
    before = exists().where(
        other.tenant_id == tenant_id, other.execution_id == Token.execution_id, other.number < Token.number
    )
    statement = (
        select(Version.number, Token.section, func.count())
        .select_from(Token)
        .join(Execution, and_(Execution.tenant_id == tenant_id, Execution.id == Token.execution_id))
        .join(Version, and_(Version.tenant_id == tenant_id, Version.id == Execution.version_id))
        .where(Token.tenant_id == tenant_id, Token.workflow_id == workflow_id, ~before)
        .where(Execution.status.not_in(FINAL), Execution.reason != LEAVING)
        .group_by(Version.number, Token.section)
        .order_by(Version.number.desc(), Token.section)
    )
    return [(number, section, count) for number, section, count in session.execute(statement)]


@dataclass(slots=True)
class MoveWrites:
    """What a chunk of executions becomes; ids and JSON in the driver's form."""

    version: Rows = field(default_factory=lambda: Rows("id", "version_id", "steps"))
    held: Rows = field(default_factory=lambda: Rows("id", "status", "reason"))
    steps: Rows = field(default_factory=lambda: Rows("execution_id", "number", "section", "outcome", "receipt"))
    waits_gone: list[Any] = field(default_factory=list)  # ids of executions
    waits: Rows = field(
        default_factory=lambda: Rows("execution_id", "number", "name", "event_type", "lead_id", "count")
    )
    records: Rows = field(
        default_factory=lambda: Rows("move_id", "execution_id", "version_id", "leaves", "status", "steps", "waits")
    )
    counts: Counter[tuple[Any, str, str]] = field(default_factory=Counter)  # by version, section, column


class Places:
    """One workflow of the session's tenant: its executions by where they stand."""

    def __init__(self, session: TenantSession, workflow_id: UUID) -> None:
        session.flush()
        self.connection = session.connection()
        self.native = Native(self.connection)
        self.tenant = self.native.id(session.tenant_id)
        self.workflow = self.native.id(workflow_id)
        self.now = self.native.moment(session.now)

    def page(
        self, version: Any, sections: Sequence[str], statuses: Sequence[str], *, after: Any
    ) -> list[tuple[Any, str]]:
        """Return the next executions of a version whose first token stands at one of the sections: (id, section)."""
        values = {
            "tenant": self.tenant,
            "workflow": self.workflow,
            "version": version,
            "leaving": LEAVING,
            "after": after,
            "most": PAGE,
        }
        rows = fetch(self.connection, _FIRST, values, sections=sections, statuses=statuses)
        return [(row[0], row[1]) for row in rows]

    def recorded(self, move_id: UUID, *, after: Any) -> list[tuple[Any, ...]]:
        """Return the next executions of a move: (id, version before, leaves, status before, steps, waits before)."""
        sql = """
            SELECT execution_id, version_id, leaves, status, steps, waits FROM moved_executions
            WHERE tenant_id = :tenant AND move_id = :move AND execution_id > :after
            ORDER BY execution_id LIMIT :most
        """
        values = {"tenant": self.tenant, "move": self.native.id(move_id), "after": after, "most": PAGE}
        rows = fetch(self.connection, sql, values)
        return [(*row[:2], bool(row[2]), *row[3:5], self.native.from_json(row[5])) for row in rows]

    def write(self, writes: MoveWrites) -> None:
        """Write a chunk."""
        scope: dict[str, Any] = {"tenant_id": Same(self.tenant)}
        own = "executions.tenant_id = {tenant_id} AND executions.id = {id}"
        sets = "version_id = {version_id}, steps = {steps}"
        change(self.connection, "executions", sets, own, scope | writes.version.series())
        self._hold(writes.held)
        insert(self.connection, "steps", scope | writes.steps.series() | {"at": Same(self.now)})
        remove(self.connection, "waits", scope | {"execution_id": writes.waits_gone})
        insert(self.connection, "waits", scope | writes.waits.series())
        insert(self.connection, "moved_executions", scope | writes.records.series())
        self.count(writes.counts)

    def forget(self, move_id: UUID) -> None:
        """Let go of what is known of a move's executions."""
        remove(
            self.connection,
            "moved_executions",
            {"tenant_id": Same(self.tenant), "move_id": Same(self.native.id(move_id))},
        )

    def _hold(self, rows: Rows) -> None:
        """Hold executions, or let those go on that are not held any more."""
        scope: dict[str, Any] = {"tenant_id": Same(self.tenant)}
        own = "executions.tenant_id = {tenant_id} AND executions.id = {id}"
        change(self.connection, "executions", "status = {status}, reason = {reason}", own, scope | rows.series())
        by_status = dict.fromkeys((True, False), ())
        for is_held in by_status:
            ids = [row[0] for row in rows.rows if (row[1] == "held") is is_held]
            sets = "due_at = COALESCE(tokens.wake_at, tokens.due_at), wake_at = NULL" if is_held else "wake_at = due_at"
            where = "tokens.tenant_id = {tenant_id} AND tokens.execution_id = {execution_id}"
            change(self.connection, "tokens", sets, where, scope | {"execution_id": ids})

    def count(self, counts: Counter[tuple[Any, str, str]]) -> None:
        """Change what sections count by so much; those that count nothing yet get a row."""
        places = sorted({key[:2] for key in counts})
        scope: dict[str, Any] = {
            "tenant_id": Same(self.tenant),
            "version_id": [place[0] for place in places],
            "section": [place[1] for place in places],
        }
        zero = {"waiting": Same(0), "passed": Same(0), "failed": Same(0)}
        insert(self.connection, "section_counts", scope | zero, suffix="ON CONFLICT DO NOTHING")
        columns = scope | {name: [counts[*place, name] for place in places] for name in ("waiting", "failed")}
        sets = "waiting = section_counts.waiting + {waiting}, failed = section_counts.failed + {failed}"
        where = "section_counts.tenant_id = {tenant_id} AND section_counts.version_id = {version_id}"
        change(self.connection, "section_counts", sets, where + " AND section_counts.section = {section}", columns)


def shards_due(places: Places, ids: Iterable[Any]) -> dict[int, Any]:
    """Return by shard when the first token of these executions is due."""
    sql = """
        SELECT shard, MIN(wake_at) FROM tokens
        WHERE tenant_id = :tenant AND execution_id IN :ids AND wake_at IS NOT NULL GROUP BY shard
    """
    found: dict[int, Any] = {}
    for shard, at in fetch(places.connection, sql, {"tenant": places.tenant}, ids=list(ids)):
        found[shard] = min(found.get(shard, at), at)
    return {shard: places.native.from_moment(at) for shard, at in found.items()}
