"""The raw ceiling: exactly the rows that the product wrote, through the bare driver in batches of 1,000.

The rows are read from the database the product worked on, and written again into a copy made before it did. On SQLite
with executemany, on PostgreSQL with COPY as the tables' owner, and the changes of leads from a temporary table.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.bench.stores import BenchStore

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one table that belong to a batch by their `owner` column."""

    name: str
    owner: str


EXECUTIONS = (
    Table("executions", "id"),
    Table("steps", "execution_id"),
    Table("list_members", "lead_id"),
    Table("events", "source_id"),
    Table("enrolments", "lead_id"),
)
LEAD_COLUMNS = ("status_id", "fields", "updated_at", "revision")


def execution_ceiling(done: BenchStore, before: BenchStore) -> float:
    """Return the seconds that the bare driver takes for all that the executions of `done` wrote."""
    connection = done.connect()
    batches = _batches(connection, done.kind)
    connection.close()
    target = before.connect()
    began = time.perf_counter()
    for batch in batches:
        _write(target, before.kind, batch)
    seconds = time.perf_counter() - began
    target.close()
    return seconds


def import_ceiling(done: BenchStore, before: BenchStore, *, pending: bool) -> float:
    """Return the seconds that the bare driver takes to upsert the leads of `done` with their events."""
    connection = done.connect()
    leads, lead_columns = _all(connection, "leads", "ORDER BY id")
    events, event_columns = _all(connection, "events", "WHERE source = 'import' ORDER BY id")
    connection.close()
    target = before.connect()
    began = time.perf_counter()
    for start in range(0, len(leads), BATCH):
        _upsert(target, before.kind, leads[start : start + BATCH], lead_columns)
        chunk = events[start : start + BATCH]
        _insert(target, before.kind, "events", chunk, event_columns)
        if pending:
            place, tenant = event_columns.index("id"), event_columns.index("tenant_id")
            rows = [(row[tenant], 0, 2, row[place]) for row in chunk]
            _insert(target, before.kind, "pending_events", rows, ["tenant_id", "shard", "lane", "event_id"])
        _commit(target)
    seconds = time.perf_counter() - began
    target.close()
    return seconds


@dataclass(slots=True)
class _Batch:
    rows: dict[str, list[Sequence[Any]]]
    columns: dict[str, list[str]]
    leads: list[Sequence[Any]]


def _batches(connection: Any, kind: str) -> list[_Batch]:
    """Cut what the executions wrote into batches of 1,000 executions."""
    found = {table.name: _all(connection, table.name, _only(table)) for table in EXECUTIONS}
    executions, columns = found["executions"]
    lead_of = {row[columns.index("id")]: row[columns.index("lead_id")] for row in executions}
    number = {lead: index // BATCH for index, lead in enumerate(lead_of.values())}
    leads, lead_columns = _all(connection, "leads", "WHERE revision > 0")
    batches = [
        _Batch({}, {name: cols for name, (_, cols) in found.items()}, []) for _ in range(max(number.values()) + 1)
    ]
    for table in EXECUTIONS:
        rows, cols = found[table.name]
        place = cols.index(table.owner)
        parts: dict[int, list[Sequence[Any]]] = defaultdict(list)
        for row in rows:
            owner = row[place]
            parts[number[lead_of.get(owner, owner)]].append(row)
        for index, part in parts.items():
            batches[index].rows[table.name] = part
    places = [lead_columns.index(name) for name in (*LEAD_COLUMNS, "tenant_id", "id")]
    for row in leads:
        batches[number[row[lead_columns.index("id")]]].leads.append(tuple(_plain(row[place], kind) for place in places))
    return batches


def _only(table: Table) -> str:
    return "WHERE source = 'execution'" if table.name == "events" else ""


def _all(connection: Any, table: str, rest: str) -> tuple[list[Any], list[str]]:
    cursor = connection.execute(f'SELECT * FROM "{table}" {rest}')  # noqa: S608 - names are our own
    rows = cursor.fetchall()
    return rows, [column[0] for column in cursor.description]


def _plain(value: Any, kind: str) -> Any:
    if kind == "postgresql" and isinstance(value, dict | list):
        from psycopg.types.json import Jsonb  # noqa: PLC0415 - only where rows hold JSON

        return Jsonb(value)
    return value


def _write(connection: Any, kind: str, batch: _Batch) -> None:
    for table in EXECUTIONS:
        _insert(connection, kind, table.name, batch.rows.get(table.name, []), batch.columns[table.name])
    _update_leads(connection, kind, batch.leads)
    _commit(connection)


def _insert(connection: Any, kind: str, table: str, rows: Sequence[Sequence[Any]], columns: list[str]) -> None:
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in columns)
    if kind == "sqlite":
        if not connection.in_transaction:
            connection.execute("BEGIN IMMEDIATE")
        marks = ", ".join("?" * len(columns))
        connection.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)  # noqa: S608 - names are our own
        return
    with connection.cursor().copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row([_plain(value, kind) for value in row])


def _upsert(connection: Any, kind: str, rows: Sequence[Sequence[Any]], columns: list[str]) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    conflict = "ON CONFLICT (tenant_id, email_key) DO UPDATE SET first_name = excluded.first_name"
    if kind == "sqlite":
        if not connection.in_transaction:
            connection.execute("BEGIN IMMEDIATE")
        marks = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO leads ({names}) VALUES ({marks}) {conflict}", rows)  # noqa: S608 - names are our own
        return
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS incoming (LIKE leads) ON COMMIT DELETE ROWS")
    with connection.cursor().copy(f"COPY incoming ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([_plain(value, kind) for value in row])
    connection.execute(f"INSERT INTO leads ({names}) SELECT {names} FROM incoming {conflict}")  # noqa: S608 - names are our own


def _update_leads(connection: Any, kind: str, rows: list[Sequence[Any]]) -> None:
    if not rows:
        return
    sets = ", ".join(f"{name} = {{}}" for name in LEAD_COLUMNS)
    if kind == "sqlite":
        sql = f"UPDATE leads SET {sets.format(*'????')} WHERE tenant_id = ? AND id = ?"  # noqa: S608 - names are our own
        connection.executemany(sql, rows)
        return
    connection.execute(
        "CREATE TEMP TABLE IF NOT EXISTS changed ON COMMIT DELETE ROWS AS "
        "SELECT status_id, fields, updated_at, revision, tenant_id, id FROM leads LIMIT 0"
    )
    with connection.cursor().copy("COPY changed FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    values = sets.format(*(f"changed.{name}" for name in LEAD_COLUMNS))
    same = "leads.tenant_id = changed.tenant_id AND leads.id = changed.id"
    connection.execute(f"UPDATE leads SET {values} FROM changed WHERE {same}")  # noqa: S608 - names are our own


def _commit(connection: Any) -> None:
    connection.commit()
