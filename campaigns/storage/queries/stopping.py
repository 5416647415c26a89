"""Holding, releasing and ending a workflow's executions: a few statements for two thousand of them at a time.

Rows are chosen by status and then named by their keys. Statements that join or count over all of them would be
shorter, but where the planner knows nothing of the tables yet they take time that grows with the square.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import null, select, update

from campaigns.storage.models import Due, WorkflowTotal
from campaigns.storage.queries.bulk import Native, Same, change, fetch, remove
from campaigns.storage.transaction import TenantSession

OPEN = ("ready", "running", "waiting", "listening", "held")
FINAL = ("finished", "stopped", "cancelled")
CHUNK = 2000
_HOLDING_A_SLOT = frozenset({"ready", "running", "waiting", "held"})
_SILENT = {"synchronize_session": False}


def stop_batches(session: TenantSession, *, recall: bool = False) -> None:
    """Let the batches that are being written commit, and keep others from writing until this transaction ends.

    `recall` ends their leases too: what they have read is about to change, so they give up and the work is claimed
    anew. To be called before any other lock is taken; on SQLite the write transaction keeps them waiting by itself.
    """
    own = (Due.tenant_id == session.tenant_id, Due.kind == "run")
    session.execute(select(Due.shard).where(*own).order_by(Due.shard).with_for_update()).all()
    if recall:
        free = {"fence": Due.fence + 1, "owner": null(), "lease_until": null()}
        session.execute(update(Due).where(*own, Due.owner.is_not(null())).values(free), execution_options=_SILENT)


def hold(session: TenantSession, workflow_id: UUID) -> int:
    """Hold every open execution of a workflow: nothing wakes it until it is released. Return how many."""
    scope, count = Scope(session, workflow_id), 0
    for chosen in scope.chunks(("ready", "running", "waiting", "listening")):
        sets = "due_at = COALESCE(tokens.wake_at, tokens.due_at), wake_at = NULL"
        scope.change("tokens", sets, execution_id=chosen.ids)
        scope.change("executions", "status = {status}", id=chosen.ids, status=Same("held"))
        count += len(chosen.ids)
    return count


def release(session: TenantSession, workflow_id: UUID) -> dict[int, datetime]:
    """Let held executions go on when they were due, but for those who leave; return by shard when the first is."""
    scope = Scope(session, workflow_id)
    due = dict[int, Any]()
    for chosen in scope.chunks(("held",), where="AND reason <> 'leaving'"):
        standing: dict[Any, str] = {}
        for token in scope.tokens(chosen.ids):
            if token.due_at is not None:
                due[token.shard] = min(due.get(token.shard, token.due_at), token.due_at)
            standing[token.execution_id] = _more(standing.get(token.execution_id, "listening"), token)
        scope.change("tokens", "wake_at = tokens.due_at", execution_id=chosen.ids)
        statuses = [standing.get(execution_id, "ready") for execution_id in chosen.ids]
        scope.change("executions", "status = {status}", id=chosen.ids, status=statuses)
    return {shard: scope.native.from_moment(moment) for shard, moment in due.items()}


def cancel(
    session: TenantSession,
    workflow_id: UUID,
    *,
    statuses: Sequence[str],
    reason: str,
    ids: Sequence[UUID] | None = None,
    tell: Callable[[Chosen], None] | None = None,
) -> int:
    """Cancel a workflow's executions of these statuses (or `ids` of them), with all that counts them. Return how many.

    `tell` is called with those of each chunk.
    """
    scope, ended = Scope(session, workflow_id), Counter[str]()
    for chosen in map(scope.as_counted, scope.chunks(statuses, ids)):
        _end(scope, chosen, "cancelled", reason)
        ended.update(chosen.statuses)
        if tell is not None:
            tell(chosen)
    _count_ended(session, workflow_id, ended, "cancelled")
    return ended.total()


def stop_leads(session: TenantSession, lead_ids: Sequence[Any], *, reason: str) -> int:
    """Stop everything of these leads that has not ended, in whatever workflow. Return how many executions."""
    return _stop_unfinished(session, "lead_id", lead_ids, reason)


def stop_executions(session: TenantSession, ids: Sequence[Any], *, reason: str) -> int:
    """Stop those of these executions that have not ended, in whatever workflow. Return how many."""
    return _stop_unfinished(session, "id", ids, reason)


def _stop_unfinished(session: TenantSession, column: str, keys: Sequence[Any], reason: str) -> int:
    native, found = Native(session.connection()), dict[Any, list[Any]]()
    sql = f"""
        SELECT workflow_id, id, version_id, lead_id, status FROM executions
        WHERE tenant_id = :tenant AND {column} IN :keys AND status IN :statuses
    """  # noqa: S608 - two names of our own
    values = {"tenant": native.id(session.tenant_id)}
    for row in fetch(session.connection(), sql, values, keys=keys, statuses=[*OPEN, "failed"]):
        found.setdefault(row[0], []).append(row[1:])
    for workflow_id, rows in sorted(found.items()):
        scope = Scope(session, native.uuid(workflow_id))
        chosen = scope.as_counted(Chosen(*zip(*rows, strict=True)))
        _end(scope, chosen, "stopped", reason)
        _count_ended(session, native.uuid(workflow_id), Counter(chosen.statuses), "stopped")
    return sum(map(len, found.values()))


def stop(
    session: TenantSession,
    workflow_id: UUID,
    ids: Sequence[Any],
    *,
    reason: str,
    only: str,
    tell: Callable[[Chosen], None] | None = None,
) -> int:
    """Stop those of a workflow's executions that are held for the reason `only`. Return how many."""
    scope = Scope(session, workflow_id)
    sql = """
        SELECT id, version_id, lead_id, status FROM executions
        WHERE tenant_id = :tenant AND id IN :ids AND status = 'held' AND reason = :only
    """
    rows = fetch(scope.connection, sql, {"tenant": scope.tenant, "only": only}, ids=ids)
    if not rows:
        return 0
    chosen = scope.as_counted(Chosen(*zip(*rows, strict=True)))
    _end(scope, chosen, "stopped", reason)
    _count_ended(session, workflow_id, Counter(chosen.statuses), "stopped")
    if tell is not None:
        tell(chosen)
    return len(rows)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Executions by column, ids in the driver's form."""

    ids: Sequence[Any]
    versions: Sequence[Any]
    leads: Sequence[Any]
    statuses: Sequence[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """A token; `entered`: it waits inside its section, so the section counts it. `side`: of a listener's line."""

    execution_id: Any
    section: str
    shard: int
    due_at: Any
    entered: bool
    side: bool


def _more(status: str, token: Standing) -> str:
    """Return how an execution stands with one more token: only the main line makes it more than listening."""
    if token.side or status == "waiting":
        return status
    return "waiting" if token.entered else "ready"


class Scope:
    """One workflow of the session's tenant, for bulk statements."""

    def __init__(self, session: TenantSession, workflow_id: UUID) -> None:
        session.flush()
        self.connection = session.connection()
        self.native = Native(self.connection)
        self.tenant = self.native.id(session.tenant_id)
        self.workflow = self.native.id(workflow_id)
        self.now = Same(self.native.moment(session.now))

    def chunks(
        self, statuses: Sequence[str], ids: Sequence[UUID] | None = None, *, where: str = ""
    ) -> Iterator[Chosen]:
        """Yield the executions of these statuses; each chunk has to leave them before the next is read."""
        sql = """
            SELECT id, version_id, lead_id, status FROM executions
            WHERE tenant_id = :tenant AND workflow_id = :workflow AND status IN :statuses
        """
        values = {"tenant": self.tenant, "workflow": self.workflow, "most": CHUNK}
        lists: dict[str, Sequence[Any]] = {}
        if ids is not None:
            sql += " AND id IN :ids"
            lists["ids"] = [self.native.id(one) for one in ids]
        lists["statuses"] = list(statuses)
        while rows := fetch(self.connection, f"{sql} {where} LIMIT :most", values, **lists):
            yield Chosen(*zip(*rows, strict=True))
            if len(rows) < CHUNK:
                return

    def as_counted(self, chosen: Chosen) -> Chosen:
        """Return them with the status that counters know: one that was listening when it was held holds no slot."""
        held = [key for key, status in zip(chosen.ids, chosen.statuses, strict=True) if status == "held"]
        standing: dict[Any, str] = {}
        for token in self.tokens(held) if held else ():
            standing[token.execution_id] = _more(standing.get(token.execution_id, "listening"), token)
        listening = {key for key, status in standing.items() if status == "listening"}
        pairs = zip(chosen.ids, chosen.statuses, strict=True)
        return replace(chosen, statuses=["listening" if key in listening else status for key, status in pairs])

    def tokens(self, ids: Sequence[Any]) -> list[Standing]:
        """Return the tokens of these executions."""
        sql = """
            SELECT execution_id, section, shard, due_at, data FROM tokens
            WHERE tenant_id = :tenant AND execution_id IN :ids
        """
        rows = fetch(self.connection, sql, {"tenant": self.tenant}, ids=ids)
        return [_standing(row[:4], self.native.from_json(row[4]) or {}) for row in rows]

    def change(self, table: str, sets: str, **columns: Any) -> None:
        """Update a table's rows; the first column names them, within the tenant."""
        first = next(iter(columns))
        where = f"{table}.tenant_id = {{tenant_id}} AND {table}.{first} = {{{first}}}"
        change(self.connection, table, sets, where, {"tenant_id": Same(self.tenant), **columns})


def _end(scope: Scope, chosen: Chosen, status: str, reason: str) -> None:
    _uncount_sections(scope, chosen)
    _give_slots_back(scope, chosen)
    _skip_mails(scope, chosen, reason)
    for table in ("tokens", "waits"):
        remove(scope.connection, table, {"tenant_id": Same(scope.tenant), "execution_id": chosen.ids})
    sets = "status = {status}, reason = {reason}, finished_at = {finished_at}"
    same = {"status": Same(status), "reason": Same(reason), "finished_at": scope.now}
    scope.change("executions", sets, id=chosen.ids, **same)


def _standing(place: Sequence[Any], data: dict[str, Any]) -> Standing:
    execution_id, section, shard, due_at = place
    return Standing(execution_id, section, shard, due_at, bool(data.get("entered")), bool(data.get("side")))


def _uncount_sections(scope: Scope, chosen: Chosen) -> None:
    executions = {row[0]: row[1:] for row in zip(chosen.ids, chosen.versions, chosen.statuses, strict=True)}
    counts: Counter[tuple[Any, str, str]] = Counter()
    for token in scope.tokens(chosen.ids):
        version_id, status = executions[token.execution_id]
        if token.entered or status == "failed":
            counts[version_id, token.section, "waiting" if token.entered else "failed"] += 1
    places = sorted({(version_id, section) for version_id, section, _ in counts})
    columns: dict[str, Any] = {
        "tenant_id": Same(scope.tenant),
        "version_id": [version_id for version_id, _ in places],
        "section": [section for _, section in places],
        "waiting": [counts[*place, "waiting"] for place in places],
        "failed": [counts[*place, "failed"] for place in places],
    }
    sets = "waiting = section_counts.waiting - {waiting}, failed = section_counts.failed - {failed}"
    where = "section_counts.tenant_id = {tenant_id} AND section_counts.version_id = {version_id}"
    change(scope.connection, "section_counts", sets, where + " AND section_counts.section = {section}", columns)


def _give_slots_back(scope: Scope, chosen: Chosen) -> None:
    pairs = zip(chosen.leads, chosen.statuses, strict=True)
    slots = Counter(lead for lead, status in pairs if lead is not None and status in _HOLDING_A_SLOT)
    leads = sorted(slots)
    columns: dict[str, Any] = {
        "tenant_id": Same(scope.tenant),
        "workflow_id": Same(scope.workflow),
        "lead_id": leads,
        "active": [slots[lead] for lead in leads],
    }
    where = "enrolments.tenant_id = {tenant_id} AND enrolments.workflow_id = {workflow_id}"
    sets = "active = enrolments.active - {active}"
    change(scope.connection, "enrolments", sets, where + " AND enrolments.lead_id = {lead_id}", columns)


def _skip_mails(scope: Scope, chosen: Chosen, reason: str) -> None:
    """Mails that were planned and not yet handed over are not sent any more."""
    sql = "SELECT id FROM messages WHERE tenant_id = :tenant AND execution_id IN :ids AND state = 'planned'"
    planned = [row[0] for row in fetch(scope.connection, sql, {"tenant": scope.tenant}, ids=chosen.ids)]
    remove(scope.connection, "outbox", {"tenant_id": Same(scope.tenant), "message_id": planned})
    sets = "state = {state}, reason = {reason}, settled_at = {settled_at}"
    same = {"state": Same("skipped"), "reason": Same(reason), "settled_at": scope.now}
    scope.change("messages", sets, id=planned, **same)


def _count_ended(session: TenantSession, workflow_id: UUID, ended: Counter[str], status: str) -> None:
    own = (WorkflowTotal.tenant_id == session.tenant_id, WorkflowTotal.workflow_id == workflow_id)
    values = {
        "active": WorkflowTotal.active - sum(ended[status] for status in _HOLDING_A_SLOT),
        "failed": WorkflowTotal.failed - ended["failed"],
        status: getattr(WorkflowTotal, status) + ended.total(),
    }
    session.execute(update(WorkflowTotal).where(*own).values(values), execution_options=_SILENT)
