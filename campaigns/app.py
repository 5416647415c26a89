"""The composition root of the web app: the only module that knows every blueprint. Making the app starts nothing."""

from __future__ import annotations

import importlib
import importlib.util
from datetime import timedelta

from flask import Flask
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from campaigns import resources
from campaigns.cli.program import Program
from campaigns.cli.root import register
from campaigns.runtime import Runtime, open_runtime
from campaigns.settings import Settings, load_settings
from campaigns.web import assets, database, errors, filters, headers, navigation, permissions, signed_in, tenants
from campaigns.web.forms import csrf

BLUEPRINTS = (
    "auth",
    "account",
    "invitations",
    "dashboard",
    "workflows",
    "builder",
    "executions",
    "leads",
    "lists",
    "imports",
    "messages",
    "templates",
    "vocabulary",
    "team",
    "settings",
)
MAX_FORM_BYTES = 10 * 1024 * 1024  # everything but a lead file, which has a limit of its own


def create_app(settings: Settings | None = None, *, runtime: Runtime | None = None, demo: str = "") -> Flask:
    """Make the app on a process's parts, or on parts of its own. `demo`: a sign-in to show on the sign-in page."""
    settings = settings or (runtime.settings if runtime else load_settings())
    app = Flask("campaigns", template_folder=str(resources.templates()), static_folder=str(resources.static()))
    app.extensions["runtime"] = runtime or open_runtime(settings)
    _configure(app, settings, demo)
    _prepare_templates(app)
    csrf.init_app(app)
    database.register(app)
    signed_in.register(app)
    tenants.register(app)
    errors.register(app)
    headers.register(app, settings)
    for name in BLUEPRINTS:
        _add_blueprint(app, name)
    _add_api(app)
    _add_commands(app, settings)
    return app


def _configure(app: Flask, settings: Settings, demo: str) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        ASSETS=settings.assets,
        DEMO=demo,
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_BYTES,
        MAX_FORM_PARTS=5000,
        SESSION_COOKIE_NAME="__Host-campaigns" if settings.secure_cookies else "campaigns",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=14),
        WTF_CSRF_TIME_LIMIT=None,  # a builder stays open for days; the session's own life is the limit
        SQLALCHEMY_DATABASE_URI=settings.database_url,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's default provider has it
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # Flask's own recipe


def _prepare_templates(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    assets.register(app)
    filters.register(app, clock=app.extensions["runtime"].store.clock)
    navigation.register(app)
    app.jinja_env.globals["may"] = permissions.may


def _add_blueprint(app: Flask, name: str) -> None:
    """Register `campaigns.web.<name>.bp`; nouns of a tenant live below /t/<tenant>."""
    if importlib.util.find_spec(f"campaigns.web.{name}") is None:
        return
    blueprint = importlib.import_module(f"campaigns.web.{name}").bp
    app.register_blueprint(blueprint, url_prefix=None if name in tenants.OUTSIDE else tenants.PREFIX + (blueprint.url_prefix or ""))


def _add_commands(app: Flask, settings: Settings) -> None:
    """Offer `campaigns …` as `flask --app wsgi …` too."""
    register(app, Program(lambda runtime, demo="": create_app(runtime=runtime, demo=demo), known=settings))


def _add_api(app: Flask) -> None:
    api = importlib.import_module("campaigns.api")
    if hasattr(api, "register"):
        api.register(app)
