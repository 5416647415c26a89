"""A tenant with a user for each role and nothing of its own but the statuses: what tests of lead pages begin with."""

from __future__ import annotations

from campaigns.ids import new_id
from campaigns.services.rights import ROLES
from campaigns.services.tenants import seed_tenant
from campaigns.storage.models import Membership, Tenant, User
from campaigns.storage.transaction import Store, system, writing
from campaigns.tenancy import Tenancy
from tests.support.factories import Planted


def empty_tenant(store: Store, name: str = "acme") -> Planted:
    """Make the tenant; `signed_in` opens its pages as any of its users."""
    found = Planted(name, new_id(), "")
    with system(store, writes=True) as session:
        session.add(Tenant(id=found.tenant_id, key=found.key, name=name.title(), created_at=session.now))
        for role in ROLES:
            address = f"{role}@{name}.example"
            user = User(id=new_id(), email=address, email_key=address, name=role.title(), created_at=session.now)
            session.add(user)
            found.users[role] = user.id
    with writing(store, Tenancy(found.tenant_id)) as session:
        for role in ROLES:
            session.add(Membership(user_id=found.users[role], role=role, created_at=session.now))
        seed_tenant(session)
    return found
