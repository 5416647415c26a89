"""Where the database of a simulation comes from: a copy of the template, or of what was prepared, for each seed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Protocol

import psycopg

from tests.support.postgresql import PostgreSQL
from tests.support.simulation.rows import Reader
from tests.support.simulation.sources import from_postgresql, from_sqlite


class Shelf(Protocol):
    """Holds the template, what was prepared from it, and what is played on, at `url`. Nobody is connected meanwhile."""

    url: str

    def keep(self) -> None:
        """Keep what stands now as what was prepared."""

    def reset(self, *, prepared: bool) -> None:
        """Put the template, or what was prepared, in the place of what was played on."""

    def read(self) -> Reader:
        """Return a reader of what is played on, on a connection of its own."""


class FileShelf:
    """SQLite files in a folder."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.path = folder / "simulated.db"
        self.url = f"sqlite:///{self.path}"
        self._template, self._kept = template, folder / "prepared.db"

    def keep(self) -> None:
        shutil.copyfile(self.path, self._kept)

    def reset(self, *, prepared: bool) -> None:
        for name in (self.path, Path(f"{self.path}-wal"), Path(f"{self.path}-shm")):
            name.unlink(missing_ok=True)
        shutil.copyfile(self._kept if prepared else self._template, self.path)

    def read(self) -> Reader:
        return Reader(from_sqlite(self.path))


class ServerShelf:
    """Databases of a PostgreSQL server."""

    def __init__(self, server: PostgreSQL, template: str) -> None:
        self._server, self._template = server, template
        self.url = server.copy(template, "simulated")
        self._kept = server.copy(template, "prepared")

    def keep(self) -> None:
        self._server.copy(self.url, "prepared")

    def reset(self, *, prepared: bool) -> None:
        self._server.copy(self._kept if prepared else self._template, "simulated")

    def read(self) -> Reader:
        connection: psycopg.Connection[Any] = psycopg.connect(self.url, autocommit=True)
        connection.execute("SET TIME ZONE 'UTC'")
        return Reader(from_postgresql(connection))
