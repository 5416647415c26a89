"""Migrated PostgreSQL databases that are used again: emptied between tests, which is quicker than making new ones.

A test that changes anything but rows (a table, an index, a policy, a function) has its database dropped instead.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from tests.support.postgresql import PostgreSQL

_RESTING = 3  # taken in turn, so that what a test leaves running does not meet the very next one

# Rows of the catalogue are never changed in place by data alone; their transactions tell of any change of schema.
_SHAPE = "SELECT " + ", ".join(
    f"(SELECT (count(*), sum(xmin::text::bigint))::text FROM {catalogue} WHERE oid >= 16384)"
    for catalogue in ("pg_class", "pg_trigger", "pg_policy", "pg_constraint", "pg_proc", "pg_type", "pg_namespace")
)
_DISCONNECT = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
_SEQUENCES = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) FROM pg_sequences
    WHERE last_value IS NOT NULL
"""


@dataclass
class DatabasePool:
    """Databases of one worker of the test run."""

    server: PostgreSQL
    _resting: deque[str] = field(default_factory=deque)
    _shapes: dict[str, object] = field(default_factory=dict)

    def take(self) -> str:
        """Return the URL of a clean, migrated database that nobody else has."""
        if len(self._resting) >= _RESTING:
            return self._resting.popleft()
        url = self.server.fresh_database()
        with psycopg.connect(url) as connection:
            self._shapes[url] = connection.execute(_SHAPE).fetchone()
        return url

    def give_back(self, url: str) -> None:
        """Empty a database and keep it, or drop it when it is not as it was made."""
        if self._emptied(url):
            self._resting.append(url)
        else:
            self.server.drop(url)

    def _emptied(self, url: str) -> bool:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_DISCONNECT)
            if connection.execute(_SHAPE).fetchone() != self._shapes[url]:
                return False
            tables = [name for (name,) in connection.execute(_TABLES)]
            filled = sql.SQL(" UNION ALL ").join(
                sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(name, sql.Identifier(name)) for name in tables
            )
            names = [name for (name,) in connection.execute(filled).fetchall()]
            if names:
                _empty(connection, names)
            connection.execute(_SEQUENCES)
        return True


def _empty(connection: psycopg.Connection[object], names: list[str]) -> None:
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")  # neither triggers nor foreign keys
        for name in names:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
    listed = sql.SQL(", ").join(map(sql.Identifier, names))
    connection.execute(sql.SQL("VACUUM (SKIP_LOCKED) {}").format(listed))  # or dead rows would pile up
