"""Where rows are read from, the same from both kinds of database: ids as bytes, times as numbers."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from campaigns.storage.types import to_microseconds

_TEXT = re.compile(r"json_extract\((\w+), '\$\.(\w+)'\)")
_FLAG = re.compile(rf"COALESCE\({_TEXT.pattern}, 0\)")


@dataclass(frozen=True)
class Source:
    """A connection of its own, beside the program's: the rows of a statement as SQLite writes it."""

    rows: Callable[[str], Iterable[Sequence[Any]]]
    close: Callable[[], None]


def from_sqlite(path: Path) -> Source:
    connection = sqlite3.connect(path, isolation_level=None)
    return Source(connection.execute, connection.close)


def from_postgresql(connection: psycopg.Connection[Any]) -> Source:
    def rows(sql: str) -> Iterable[Sequence[Any]]:
        found = connection.execute(_TEXT.sub(r"(\1->>'\2')", _FLAG.sub(r"COALESCE((\1->>'\2')::boolean, false)", sql)))
        return [tuple(map(_as_sqlite, row)) for row in found]

    return Source(rows, connection.close)


def _as_sqlite(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.bytes
    if isinstance(value, datetime):
        return to_microseconds(value)
    return json.dumps(value, sort_keys=True) if isinstance(value, dict) else value
