"""Engines on both databases: how connections are opened, and under which rights.

SQLite has two engines: a reader (deferred, `query_only`) and a writer of one connection whose transactions
begin with IMMEDIATE, so that threads queue for it instead of failing. PostgreSQL has one engine; its
connections take the role `campaigns_app`, which owns nothing, so that row-level security binds them.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL, Connection

from campaigns.storage.scoping import guard_statements

APP_ROLE = "campaigns_app"
_BUSY_SECONDS = 30
_POOL_WAIT_SECONDS = 60


class Database:
    """The store behind a URL. Opening one connects to nothing; engines connect when first used."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = _normalised(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.reader, self.writer = _sqlite_reader(self.url, pool_size), _sqlite_writer(self.url)
        else:
            self.reader = self.writer = _postgresql(self.url, pool_size)

    def dispose(self) -> None:
        """Close all connections."""
        self.reader.dispose()
        self.writer.dispose()


def owner_engine(url: str) -> Engine:
    """Return an engine with the rights of the URL's own login: for migrations alone."""
    normalised = _normalised(url)
    if normalised.get_backend_name() == "sqlite":
        return _sqlite_writer(normalised)
    return create_engine(normalised, pool_size=1)


def _normalised(url: str) -> URL:
    parsed = make_url(url)
    if parsed.drivername in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    return parsed


def _sqlite_writer(url: URL) -> Engine:
    engine = create_engine(
        url, pool_size=1, max_overflow=0, pool_timeout=_POOL_WAIT_SECONDS, connect_args=_sqlite_arguments()
    )
    event.listen(engine, "connect", _prepare_writer)
    event.listen(engine, "begin", _begin_immediate)
    guard_statements(engine)
    return engine


def _sqlite_reader(url: URL, pool_size: int) -> Engine:
    engine = create_engine(url, pool_size=pool_size, max_overflow=2 * pool_size, connect_args=_sqlite_arguments())
    event.listen(engine, "connect", _prepare_reader)
    event.listen(engine, "begin", _begin_deferred)
    guard_statements(engine)
    return engine


def _sqlite_arguments() -> dict[str, Any]:
    return {"isolation_level": None, "timeout": _BUSY_SECONDS, "check_same_thread": False, "cached_statements": 512}


def _prepare_writer(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # an acknowledged commit survives a power cut; batches make it cheap
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-65536",
        "journal_size_limit=67108864",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_reader(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in ("query_only=ON", "foreign_keys=ON", "temp_store=MEMORY", "cache_size=-16384"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _postgresql(url: URL, pool_size: int) -> Engine:
    engine = create_engine(url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True)
    event.listen(engine, "connect", _take_app_role)
    guard_statements(engine)
    return engine


def _take_app_role(connection: psycopg.Connection[Any], _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {APP_ROLE}")
        cursor.execute("SET TIME ZONE 'UTC'")
    connection.commit()
