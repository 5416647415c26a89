"""What the shell around every page shows: the navigation, the tenants, who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request, url_for

from campaigns.web.current import current
from campaigns.web.requests import link


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the navigation, shown where its endpoint exists and the role allows it.

    `nouns`: the blueprints besides its own whose pages count as being here. `group` starts a new group.
    """

    label: str
    endpoint: str
    icon: str
    permission: str
    nouns: tuple[str, ...] = ()
    group: str = ""


_WORKFLOW = (
    "workflow_bulk",
    "workflow_templates",
    "builder",
    "sections",
    "activation",
    "workflow_settings",
    "versions",
    "executions",
    "waking",
)
PLACES = (
    Place("Home", "dashboard.show", "house", "home.view"),
    Place("Workflows", "workflows.index", "workflow", "workflows.view", _WORKFLOW),
    Place("Tasks", "tasks.index", "list-checks", "tasks.view"),
    Place("Leads", "leads.index", "users", "leads.view", ("lead_bulk", "lead_merges"), group="Audience"),
    Place("Lists", "lists.index", "list", "leads.view", group="Audience"),
    Place("Imports", "imports.index", "upload", "imports.view", group="Audience"),
    Place("Templates", "templates.index", "layout-template", "templates.view", group="Email"),
    Place("Templates", "email_templates.index", "layout-template", "templates.view", group="Email"),
    Place("Messages", "messages.index", "mail", "messages.view", group="Email"),
    Place("Team", "team.index", "users-round", "team.view", group="Settings"),
    Place("Fields and statuses", "vocabulary.index", "tags", "leads.view", group="Settings"),
    Place("Secrets", "secrets.index", "key-round", "secrets.manage", group="Settings"),
    Place("Plugins", "plugins.index", "puzzle", "settings.manage", group="Settings"),
    Place("Settings", "settings.show", "settings", "settings.view", group="Settings"),
)


def register(app: Flask) -> None:
    """Give every template what the layouts need."""
    app.context_processor(_shell)


def _shell() -> dict[str, Any]:
    """Only what is loaded already: an error page must not need the database."""
    if not current.has_visitor_loaded:
        return {"home_href": url_for("auth.home"), "demo": current_app.config["DEMO"]}
    shell: dict[str, Any] = {
        "current_user": current.user,
        "sign_out_href": url_for("auth.sign_out"),
        "account_href": url_for("account.show"),
        "home_href": url_for("auth.home"),
        "tenants": _tenants(),
        "navigation": _navigation() if current.has_tenant else [],
        "demo": current_app.config["DEMO"],
    }
    return shell | ({"tenant": current.tenant} if current.has_tenant else {})


def _tenants() -> list[dict[str, Any]]:
    here = current.tenant.key if current.has_tenant else None
    return [
        {"name": access.name, "href": url_for("dashboard.show", tenant=access.key), "current": access.key == here}
        for access in current.user.access
    ]


def _navigation() -> list[dict[str, Any]]:
    """A group's heading stands before the first of its places that is shown."""
    shown: list[dict[str, Any]] = []
    told = ""
    for place in PLACES:
        href = link(place.endpoint) if current.may(place.permission) else None
        if href is not None:
            heading = place.group if place.group != told else None
            shown.append(_entry(place, href) | ({"group": heading} if heading else {}))
            told = place.group
    return shown


def _entry(place: Place, href: str) -> dict[str, Any]:
    nouns = (place.endpoint.partition(".")[0], *place.nouns)
    return {"label": place.label, "href": href, "icon": place.icon, "current": request.blueprint in nouns}
