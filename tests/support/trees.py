"""Tenants in a tree, worked for by the same worker, and the sections of workflows that move leads between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from campaigns.services import leads
from campaigns.storage.base import Base
from campaigns.storage.models import Tenant
from campaigns.storage.transaction import system, tenant_connection
from campaigns.tenancy import Tenancy
from tests.support.campaign import Campaign, new_tenant

MOVE = {"id": "m", "type": "lead.move", "config": {"tenant": "north"}}
POINTS = {"id": "p", "type": "lead.add_points", "config": {"points": 7}}
ARRIVED = [{"id": "t1", "type": "lead.moved", "config": {"from": "acme"}}]


def child(campaign: Campaign, key: str, parent: Campaign | None) -> Campaign:
    """Make a tenant below another one (or a tree of its own), worked for by the same worker."""
    made = replace(campaign, tenancy=Tenancy(new_tenant(campaign.store, key)))
    above = parent.tenancy.tenant_id if parent else None
    with system(campaign.store, writes=True) as session:
        session.execute(update(Tenant).where(Tenant.id == made.tenancy.tenant_id).values(parent_id=above))
    return made


@pytest.fixture
def north(campaign: Campaign) -> Campaign:
    return child(campaign, "north", campaign)


@pytest.fixture
def add(campaign: Campaign) -> Callable[..., UUID]:
    def make(email: str = "ann@example.com", *, to: Campaign = campaign, **values: Any) -> UUID:
        with to.write() as session:
            return leads.create_lead(session, {"email": email, **values}).id

    return make


def rows_of(campaign: Campaign) -> int:
    """Count a tenant's lead rows past the session, those that only hold history included."""
    tenant_id, table = campaign.tenancy.tenant_id, Base.metadata.tables["leads"]
    with tenant_connection(campaign.store, tenant_id, writes=False) as connection:
        return len(connection.execute(select(table.c.id).where(table.c.tenant_id == tenant_id)).all())
