"""What a batch writes: everything with a handful of bulk statements, in the one transaction that also settles it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from campaigns.engine.subject import Subject
from campaigns.imports.contacts import address_and_key
from campaigns.storage.queries.batch_reads import Names
from campaigns.storage.queries.bulk import Native, Same, change, insert, remove

_NAME_COLUMNS = ("first_name", "last_name", "email", "phone")


class Rows:
    """Rows of one table, in the order of `names`. `add` takes one as a tuple."""

    __slots__ = ("add", "extend", "names", "rows")

    def __init__(self, *names: str) -> None:
        self.names = names
        self.rows: list[tuple[Any, ...]] = []
        self.add = self.rows.append
        self.extend = self.rows.extend

    def series(self) -> dict[str, Sequence[Any]]:
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
        default_factory=lambda: Rows("execution_id", "number", "workflow_id", "section", "shard", "wake_at", "data")
    )
    tokens_gone: Rows = field(default_factory=lambda: Rows("execution_id", "number"))
    events: Rows = field(default_factory=lambda: Rows("id", "name", "lead_id", "hop", "source_id", "changes"))
    pending: Rows = field(default_factory=lambda: Rows("shard", "lane", "event_id"))
    pending_gone: Rows = field(default_factory=lambda: Rows("shard", "lane", "event_id"))
    notes: Rows = field(default_factory=lambda: Rows("id", "lead_id", "text", "author", "execution_id"))
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
    imports: dict[Any, int] = field(default_factory=lambda: defaultdict(int))
    subjects: list[Subject] = field(default_factory=list)


class Conflict(Exception):
    """Somebody changed in the meantime what the batch had read; it is read and decided again."""


def write(
    connection: Connection, tenant_id: Any, writes: Writes, names: Names, lists: dict[str, Any], *, now: datetime
) -> None:
    """Write a batch. Raises Conflict when an execution was changed since it was read."""
    native = Native(connection)
    scope = {"tenant_id": Same(tenant_id)}
    at = Same(native.moment(now))
    insert(connection, "executions", scope | writes.executions.series() | {"created_at": at, "attempts": Same(0)})
    _move(connection, scope, writes.moved)
    remove(connection, "tokens", scope | writes.tokens_gone.series())
    insert(connection, "steps", scope | writes.steps.series() | {"at": at})
    insert(
        connection,
        "tokens",
        scope | writes.tokens.series() | {"entered_at": at, "due_at": writes.tokens.column("wake_at")},
    )
    change_subjects(connection, tenant_id, writes.subjects, names, lists, now=now)
    event_columns = {"occurred_at": at, "received_at": at, "source": Same("execution")}
    insert(connection, "events", scope | writes.events.series() | event_columns)
    remove(connection, "pending_events", scope | writes.pending_gone.series())
    insert(connection, "pending_events", scope | writes.pending.series())
    insert(connection, "notes", scope | writes.notes.series() | {"at": at})
    insert(connection, "refusals", scope | writes.refusals.series() | {"at": at})
    message_columns = {
        "state": Same("planned"),
        "reason": Same(""),
        "subject": Same(""),
        "attempts": Same(0),
        "planned_at": at,
    }
    insert(connection, "messages", scope | writes.messages.series() | message_columns)
    insert(connection, "outbox", scope | writes.outbox.series() | {"next_at": at})
    _count(connection, scope, writes)


def change_subjects(
    connection: Connection,
    tenant_id: Any,
    subjects: list[Subject],
    names: Names | None,
    lists: dict[str, Any],
    *,
    now: datetime,
) -> None:
    """Write what was changed of leads in memory: fields, lists, tags. `names` may be None when no field was."""
    scope = {"tenant_id": Same(tenant_id)}
    at = Same(Native(connection).moment(now))
    if names is not None:
        _change_leads(connection, scope, subjects, names, now)
    _change_lists(connection, scope, subjects, lists, at)
    _change_tags(connection, scope, subjects, at)


def _move(connection: Connection, scope: dict[str, Same], moved: Rows) -> None:
    where = "executions.tenant_id = {tenant_id} AND executions.id = {id} AND executions.steps = {from_steps} AND executions.status IN ('ready', 'waiting')"
    columns = scope | moved.series()
    sets = "status = {status}, reason = {reason}, steps = {steps}, state = {state}, finished_at = {finished_at}"
    if change(connection, "executions", sets, where, columns) != len(moved):
        raise Conflict


def _change_leads(
    connection: Connection, scope: dict[str, Same], subjects: list[Subject], names: Names, now: datetime
) -> None:
    """Update changed leads, grouped by what changed, so that each group is one statement."""
    native = Native(connection)
    groups: dict[tuple[tuple[str, ...], bool], list[Subject]] = defaultdict(list)
    for subject in subjects:
        if subject.patch or subject.points:
            groups[tuple(sorted(_columns_of(subject))), bool(subject.points)].append(subject)
    for (columns, points), members in sorted(groups.items(), key=lambda item: item[0]):
        series: dict[str, Any] = {"id": [subject.id for subject in members]}
        sets = ["updated_at = {updated_at}", "revision = leads.revision + 1"]
        for column in columns:
            series[column] = [_native_value(native, names, subject, column) for subject in members]
            sets.append(_set_of(column, native))
        if points:
            series["score"] = [subject.points for subject in members]
            sets.append("score = leads.score + {score}")
        where = "leads.tenant_id = {tenant_id} AND leads.id = {id}"
        change(connection, "leads", ", ".join(sets), where, scope | {"updated_at": Same(native.moment(now))} | series)


def _columns_of(subject: Subject) -> set[str]:
    columns = set()
    for key in subject.patch:
        column = _COLUMN_OF.get(key, "fields")
        columns.add(column)
        if key in _NAME_COLUMNS:
            columns.add("search_text")
        if key == "email":
            columns.add("email_key")
    return columns


_COLUMN_OF = {
    "email": "email",
    "external_id": "external_id",
    "first_name": "first_name",
    "last_name": "last_name",
    "phone": "phone",
    "score": "score",
    "status": "status_id",
    "owner": "owner_id",
}


def _set_of(column: str, native: Native) -> str:
    if column != "fields":
        return f"{column} = {{{column}}}"
    if native.is_sqlite:
        return "fields = json_patch(leads.fields, {fields})"  # null removes a key (RFC 7396)
    return "fields = jsonb_strip_nulls(leads.fields || {fields})"


def _native_value(native: Native, names: Names, subject: Subject, column: str) -> Any:
    match column:
        case "fields":
            return native.json({key: value for key, value in subject.patch.items() if key not in _COLUMN_OF})
        case "status_id":
            return names.status_ids[subject.patch["status"]]
        case "owner_id":
            return names.user_ids.get(subject.patch["owner"])
        case "email_key":
            email = subject.patch["email"]
            return address_and_key(email)[1] if email else None
        case "search_text":
            return search_text(subject.values)
        case _:
            return subject.patch[column]


def search_text(values: dict[str, Any]) -> str:
    """Return what the lead search looks in: names, address and phone without regard to case."""
    return " ".join(str(values[key]) for key in _NAME_COLUMNS if values.get(key)).casefold()


def _change_lists(
    connection: Connection, scope: dict[str, Same], subjects: list[Subject], lists: dict[str, Any], at: Same
) -> None:
    added = [(lists[key], subject.id) for subject in subjects for key in subject.added_lists]
    gone = [(lists[key], subject.id) for subject in subjects for key in subject.removed_lists]
    if added:
        added.sort()
        columns = scope | {"list_id": [a for a, _ in added], "lead_id": [b for _, b in added], "added_at": at}
        insert(connection, "list_members", columns, suffix="ON CONFLICT DO NOTHING")
    if gone:
        remove(connection, "list_members", scope | {"list_id": [a for a, _ in gone], "lead_id": [b for _, b in gone]})


def _change_tags(connection: Connection, scope: dict[str, Same], subjects: list[Subject], at: Same) -> None:
    added = [(tag, subject.id) for subject in subjects for tag in subject.added_tags]
    gone = [(tag, subject.id) for subject in subjects for tag in subject.removed_tags]
    if added:
        new = sorted({tag for tag, _ in added})
        insert(connection, "tags", scope | {"key": new, "created_at": at}, suffix="ON CONFLICT DO NOTHING")
        columns = scope | {"tag": [tag for tag, _ in added], "lead_id": [lead for _, lead in added]}
        insert(connection, "lead_tags", columns, suffix="ON CONFLICT DO NOTHING")
    if gone:
        remove(
            connection, "lead_tags", scope | {"tag": [tag for tag, _ in gone], "lead_id": [lead for _, lead in gone]}
        )


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
_TOTAL_NAMES = ("active", "started", "finished", "stopped", "cancelled", "failed", "refused")
_TOTALS = "ON CONFLICT (tenant_id, workflow_id) DO UPDATE SET " + ", ".join(
    f"{name} = workflow_totals.{name} + excluded.{name}" for name in _TOTAL_NAMES
)


def _count(connection: Connection, scope: dict[str, Same], writes: Writes) -> None:
    """Keep the counters. Rows that several batches touch are written last and in order, so none waits long or in a circle."""
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
