"""The database that every seed begins with: two tenants with leads, a list and templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from campaigns.ids import new_id
from campaigns.services import fields, templates
from campaigns.storage.db import Database
from campaigns.storage.models import Lead, LeadStatus, Tenant
from campaigns.storage.transaction import Store, TenantSession, system, writing
from campaigns.tenancy import Tenancy
from tests.support.campaign import add_list, new_tenant
from tests.support.databases import migrate
from tests.support.postgresql import PostgreSQL
from tests.support.simulation.shelves import FileShelf, ServerShelf
from tests.support.simulation.stage import SimulatedClock, Stage, repeatable

KEYS = ("acme", "north")
LEADS = 3
CLASSES = {"news": "marketing", "receipt": "transactional"}


def file_stage(folder: Path) -> Stage:
    """Return a stage on SQLite files in a folder."""
    template = folder / "template.db"
    migrate(f"sqlite:///{template}")
    _make(f"sqlite:///{template}")
    return Stage(FileShelf(folder, template))


def server_stage(server: PostgreSQL) -> Stage:
    """Return a stage on databases of a PostgreSQL server."""
    template = server.fresh_database()
    _make(template)
    return Stage(ServerShelf(server, template))


def _make(url: str) -> None:
    """Fill the database that all seeds begin with."""
    clock = SimulatedClock()
    with repeatable("template", clock):
        store = Store(Database(url), clock)
        for key in KEYS:
            with writing(store, Tenancy(new_tenant(store, key))) as session:
                _fill(session, key)
        _plant(store)
        store.database.dispose()


def _plant(store: Store) -> None:
    """Make a tree of the tenants, in which leads can move."""
    with system(store, writes=True) as session:
        above, below = (select(Tenant.id).where(Tenant.key == key).scalar_subquery() for key in KEYS)
        session.execute(update(Tenant).where(Tenant.id == below).values(parent_id=above))


def domain(key: str) -> str:
    return f"@{key}.example"


def other_than(key: str) -> str:
    return next(other for other in KEYS if other != key)


def open_tenants(store: Store) -> dict[str, Tenancy]:
    """Return the tenants by key."""
    with system(store) as session:
        found = {row.key: Tenancy(row.id) for row in session.scalars(select(Tenant))}
    return {key: found[key] for key in KEYS}


def _fill(session: TenantSession, key: str) -> None:
    add_list(session, "hot")
    fields.create_field(session, name="Visit", type="datetime")
    for name, message_class in CLASSES.items():
        facts = {"key": name, "name": name.title(), "subject": "Hello", "message_class": message_class}
        templates.create_template(session, **facts, source="<html><body><p>Hello</p></body></html>")
    status = session.scalars(select(LeadStatus).where(LeadStatus.is_default)).one()
    for number in range(LEADS):
        address = f"lead{number}{domain(key)}"
        times = {"created_at": session.now, "updated_at": session.now}
        known: dict[str, Any] = {"email": address, "email_key": address, "status_id": status.id}
        session.add(Lead(id=new_id(), **known, fields={}, score=0, **times))
