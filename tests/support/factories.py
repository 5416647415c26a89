"""One row of every tenant table for a tenant, made from the tables themselves, with texts that betray whose they are.

    b = plant(store, "b")                 tenant "b", a user for each role, one row of each table
    b.value(Lead, "id")                   what stands in its row
    digest(store, b.tenant_id)            changes as soon as anything of the tenant does

A table that is added later is filled by itself; a column whose text has a form of its own is named in `FORMS`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Boolean, CheckConstraint, Column, Float, Integer, String, Table, insert, select

from campaigns.ids import new_id
from campaigns.services import sessions
from campaigns.services.rights import ROLES
from campaigns.storage.base import Base
from campaigns.storage.models import Membership, Tenant, User
from campaigns.storage.scoping import tenant_tables
from campaigns.storage.transaction import Store, system, tenant_connection
from campaigns.storage.types import Instant, Key
from campaigns.tenancy import Role

_DOCUMENT: dict[str, Any] = {"format": 1, "settings": {}, "triggers": [], "sections": []}
# Columns that are read as something: table, column, and a value of that form. Others get a canary.
FORMS: dict[tuple[str, str], Any] = {
    ("drafts", "document"): _DOCUMENT,
    ("revisions", "document"): _DOCUMENT,
    ("versions", "document"): _DOCUMENT,
    ("drafts", "undo_stack"): [],
    ("drafts", "redo_stack"): [],
    ("lead_fields", "type"): "text",
    ("lead_fields", "choices"): [],
    ("lead_statuses", "is_default"): True,
    ("leads", "fields"): {},
    ("leads", "moved_to"): None,
    ("api_keys", "scopes"): [],
    ("events", "name"): "lead.created",
    ("events", "changes"): None,
    ("subscriptions", "event_type"): "lead.created",
    ("imports", "status"): "done",
    ("imports", "mapping"): {},
    ("imports", "options"): {},
    ("imports", "sample"): {},
    ("imports", "position"): {},
    ("refusals", "limit"): "active_total",
    ("executions", "status"): "failed",
    ("executions", "state"): {},
    ("steps", "receipt"): {},
    ("messages", "values"): {},
    ("planned_switches", "options"): {},
    ("story_tests", "trial"): {},
    ("story_tests", "checks"): [{"kind": "ends_as", "status": "finished"}],
    ("story_tests", "last_failures"): [],
    ("memberships", "role"): "owner",
    ("invitations", "role"): "viewer",
    ("workflows", "is_active"): False,
    ("workflows", "live_version"): 1,
    ("workflows", "last_version"): 1,
    ("versions", "number"): 1,
    ("revisions", "number"): 1,
    ("drafts", "revision"): 1,
    ("version_refs", "kind"): "list",
}
_ALLOWED = re.compile(r"IN \(\s*'([^']+)'")


@dataclass
class Planted:
    """A tenant with one row of everything. `rows` by table; `users` by role; `canary` stands in each of its texts."""

    name: str
    tenant_id: UUID
    canary: str
    users: dict[Role, UUID] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"tenant-{self.name}"

    def value(self, model: type[Any], column: str) -> Any:
        """Return what stands in a column of the tenant's row."""
        return self.rows[model.__tablename__][column]


def plant(store: Store, name: str) -> Planted:
    """Make a tenant, a user for each role, and one row of every tenant table."""
    planted = Planted(name, new_id(), f"CANARY-{name}-")
    _add_people(store, planted)
    with tenant_connection(store, planted.tenant_id, writes=True) as connection:
        for table in Base.metadata.sorted_tables:
            if table.name in tenant_tables():
                planted.rows[table.name] = row = make_row(table, planted, now=store.clock.now())
                connection.execute(insert(table).values(row))
        for role, user_id in planted.users.items():
            if user_id != planted.rows["memberships"]["user_id"]:
                member = planted.rows["memberships"] | {"user_id": user_id, "role": role}
                connection.execute(insert(Membership).values(member))
    return planted


def make_row(table: Table, planted: Planted, *, now: datetime) -> dict[str, Any]:
    """Return values for every column of a table; references point to the tenant's own rows."""
    return {column.name: _value(table, column, planted, now=now) for column in table.columns}


def sign_in(store: Store, user_id: UUID) -> str:
    """Open a session of a user and return its token."""
    with system(store, writes=True) as session:
        return sessions.start(session, user_id)


def digest(store: Store, tenant_id: UUID) -> str:
    """Return a fingerprint of all rows of a tenant."""
    told = hashlib.sha256()
    with tenant_connection(store, tenant_id, writes=False) as connection:
        for name in sorted(tenant_tables()):
            table = Base.metadata.tables[name]
            rows = connection.execute(select(table).where(table.c.tenant_id == tenant_id)).all()
            told.update(repr((name, sorted(map(repr, rows)))).encode())
    return told.hexdigest()


def _add_people(store: Store, planted: Planted) -> None:
    with system(store, writes=True) as session:
        now = session.now
        canary = f"{planted.canary}tenants-name"
        session.add(Tenant(id=planted.tenant_id, key=planted.key, name=canary, settings={}, created_at=now))
        for role in ROLES:
            address = f"{role}@{planted.name}.example"
            user = User(
                id=new_id(), email=address, email_key=address, name=f"{planted.canary}users-{role}", created_at=now
            )
            session.add(user)
            planted.users[role] = user.id


def _value(table: Table, column: Column[Any], planted: Planted, *, now: datetime) -> Any:
    if column.name == "tenant_id":
        return planted.tenant_id
    if (table.name, column.name) in FORMS:
        return FORMS[table.name, column.name]
    referred = _referred(column)
    if referred is not None:
        return (
            planted.users["owner"]
            if referred.table.name == "users"
            else planted.rows[referred.table.name][referred.name]
        )
    allowed = _allowed(table, column)
    return allowed if allowed is not None else _of_type(table, column, planted, now=now)


def _of_type(table: Table, column: Column[Any], planted: Planted, *, now: datetime) -> Any:
    kind = column.type
    if isinstance(kind, Key):
        return new_id()
    if isinstance(kind, Instant):
        later = column.name in {"expires_at", "lease_until"}
        return now + timedelta(days=1) if later else None if column.nullable else now
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, Integer | BigInteger | Float):
        return 0
    canary = f"{planted.canary}{table.name}-{column.name}"
    if isinstance(kind, JSON):
        return {"text": canary}
    if isinstance(kind, String):
        return _text(table, column, planted, canary)
    raise AssertionError(
        f"{table.name}.{column.name} has the type {kind!r}: say in tests/support/factories.py what fills it"
    )


def _text(table: Table, column: Column[Any], planted: Planted, canary: str) -> str:
    """Keys stand in addresses, so they have the form of keys and are no canaries."""
    if column.name == "key":
        return f"{table.name.replace('_', '-')}-{planted.name}"
    if column.name in {"email", "email_key", "recipient"}:
        return f"{canary}@{planted.name}.example"
    return canary


def _referred(column: Column[Any]) -> Column[Any] | None:
    """Return the column of another table that this one names, by its composite reference."""
    found = [key.column for key in column.foreign_keys if key.column.name != "tenant_id"]
    return found[0] if found else None


def _allowed(table: Table, column: Column[Any]) -> str | None:
    """Return the first of the words that a check constraint lets stand in the column."""
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            told = str(constraint.sqltext)
            words = _ALLOWED.search(told)
            if told.startswith(f"{column.name} ") and words:
                return words[1]
    return None
