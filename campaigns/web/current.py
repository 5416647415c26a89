"""What the present request is about: who asks, which tenant is open, and what the process stands on."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from flask import current_app, g, request
from flask_login import current_user

from campaigns.errors import NoTenant, NotSignedIn
from campaigns.runtime import Runtime
from campaigns.services.rights import allows
from campaigns.services.sessions import SignedIn
from campaigns.services.tenants import Access
from campaigns.settings import Settings
from campaigns.storage.transaction import Store
from campaigns.tenancy import Actor, Role, Tenancy

RUNTIME = "runtime"


class Visitor:
    """Who is signed in, as Flask-Login wants a user to be: their id is the session's token."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, signed_in: SignedIn, token: str) -> None:
        self.signed_in = signed_in
        self._token = token

    def get_id(self) -> str:
        return self._token

    @property
    def id(self) -> UUID:
        return self.signed_in.user_id

    @property
    def session_id(self) -> UUID:
        return self.signed_in.session_id

    @property
    def email(self) -> str:
        return self.signed_in.email

    @property
    def name(self) -> str:
        return self.signed_in.name or self.signed_in.email

    @property
    def time_zone(self) -> str:
        return self.signed_in.time_zone

    @property
    def access(self) -> tuple[Access, ...]:
        return self.signed_in.access


class Current:
    """Read-only view of the request; `current` is the one instance."""

    @property
    def runtime(self) -> Runtime:
        return cast("Runtime", current_app.extensions[RUNTIME])

    @property
    def store(self) -> Store:
        return self.runtime.store

    @property
    def settings(self) -> Settings:
        return self.runtime.settings

    @property
    def visitor(self) -> Visitor | None:
        """Whoever is signed in; None for strangers."""
        return cast("Visitor", current_user) if current_user.is_authenticated else None

    @property
    def has_visitor_loaded(self) -> bool:
        """Return whether somebody is signed in and known already, without asking the database."""
        return bool(getattr(g.get("_login_user"), "is_authenticated", False))

    @property
    def user(self) -> Visitor:
        """Whoever is signed in; raises NotSignedIn for strangers."""
        visitor = self.visitor
        if visitor is None:
            raise NotSignedIn
        return visitor

    @property
    def tenant(self) -> Access:
        """The open tenant: tenant_id, key, name, time_zone, and the visitor's role; raises NoTenant."""
        access: Access | None = g.get("access")
        if access is None:
            raise NoTenant
        return access

    @property
    def role(self) -> Role:
        """The visitor's role in the open tenant; raises NoTenant."""
        return self.tenant.role

    @property
    def has_tenant(self) -> bool:
        return g.get("access") is not None

    @property
    def tenancy(self) -> Tenancy:
        """The open tenant and the visitor as its actor; raises NoTenant."""
        return Tenancy(self.tenant.tenant_id, Actor("user", self.user.id, self.user.name))

    @property
    def address(self) -> str:
        """The network address of the browser; a proxy's header counts only as far as the settings trust it."""
        return request.remote_addr or ""

    def may(self, permission: str) -> bool:
        """Return whether the visitor's role in the open tenant has the permission."""
        return self.has_tenant and allows(self.tenant.role, permission)


current = Current()
