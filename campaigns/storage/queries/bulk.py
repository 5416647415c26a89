"""Bulk statements in the form each database is fastest at: executemany on SQLite, arrays on PostgreSQL.

Values are given by column, in the driver's own form (`Native`): ids as 16 bytes on SQLite and UUIDs on PostgreSQL,
moments as microseconds or datetimes, JSON as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import repeat
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Boolean, Integer, SmallInteger, String, Table
from sqlalchemy.engine import Connection

from campaigns.ids import new_ids, new_keys
from campaigns.storage.base import Base
from campaigns.storage.types import Instant, Key, from_microseconds, to_microseconds

_NAME = re.compile(r":([A-Za-z_][A-Za-z0-9_]*)")
_CHUNK = 900  # placeholders in one IN list on SQLite


@dataclass(frozen=True, slots=True)
class Same:
    """A column that has one value in all rows."""

    value: Any


Columns = Mapping[str, "Sequence[Any] | Same"]


class Native:
    """The driver's own form of ids, moments and JSON."""

    def __init__(self, connection: Connection) -> None:
        self.is_sqlite = connection.dialect.name == "sqlite"

    def id(self, value: UUID | bytes) -> Any:
        """Return the driver's form of an id; one that is in it already stays as it is."""
        return value.bytes if self.is_sqlite and isinstance(value, UUID) else value

    def ids(self, count: int) -> list[Any]:
        """Return new, increasing ids."""
        return new_keys(count) if self.is_sqlite else new_ids(count)

    def moment(self, value: datetime) -> Any:
        return to_microseconds(value) if self.is_sqlite else value

    def from_moment(self, value: Any) -> datetime:
        return from_microseconds(value) if self.is_sqlite else value

    def json(self, value: Any) -> str:
        return orjson.dumps(value, str, orjson.OPT_UTC_Z).decode()

    def from_json(self, value: Any) -> Any:
        return orjson.loads(value) if isinstance(value, str) else value

    def uuid(self, value: Any) -> UUID:
        return UUID(bytes=value) if isinstance(value, bytes) else value

    def text(self, value: Any) -> str:
        """Return an id as it is written, without making an object of it first."""
        if not isinstance(value, bytes):
            return str(value)
        digits = value.hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class Ids:
    """New ids, made a thousand at a time. `next` returns one."""

    def __init__(self, native: Native) -> None:
        self.next: Callable[[], Any] = _endless(native).__next__


def _endless(native: Native) -> Iterator[Any]:
    while True:
        yield from native.ids(1000)


