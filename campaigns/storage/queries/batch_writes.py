"""What a batch writes: everything with a handful of bulk statements, in the one transaction that also settles it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from campaigns.engine.subject import Subject
from campaigns.storage.queries import tasks, visits
from campaigns.storage.queries.batch_reads import Names
from campaigns.storage.queries.bulk import Native, Same, change, insert, remove
from campaigns.storage.queries.lead_writes import change_subjects

Series = Sequence[Any] | Same


class Rows:
    """Rows of one table, in the order of `names`. `add` takes one as a tuple."""

    __slots__ = ("add", "extend", "names", "rows")

    def __init__(self, *names: str) -> None:
        self.names = names
        self.rows: list[tuple[Any, ...]] = []
        self.add = self.rows.append
        self.extend = self.rows.extend

    def series(self) -> dict[str, Series]:
        """Return the rows by column."""
        columns = zip(*self.rows, strict=True) if self.rows else ((),) * len(self.names)
        return dict(zip(self.names, columns, strict=True))

    def column(self, name: str) -> list[Any]:
        place = self.names.index(name)
        return [row[place] for row in self.rows]

    def __len__(self) -> int:
        return len(self.rows)


def _execution_rows() -> Rows:
    return Rows(
        "id",
        "workflow_id",
        "version_id",
        "lead_id",
        "event_id",
        "trigger_id",
        "status",
        "reason",
        "hop",
        "lane",
        "steps",
        "state",
        "finished_at",
    )


@dataclass
class Writes:
    """Everything that a batch decided, ready for the bulk statements; ids and JSON in the driver's form."""

    executions: Rows = field(default_factory=_execution_rows)
    moved: Rows = field(
        default_factory=lambda: Rows("id", "from_steps", "status", "reason", "steps", "state", "finished_at")
    )
    steps: Rows = field(default_factory=lambda: Rows("execution_id", "number", "section", "outcome", "receipt"))
    tokens: Rows = field(
        default_factory=lambda: Rows(
            "execution_id", "number", "workflow_id", "section", "shard", "wake_at", "due_at", "data"
        )
    )
    tokens_gone: Rows = field(default_factory=lambda: Rows("execution_id", "number"))
    waits: Rows = field(
        default_factory=lambda: Rows("execution_id", "number", "name", "event_type", "lead_id", "count")
    )
    waits_gone: Rows = field(default_factory=lambda: Rows("execution_id", "number"))
    events: Rows = field(
        default_factory=lambda: Rows("id", "name", "lead_id", "hop", "source_id", "changes", "properties")
    )
    pending: Rows = field(default_factory=lambda: Rows("shard", "lane", "event_id"))
    pending_gone: Rows = field(default_factory=lambda: Rows("shard", "lane", "event_id"))
    notes: Rows = field(default_factory=lambda: Rows("id", "lead_id", "text", "author", "execution_id"))
    calls: Rows = field(
        default_factory=lambda: Rows("id", "key", "execution_id", "number", "step", "section", "shard", "request")
    )
    tasks: Rows = field(default_factory=lambda: Rows(*tasks.COLUMNS))
    refusals: Rows = field(default_factory=lambda: Rows("id", "workflow_id", "lead_id", "event_id", "limit", "text"))
    messages: Rows = field(
        default_factory=lambda: Rows(
            "id",
            "key",
            "lead_id",
            "execution_id",
            "section",
            "step",
            "template_version_id",
            "class",
            "recipient",
            "values",
        )
    )
    outbox: Rows = field(default_factory=lambda: Rows("message_id", "shard"))
    enrolments: dict[tuple[Any, Any], list[Any]] = field(
        default_factory=dict
    )  # (workflow, lead): [active, ever, started]
    counts: dict[tuple[Any, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))
    totals: dict[Any, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    visits: dict[str, dict[str, Any]] = field(default_factory=dict)
    imports: dict[Any, int] = field(default_factory=lambda: defaultdict(int))
    subjects: list[Subject] = field(default_factory=list)


class Conflict(Exception):
    """Somebody changed in the meantime what the batch had read; it is read and decided again."""


def write(
    connection: Connection, tenant_id: Any, writes: Writes, names: Names, lists: dict[str, Any], *, now: datetime
) -> None:
    """Write a batch. Raises Conflict when an execution was changed since it was read."""
    native = Native(connection)
    scope: dict[str, Series] = {"tenant_id": Same(tenant_id)}
    at = Same(native.moment(now))
    insert(connection, "executions", scope | writes.executions.series() | {"created_at": at, "attempts": Same(0)})
    _move(connection, scope, writes.moved)
    remove(connection, "tokens", scope | writes.tokens_gone.series())
    insert(connection, "steps", scope | writes.steps.series() | {"at": at})
    insert(connection, "tokens", scope | writes.tokens.series() | {"entered_at": at})
    remove(connection, "waits", scope | writes.waits_gone.series())
    insert(connection, "waits", scope | writes.waits.series())
    change_subjects(connection, tenant_id, writes.subjects, names, lists, now=now)
    event_columns = {"occurred_at": at, "received_at": at, "source": Same("execution")}
    insert(connection, "events", scope | writes.events.series() | event_columns)
    remove(connection, "pending_events", scope | writes.pending_gone.series())
    insert(connection, "pending_events", scope | writes.pending.series())
    insert(connection, "notes", scope | writes.notes.series() | {"at": at})
    if writes.tasks.rows:
        tasks.add_tasks(connection, tenant_id, writes.tasks.series(), at=at.value)
    planned = {"state": Same("planned"), "attempts": Same(0), "reason": Same(""), "planned_at": at, "next_at": at}
    insert(connection, "outside_calls", scope | writes.calls.series() | planned)
    insert(connection, "refusals", scope | writes.refusals.series() | {"at": at})
    message_columns = {
        "state": Same("planned"),
        "reason": Same(""),
        "subject": Same(""),
        "attempts": Same(0),
        "planned_at": at,
    }
    insert(connection, "messages", scope | writes.messages.series() | message_columns)
    visits.write_visits(connection, tenant_id, writes.visits)
    insert(connection, "outbox", scope | writes.outbox.series() | {"next_at": at})
    _count(connection, scope, writes)


def _move(connection: Connection, scope: dict[str, Series], moved: Rows) -> None:
    where = (
        "executions.tenant_id = {tenant_id} AND executions.id = {id} AND executions.steps = {from_steps} "
        "AND executions.status IN ('ready', 'waiting', 'listening', 'held')"
    )
    columns = scope | moved.series()
    sets = "status = {status}, reason = {reason}, steps = {steps}, state = {state}, finished_at = {finished_at}"
    if change(connection, "executions", sets, where, columns) != len(moved):
        raise Conflict


_ENROL = """
    ON CONFLICT (tenant_id, workflow_id, lead_id) DO UPDATE SET
        active = enrolments.active + excluded.active, ever = enrolments.ever + excluded.ever,
        last_started = COALESCE(excluded.last_started, enrolments.last_started)
"""
_COUNTS = """
    ON CONFLICT (tenant_id, version_id, section) DO UPDATE SET
        waiting = section_counts.waiting + excluded.waiting, passed = section_counts.passed + excluded.passed,
        failed = section_counts.failed + excluded.failed
"""
_TOTAL_NAMES = ("active", "started", "finished", "stopped", "cancelled", "failed", "refused", "unasked")
_TOTALS = "ON CONFLICT (tenant_id, workflow_id) DO UPDATE SET " + ", ".join(
    f"{name} = workflow_totals.{name} + excluded.{name}" for name in _TOTAL_NAMES
)


def _count(connection: Connection, scope: dict[str, Series], writes: Writes) -> None:
    """Keep the counters. Rows that several batches touch come last and in order: none waits long, or in a circle."""
    enrolled = [(workflow, lead, *values) for (workflow, lead), values in writes.enrolments.items()]
    rows = Rows("workflow_id", "lead_id", "active", "ever", "last_started")
    rows.extend(enrolled)
    insert(connection, "enrolments", scope | rows.series(), suffix=_ENROL)
    counts = Rows("version_id", "section", "waiting", "passed", "failed")
    counts.extend([(version, section, *values) for (version, section), values in sorted(writes.counts.items())])
    insert(connection, "section_counts", scope | counts.series(), suffix=_COUNTS)
    totals = Rows("workflow_id", *_TOTAL_NAMES)
    totals.extend([(w, *(values[name] for name in _TOTAL_NAMES)) for w, values in sorted(writes.totals.items())])
    insert(connection, "workflow_totals", scope | totals.series(), suffix=_TOTALS)
    started = sorted(writes.imports.items())
    columns = scope | {"id": [key for key, _ in started], "started": [count for _, count in started]}
    change(
        connection,
        "imports",
        "started = imports.started + {started}",
        "imports.tenant_id = {tenant_id} AND imports.id = {id}",
        columns,
    )
