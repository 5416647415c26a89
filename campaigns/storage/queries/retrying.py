"""Failed executions that go on: what stands around a chunk of them, and a few statements that set them going."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import update

from campaigns.storage.models import WorkflowTotal
from campaigns.storage.queries.bulk import Native, Same, change, fetch, insert
from campaigns.storage.queries.due import shard_of
from campaigns.storage.transaction import TenantSession


@dataclass(frozen=True, slots=True)
class Failed:
    """A failed execution; ids in the driver's form. `active`: how many slots its lead holds in the workflow."""

    id: Any
    version_id: Any
    lead_id: Any
    event_id: Any
    active: int


class Retrying:
    """One workflow's failed executions. No batch may be at work, so that what is read stays true."""

    def __init__(self, session: TenantSession, workflow_id: UUID) -> None:
        session.flush()
        self.session, self.workflow_id = session, workflow_id
        self.connection = session.connection()
        self.native = Native(self.connection)
        self.scope = {"tenant": self.native.id(session.tenant_id), "workflow": self.native.id(workflow_id)}

    def find(self, ids: Sequence[UUID]) -> list[Failed]:
        """Return those of these executions that have failed, the oldest first."""
        sql = """
            SELECT x.id, x.version_id, x.lead_id, x.event_id, COALESCE(e.active, 0) FROM executions x
            LEFT JOIN enrolments e
                ON e.tenant_id = x.tenant_id AND e.workflow_id = x.workflow_id AND e.lead_id = x.lead_id
            WHERE x.tenant_id = :tenant AND x.workflow_id = :workflow AND x.id IN :ids AND x.status = 'failed'
        """
        rows = fetch(self.connection, sql, self.scope, ids=[self.native.id(one) for one in ids])
        return sorted((Failed(*row) for row in rows), key=lambda one: one.id)

    def active(self) -> int:
        """Return how many executions of the workflow hold a slot."""
        sql = "SELECT active FROM workflow_totals WHERE tenant_id = :tenant AND workflow_id = :workflow"
        rows = fetch(self.connection, sql, self.scope)
        return int(rows[0][0]) if rows else 0

    def start(self, chosen: Sequence[Failed]) -> set[int]:
        """Set these going where they failed, with their slots and counts; return the shards that have work."""
        shards = self._wake(chosen)
        ids: dict[str, Any] = {"tenant_id": Same(self.scope["tenant"]), "id": [one.id for one in chosen]}
        sets = "status = 'ready', reason = '', finished_at = NULL, attempts = 0"
        change(self.connection, "executions", sets, "executions.tenant_id = {tenant_id} AND executions.id = {id}", ids)
        self._take_slots(chosen)
        own = (WorkflowTotal.tenant_id == self.session.tenant_id, WorkflowTotal.workflow_id == self.workflow_id)
        count = len(chosen)
        values = {"active": WorkflowTotal.active + count, "failed": WorkflowTotal.failed - count}
        silent = {"synchronize_session": False}
        self.session.execute(update(WorkflowTotal).where(*own).values(values), execution_options=silent)
        return shards

    def _wake(self, chosen: Sequence[Failed]) -> set[int]:
        """Make the token at each failed section due: the first that has not entered; the others are its forks."""
        sql = """
            SELECT execution_id, number, section, shard, data FROM tokens
            WHERE tenant_id = :tenant AND execution_id IN :ids
        """
        ids, standing = [one.id for one in chosen], dict[Any, tuple[int, str, int]]()
        for execution_id, number, section, shard, data in sorted(
            fetch(self.connection, sql, {"tenant": self.scope["tenant"]}, ids=ids), key=lambda row: (row[0], row[1])
        ):
            if not (self.native.from_json(data) or {}).get("entered"):
                standing.setdefault(execution_id, (number, section, shard))
        gone = [one for one in chosen if one.id not in standing]
        standing |= self._restore(gone)
        now = Same(self.native.moment(self.session.now))
        tokens: dict[str, Any] = {
            "tenant_id": Same(self.scope["tenant"]), "execution_id": list(standing),
            "number": [one[0] for one in standing.values()], "wake_at": now, "due_at": now, "entered_at": now,
        }  # fmt: skip
        where = "tokens.tenant_id = {tenant_id} AND tokens.execution_id = {execution_id} AND tokens.number = {number}"
        sets = "wake_at = {wake_at}, due_at = {due_at}, entered_at = {entered_at}"
        change(self.connection, "tokens", sets, where, tokens)
        self._uncount(Counter((one.version_id, standing[one.id][1]) for one in chosen))
        return {shard for _, _, shard in standing.values()}

    def _restore(self, gone: Sequence[Failed]) -> dict[Any, tuple[int, str, int]]:
        """Make a token for each that has none, at the section of its last step."""
        sql = """
            SELECT s.execution_id, s.section FROM steps s
            WHERE s.tenant_id = :tenant AND s.execution_id IN :ids AND s.number = (
                SELECT MAX(l.number) FROM steps l WHERE l.tenant_id = s.tenant_id AND l.execution_id = s.execution_id)
        """
        last = dict(fetch(self.connection, sql, {"tenant": self.scope["tenant"]}, ids=[one.id for one in gone]))
        made = {one.id: (0, last.get(one.id, ""), self._shard(one)) for one in gone}
        now = Same(self.native.moment(self.session.now))
        rows: dict[str, Any] = {
            "tenant_id": Same(self.scope["tenant"]), "execution_id": list(made), "number": Same(0),
            "workflow_id": Same(self.scope["workflow"]), "section": [one[1] for one in made.values()],
            "shard": [one[2] for one in made.values()], "entered_at": now,
        }  # fmt: skip
        insert(self.connection, "tokens", rows)
        return made

    def _shard(self, failed: Failed) -> int:
        return shard_of(self.native.uuid(failed.lead_id or failed.event_id or failed.id))

    def _uncount(self, counts: Counter[tuple[Any, str]]) -> None:
        """Take these failures off what their sections count."""
        places = sorted(counts)
        rows: dict[str, Any] = {
            "tenant_id": Same(self.scope["tenant"]), "version_id": [place[0] for place in places],
            "section": [place[1] for place in places], "failed": [counts[place] for place in places],
        }  # fmt: skip
        where = "section_counts.tenant_id = {tenant_id} AND section_counts.version_id = {version_id}"
        where += " AND section_counts.section = {section}"
        change(self.connection, "section_counts", "failed = section_counts.failed - {failed}", where, rows)

    def _take_slots(self, chosen: Sequence[Failed]) -> None:
        slots = Counter(one.lead_id for one in chosen if one.lead_id is not None)
        rows: dict[str, Any] = {
            "tenant_id": Same(self.scope["tenant"]), "workflow_id": Same(self.scope["workflow"]),
            "lead_id": sorted(slots), "active": [slots[lead] for lead in sorted(slots)],
        }  # fmt: skip
        where = "enrolments.tenant_id = {tenant_id} AND enrolments.workflow_id = {workflow_id}"
        where += " AND enrolments.lead_id = {lead_id}"
        change(self.connection, "enrolments", "active = enrolments.active + {active}", where, rows)
