"""The composition root of the web app: the only module that knows every blueprint. Making the app starts nothing."""

from __future__ import annotations

import importlib
import importlib.util

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue
from jinja2 import StrictUndefined
from sqlalchemy.exc import InterfaceError, OperationalError

from campaigns import resources
from campaigns.cli.program import Program
from campaigns.cli.root import register
from campaigns.clock import Clock
from campaigns.dispatch.base import Dispatch
from campaigns.errors import CampaignsError
from campaigns.runtime import Runtime, open_runtime
from campaigns.settings import Settings, load_settings
from campaigns.web import assets, database, errors, filters, navigation, permissions, requests, security
from campaigns.web.permissions import public

OUTSIDE = ("auth", "account", "invitations")  # pages of no tenant
# Pages of a tenant stand below /t/<tenant>. Each module exports `bp`; one that is not there is left out.
PAGES = (
    "dashboard", "workflows", "workflow_bulk", "builder", "pictures", "sections", "clipboard", "outlines",
    "extraction", "finding", "variables", "section_times", "activation", "admissions", "switches",
    "workflow_settings", "versions", "workflow_templates", "moving", "trials", "stories", "executions",
    "at_sections", "waking", "execution_bulk", "execution_canvas", "leads", "lead_merges", "lists", "tasks",
    "imports", "messages", "templates", "vocabulary", "team", "secrets", "plugins", "settings",
)  # fmt: skip
TENANT_PREFIX = "/t/<tenant>"

health = Blueprint("health", __name__)


class Unavailable(CampaignsError):
    """The database does not answer. Nothing is lost; try again in a moment."""

    code = "unavailable"
    status = 503


def create_app(
    settings: Settings | None = None,
    *,
    runtime: Runtime | None = None,
    dispatch: Dispatch | None = None,
    clock: Clock | None = None,
    demo: str = "",
) -> Flask:
    """Make the app on a process's parts, or on parts of its own. `demo`: a sign-in to show on the sign-in page.

    `dispatch` and `clock` take the place of the parts' own: tests tell the time and do the work themselves.
    """
    chosen = settings or (runtime.settings if runtime else load_settings())
    parts = runtime or open_runtime(chosen)
    _replace(parts, dispatch, clock)
    app = Flask("campaigns", template_folder=str(resources.templates()), static_folder=str(resources.static()))
    app.extensions["runtime"] = parts
    app.config.update(ASSETS=chosen.assets, DEMO=demo)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's default provider has it
    _prepare_templates(app)
    _prepare_requests(app, chosen)
    _add_blueprints(app)
    register(app, Program(lambda opened, demo: create_app(runtime=opened, demo=demo), known=chosen))
    return app


@health.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """Say that the process answers; whether its database does stands in /readyz."""
    return {"status": "ok"}


def _replace(parts: Runtime, dispatch: Dispatch | None, clock: Clock | None) -> None:
    if dispatch is not None:
        parts.dispatch = dispatch
        parts.store.announcer = dispatch  # type: ignore[assignment]  # the store names lanes by plain strings
    if clock is not None:
        parts.store.clock = clock


def _prepare_templates(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    assets.register(app)
    filters.register(app, clock=app.extensions["runtime"].store.clock)
    navigation.register(app)


def _prepare_requests(app: Flask, settings: Settings) -> None:
    """In the order in which a request meets them: limits, safety, then who asks and what they may."""
    database.register(app)
    requests.register(app)
    security.register(app, settings)
    permissions.register(app)
    errors.register(app)
    for failure in (OperationalError, InterfaceError):
        app.register_error_handler(failure, lambda error: errors.answer(Unavailable()))


def _add_blueprints(app: Flask) -> None:
    app.register_blueprint(health)
    for name in (*OUTSIDE, *PAGES):
        if importlib.util.find_spec(f"campaigns.web.{name}") is not None:
            blueprint = importlib.import_module(f"campaigns.web.{name}").bp
            prefix = "" if name in OUTSIDE else TENANT_PREFIX
            app.register_blueprint(blueprint, url_prefix=prefix + (blueprint.url_prefix or "") or None)
    api = importlib.import_module("campaigns.api")
    if hasattr(api, "register"):
        api.register(app)
    security.exempt_api(app)
