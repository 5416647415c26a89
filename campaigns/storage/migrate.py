"""Bringing a database to the present schema."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.engine import Connection

from campaigns.storage.db import owner_engine

_LOCK = 0x43414D50  # "CAMP": one upgrade at a time on PostgreSQL


def upgrade(url: str, migrations: Path) -> None:
    """Migrate to the newest revision; several processes may call this at once, one does it."""
    engine = owner_engine(url)
    try:
        _run(engine, migrations)
    finally:
        engine.dispose()


State = Literal["empty", "behind", "current", "ahead"]


def state(url: str, migrations: Path) -> State:
    """Return how the database stands to this program; `ahead`: a newer program has migrated it."""
    engine = owner_engine(url)
    try:
        with engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    if revision is None:
        return "empty"
    scripts = ScriptDirectory.from_config(configuration(migrations))
    if revision == scripts.get_current_head():
        return "current"
    return "behind" if revision in {script.revision for script in scripts.walk_revisions()} else "ahead"


def is_current(url: str, migrations: Path) -> bool:
    """Return whether the database stands at the newest revision."""
    engine = owner_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() == head(migrations)
    finally:
        engine.dispose()


def head(migrations: Path) -> str | None:
    """Return the newest revision's name."""
    return ScriptDirectory.from_config(configuration(migrations)).get_current_head()


def configuration(migrations: Path) -> Config:
    """Return Alembic's configuration for our migrations folder."""
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.set_main_option("path_separator", "os")
    return config


def _run(engine: Engine, migrations: Path) -> None:
    config = configuration(migrations)
    with engine.connect() as connection, connection.begin():
        connection.info["unguarded"] = True
        _one_at_a_time(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _one_at_a_time(connection: Connection) -> None:
    """SQLite's IMMEDIATE transaction serialises by itself; PostgreSQL takes an advisory lock."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
