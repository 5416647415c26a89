"""What a page stands on: the open tenant, who is signed in, and sessions on the tenant's data."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, cast

from flask import current_app, g, request
from flask_login import current_user
from werkzeug.local import LocalProxy

from campaigns.services.tenants import Access
from campaigns.storage.transaction import Store, TenantSession, reading, writing
from campaigns.tenancy import Actor, Role, Tenancy

if TYPE_CHECKING:
    from campaigns.runtime import Runtime
    from campaigns.web.signed_in import Visitor


class Current:
    """The request's own: `current.store`, `current.tenant`, `current.role`, `current.user`, `current.tenancy`."""

    @property
    def runtime(self) -> Runtime:
        return cast("Runtime", current_app.extensions["runtime"])

    @property
    def store(self) -> Store:
        return self.runtime.store

    @property
    def user(self) -> Visitor:
        """Who is signed in; only on pages that need it."""
        return cast("Visitor", current_user)

    @property
    def tenant(self) -> Access:
        """The tenant of the address, which the user may open."""
        return cast("Access", g.tenant)

    @property
    def role(self) -> Role:
        return self.tenant.role

    @property
    def tenancy(self) -> Tenancy:
        return Tenancy(self.tenant.tenant_id, Actor("user", self.user.id, self.user.email))


current: Current = cast("Current", LocalProxy(Current))


def writing_here() -> AbstractContextManager[TenantSession]:
    """Open a write transaction on the open tenant's data, acting as the user."""
    return writing(current.store, current.tenancy)


def reading_here() -> AbstractContextManager[TenantSession]:
    """Open a session for reading the open tenant's data."""
    return reading(current.store, current.tenancy)


def address() -> str:
    """Return where the request comes from; behind proxies only as many hops as the settings trust."""
    return request.remote_addr or ""
