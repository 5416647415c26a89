"""Fixtures of stores: each test gets a clean, migrated database on SQLite and on PostgreSQL, cheaply.

def test_adds_a_tag(store): ...            runs on both
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)     runs on one
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from campaigns import resources
from campaigns.clock import FixedClock
from campaigns.storage.db import Database
from campaigns.storage.migrate import upgrade
from campaigns.storage.transaction import Store
from tests.support.database_pool import DatabasePool
from tests.support.postgresql import PostgreSQL, running

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def migrate(url: str) -> None:
    """Bring a database to the present schema: the one place of the tests that knows how."""
    upgrade(url, resources.migrations())


@pytest.fixture
def clock() -> FixedClock:
    """Return a clock that stands at noon of 4 March 2026 (UTC) until the test moves it."""
    return FixedClock(NOON)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """Return the run's PostgreSQL server; `postgresql.fresh_database()` makes further databases."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    with running(run[:12], migrate) as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite file to copy from, made once a worker."""
    path = tmp_path_factory.mktemp("template") / "campaigns.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Return the URL of a clean, migrated SQLite database."""
    path = tmp_path / "campaigns.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def database_pool(postgresql: PostgreSQL) -> DatabasePool:
    """Return the migrated databases of this worker, which tests use one after the other."""
    return DatabasePool(postgresql)


@pytest.fixture
def postgres_url(database_pool: DatabasePool) -> Iterator[str]:
    """Return the URL of a clean, migrated PostgreSQL database of this test alone."""
    url = database_pool.take()
    yield url
    database_pool.give_back(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a clean, migrated database: the test runs once on each kind."""
    return str(request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]))


@pytest.fixture
def open_store(clock: FixedClock) -> Iterator[Callable[[str], Store]]:
    """Return a function that opens a store at a URL, closed at the end of the test: as another process would."""
    opened: list[Store] = []

    def open_at(url: str) -> Store:
        opened.append(Store(Database(url), clock))
        return opened[-1]

    yield open_at
    for store in opened:
        store.database.dispose()


@pytest.fixture
def store(database_url: str, open_store: Callable[[str], Store]) -> Store:
    """Return an open store on a clean database, with `clock`: the test runs on SQLite and on PostgreSQL."""
    return open_store(database_url)
