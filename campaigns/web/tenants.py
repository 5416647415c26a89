"""The tenant in the address: taken out once, checked, and put back into every link."""

from __future__ import annotations

from typing import Any

from flask import Flask, g
from flask_login import current_user

from campaigns.errors import NotFound

PREFIX = "/t/<tenant>"
OUTSIDE = ("auth", "account", "invitations")  # blueprints that belong to no tenant


def register(app: Flask) -> None:
    """Open the address's tenant before each view; give it to `url_for`."""
    app.url_value_preprocessor(_take)
    app.before_request(_open)
    app.url_defaults(_give)


def _take(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.tenant_key = values.pop("tenant", None) if values else None


def _open() -> None:
    """Find the tenant among those the user may open: any other does not exist for them."""
    if g.get("tenant_key") is None or not current_user.is_authenticated:
        return
    for tenant in current_user.access:
        if tenant.key == g.tenant_key:
            g.tenant = tenant
            return
    raise NotFound("There is no such organisation here.")


def _give(endpoint: str, values: dict[str, Any]) -> None:
    from flask import current_app  # noqa: PLC0415 - only inside a request

    if "tenant" not in values and g and g.get("tenant_key") and current_app.url_map.is_endpoint_expecting(endpoint, "tenant"):
        values["tenant"] = g.tenant_key
