"""Noticing that another connection has written, cheaply: for a worker beside other processes on one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from campaigns.storage.db import Database


def changes(database: Database) -> Callable[[], bool]:
    """Return a function that tells whether anybody has committed since it was asked last. SQLite alone.

    It opens a connection of its own when first asked, and is to be asked from one thread.
    """
    return _Changes(str(database.url.database)).seen


class _Changes:
    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._version = -1

    def seen(self) -> bool:
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, isolation_level=None)
        version = int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        changed, self._version = version != self._version, version
        return changed
