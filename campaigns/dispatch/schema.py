"""The tables of the message queue, beside ours: made and unmade by our migrations, in their transaction."""

from __future__ import annotations

from typing import cast

from procrastinate.schema import SchemaManager
from psycopg import Connection as RawConnection
from psycopg import sql
from sqlalchemy import Connection, text

APP_ROLE = "campaigns_app"
_LOCK = 0x63616D70

_GRANTS = """
DO $grants$
DECLARE one record; who text := {role};
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = who) THEN RETURN; END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), who);
  FOR one IN SELECT c.oid::regclass AS name, c.relkind = 'S' AS is_sequence FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'S')
      AND c.relname LIKE 'procrastinate\\_%'
  LOOP
    IF one.is_sequence THEN EXECUTE format('GRANT USAGE, SELECT, UPDATE ON SEQUENCE %s TO %I', one.name, who);
    ELSE EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %s TO %I', one.name, who);
    END IF;
  END LOOP;
  FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace AND p.proname LIKE 'procrastinate\\_%'
  LOOP EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', one.name, who);
  END LOOP;
  FOR one IN SELECT t.oid::regtype AS name FROM pg_type t WHERE t.typname IN
      ('procrastinate_job_status', 'procrastinate_job_event_type', 'procrastinate_job_to_defer_v1')
    AND t.typnamespace = current_schema()::regnamespace
  LOOP EXECUTE format('GRANT USAGE ON TYPE %s TO %I', one.name, who);
  END LOOP;
END $grants$
"""

_DROP = """
DO $drop$
DECLARE one record;
BEGIN
  DROP TABLE IF EXISTS procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs,
    procrastinate_workers CASCADE;
  FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace AND p.proname LIKE 'procrastinate\\_%'
  LOOP EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', one.name);
  END LOOP;
  DROP TYPE IF EXISTS procrastinate_job_to_defer_v1, procrastinate_job_event_type, procrastinate_job_status CASCADE;
END $drop$
"""


def apply_schema(connection: Connection, *, role: str = APP_ROLE) -> None:
    """Make the queue's tables, types and functions where they are missing, and let `role` use them if it exists.

    Runs in the caller's transaction, as the owner of the schema; any number of times, in any number of processes.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    raw = _raw(connection)
    if not connection.scalar(text("SELECT to_regclass('procrastinate_jobs') IS NOT NULL")):
        raw.execute(SchemaManager.get_schema())
    raw.execute(sql.SQL(_GRANTS).format(role=sql.Literal(role)))


def drop_schema(connection: Connection) -> None:
    """Remove all of the queue, messages included, in the caller's transaction; nothing where there is none."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    _raw(connection).execute(_DROP)


def _raw(connection: Connection) -> RawConnection[tuple[object, ...]]:
    return cast("RawConnection[tuple[object, ...]]", connection.connection.driver_connection)