def insert(connection: Connection, table: str, columns: Columns, *, suffix: str = "") -> int:
    """Insert rows given by column; return how many were written. `suffix`: an ON CONFLICT clause."""
    count = _count(columns)
    if count == 0:
        return 0
    names = tuple(columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        sql = f"INSERT INTO {table} ({_quoted(names)}) VALUES ({marks}) {suffix}"  # noqa: S608 - names are our own
        return connection.exec_driver_sql(sql, list(_rows(columns))).rowcount
    select, values = _selected(table, columns)
    sql = f"INSERT INTO {table} ({_quoted(names)}) SELECT {select} {suffix}"
    return connection.exec_driver_sql(sql, values).rowcount


def change(connection: Connection, table: str, sets: str, where: str, columns: Columns) -> int:
    """Update rows by values given by column; return how many were changed.

    `sets` and `where` name the values as {column}; on PostgreSQL they come from one unnested list `v`.
    """
    if _count(columns) == 0:
        return 0
    if connection.dialect.name == "sqlite":
        numbered = {name: f"?{n}" for n, name in enumerate(columns, start=1)}
        sql = f"UPDATE {table} SET {sets.format(**numbered)} WHERE {where.format(**numbered)}"  # noqa: S608 - names are our own
        return connection.exec_driver_sql(sql, list(_rows(columns))).rowcount
    select, values = _selected(table, columns)
    named = {name: f'v."{name}"' for name in columns}
    listed = f"(SELECT {select}) AS v ({_quoted(tuple(columns))})"
    sql = f"UPDATE {table} SET {sets.format(**named)} FROM {listed} WHERE {where.format(**named)}"  # noqa: S608 - names are our own
    return connection.exec_driver_sql(sql, values).rowcount


def remove(connection: Connection, table: str, columns: Columns) -> int:
    """Delete the rows whose columns have these values; return how many there were."""
    if _count(columns) == 0:
        return 0
    where = " AND ".join(f"{table}.{name} = {{{name}}}" for name in columns)
    if connection.dialect.name == "sqlite":
        sql = f"DELETE FROM {table} WHERE {where.format(**dict.fromkeys(columns, '?'))}"  # noqa: S608 - names are our own
        return connection.exec_driver_sql(sql, list(_rows(columns))).rowcount
    select, values = _selected(table, columns)
    named = {name: f'v."{name}"' for name in columns}
    listed = f"(SELECT {select}) AS v ({_quoted(tuple(columns))})"
    sql = f"DELETE FROM {table} USING {listed} WHERE {where.format(**named)}"  # noqa: S608 - names are our own
    return connection.exec_driver_sql(sql, values).rowcount


def fetch(connection: Connection, sql: str, parameters: Mapping[str, Any], **lists: Sequence[Any]) -> list[Any]:
    """Return the rows of a SELECT written with :name; each of `lists` stands in it as `IN :name`.

    Long lists are asked for in chunks on SQLite; only the first list may be long.
    """
    if not lists:
        return _rows_of(connection, *_bound(connection, sql, parameters))
    first, *others = lists
    rows: list[Any] = []
    for chunk in _chunks(lists[first], _CHUNK if connection.dialect.name == "sqlite" else len(lists[first]) or 1):
        whole = {first: chunk} | {name: list(lists[name]) for name in others}
        rows += _rows_of(connection, *_bound(connection, sql, parameters, whole))
    return rows


def _rows_of(connection: Connection, sql: str, values: Any) -> list[Any]:
    """Fetch the driver's own tuples at once: a batch reads tens of thousands, by position."""
    result = connection.exec_driver_sql(sql, values)
    try:
        return list(result.cursor.fetchall())
    finally:
        result.close()


def _chunks(values: Sequence[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(values), size):
        yield list(values[start : start + size])


def _bound(
    connection: Connection, sql: str, parameters: Mapping[str, Any], lists: Mapping[str, list[Any]] | None = None
) -> tuple[str, Any]:
    if connection.dialect.name != "sqlite":
        for name in lists or ():
            sql = sql.replace(f"IN :{name}", f"= ANY(:{name})")
        return _percent(sql), {**parameters, **(lists or {})}
    values, sizes = list(parameters.values()), []
    for items in (lists or {}).values():
        size = max(1, 1 << (len(items) - 1).bit_length()) if items else 1  # few statement texts, so caches help
        values += [*items, *repeat(items[-1] if items else None, size - len(items))]
        sizes.append(size)
    return _numbered(sql, tuple(parameters), tuple(zip(lists or (), sizes, strict=True))), tuple(values)


@lru_cache(maxsize=512)
def _numbered(sql: str, names: tuple[str, ...], lists: tuple[tuple[str, int], ...]) -> str:
    """Turn :name into SQLite's ?1, which is bound by place: a thousand names would be looked up one by one."""
    numbers, place = {name: f"?{n}" for n, name in enumerate(names, start=1)}, len(names) + 1
    for name, size in lists:
        marks = ", ".join(f"?{n}" for n in range(place, place + size))
        sql, place = sql.replace(f"IN :{name}", f"IN ({marks})"), place + size
    return _NAME.sub(lambda found: numbers.get(found[1], found[0]), sql)


@lru_cache(maxsize=512)
def _percent(sql: str) -> str:
    """Turn :name into psycopg's %(name)s, leaving casts (::type) alone."""
    parts = sql.replace("%", "%%").split("::")
    return "::".join(_named(part) for part in parts)


def _named(sql: str) -> str:
    out, index = [], 0
    while index < len(sql):
        if sql[index] == ":" and index + 1 < len(sql) and (sql[index + 1].isalpha() or sql[index + 1] == "_"):
            end = index + 1
            while end < len(sql) and (sql[end].isalnum() or sql[end] == "_"):
                end += 1
            out.append(f"%({sql[index + 1 : end]})s")
            index = end
        else:
            out.append(sql[index])
            index += 1
    return "".join(out)


def _count(columns: Columns) -> int:
    return next((len(values) for values in columns.values() if not isinstance(values, Same)), 1)


def _rows(columns: Columns) -> Iterable[tuple[Any, ...]]:
    count = _count(columns)
    series = [repeat(v.value, count) if isinstance(v, Same) else v for v in columns.values()]
    return zip(*series, strict=False)


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _selected(table: str, columns: Columns) -> tuple[str, dict[str, Any]]:
    """Return a select list that spreads the series into rows, and its parameters.

    A series travels as one JSON array: psycopg would build an array literal element by element in Python, which
    took a third of a batch's time; orjson and PostgreSQL's own parser are both C.
    """
    types = _types(table)
    parts, values = [], {}
    for name, series in columns.items():
        kind = types[name.removeprefix("from_")]  # from_x: the value that column x had before
        if isinstance(series, Same):
            parts.append(f"%({name})s::{kind}")
            values[name] = series.value
        else:
            parts.append(f"json_array_elements_text(%({name})s::json)::{kind}")
            values[name] = orjson.dumps(series, default=list).decode()
    return ", ".join(parts), values


@lru_cache
def _types(table: str) -> dict[str, str]:
    found: Table = Base.metadata.tables[table]
    return {column.name: _type_of(column.type) for column in found.columns}


def _type_of(kind: object) -> str:
    for known, name in (
        (Key, "uuid"),
        (Instant, "timestamptz"),
        (SmallInteger, "smallint"),
        (Integer, "integer"),
        (Boolean, "boolean"),
        (String, "text"),
    ):
        if isinstance(kind, known):
            return name
    return "jsonb"
