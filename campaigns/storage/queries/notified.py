"""Who belongs to organisations of a tenant's tree: the people that notices go to."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import Connection

from campaigns.storage.models import Tenant
from campaigns.storage.queries.bulk import Native, fetch
from campaigns.storage.queries.vocabulary import own_tree
from campaigns.storage.transaction import bind_tenant

TYPE = "organisation_type"  # the key in a tenant's settings
Group = tuple[str, str]
_MEMBERS = """
    SELECT u.email FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.tenant_id = :tenant ORDER BY u.email
"""


def members_of(connection: Connection, tenant_id: UUID, groups: Iterable[Group]) -> dict[Group, list[str]]:
    """Return the members' addresses by ("tenant", key) and ("type", organisation type); other trees are left out."""
    wanted = sorted(set(groups))
    if not wanted:
        return {}
    tree = connection.execute(select(Tenant.key, Tenant.id, Tenant.settings).where(Tenant.id.in_(own_tree(tenant_id))))
    organisations = [(row.key, row.id, (row.settings or {}).get(TYPE)) for row in tree]
    found: dict[Group, list[str]] = {}
    known: dict[UUID, list[str]] = {}
    for kind, name in wanted:
        chosen = [one for key, one, its_type in organisations if name == (key if kind == "tenant" else its_type)]
        for one in chosen:
            known[one] = known[one] if one in known else _members(connection, tenant_id, one)
        found[kind, name] = [address for one in chosen for address in known[one]]
    return found


def _members(connection: Connection, tenant_id: UUID, other: UUID) -> list[str]:
    bind_tenant(connection, other)
    try:
        rows = fetch(connection, _MEMBERS, {"tenant": Native(connection).id(other)})
    finally:
        bind_tenant(connection, tenant_id)
    return [row[0] for row in rows]
