"""What the shell around every page shows: the navigation, the tenants, the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_login import current_user

from campaigns.web.permissions import may


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the navigation. `group` starts a new group with that heading."""

    label: str
    href: str
    icon: str
    current: bool
    group: str | None = None


_PLACES = (
    ("Home", "dashboard.show", "house", "home.view", None),
    ("Workflows", "workflows.index", "workflow", "workflows.view", None),
    ("Leads", "leads.index", "users", "leads.view", "Audience"),
    ("Lists", "lists.index", "list", "leads.view", None),
    ("Imports", "imports.index", "upload", "imports.view", None),
    ("Templates", "email_templates.index", "layout-template", "templates.view", "Email"),
    ("Messages", "messages.index", "mail", "messages.view", None),
    ("Team", "team.index", "users-round", "team.view", "Settings"),
    ("Fields and statuses", "vocabulary.index", "tags", "leads.view", None),
    ("Settings", "settings.show", "settings", "settings.view", None),
)


def register(app: Flask) -> None:
    """Give every template what the layouts need."""
    app.context_processor(_shell)


def _shell() -> dict[str, Any]:
    if not current_user.is_authenticated:
        return {"home_href": url_for("auth.home"), "demo": current_app.config["DEMO"]}
    shell: dict[str, Any] = {
        "current_user": current_user,
        "sign_out_href": url_for("auth.sign_out"),
        "account_href": url_for("account.show"),
        "home_href": url_for("auth.home"),
        "tenants": _tenants(),
        "navigation": _navigation() if g.get("tenant") is not None else [],
    }
    if g.get("tenant") is not None:
        shell["tenant"] = g.tenant
    return shell


def _tenants() -> list[dict[str, Any]]:
    here = g.get("tenant_key")
    return [
        {"name": tenant.name, "href": url_for("dashboard.show", tenant=tenant.key), "current": tenant.key == here}
        for tenant in current_user.access
    ]


def _navigation() -> list[Entry]:
    known = current_app.view_functions
    here = (request.endpoint or "").split(".")[0]
    shown = [place for place in _PLACES if place[1] in known and may(place[3])]
    return [Entry(label, url_for(endpoint), icon, endpoint.split(".")[0] == here, group) for label, endpoint, icon, _, group in shown]
