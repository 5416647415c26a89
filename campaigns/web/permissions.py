"""The guard before every page: who is signed in, which tenant is open, whether the role allows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager

from campaigns.errors import Forbidden, NotFound
from campaigns.log import forget
from campaigns.services import rights, sessions
from campaigns.services.rights import Right, View, allows, public, right_of, signed_in
from campaigns.web.current import Visitor, current

__all__ = ["SIGNED_IN", "may", "needs", "public", "register", "right_of", "signed_in"]

SIGNED_IN = "signed_in"
API_BLUEPRINTS = "api"  # blueprints whose name begins so are guarded by the API, by key instead of session


def register(app: Flask) -> None:
    """Set up Flask-Login on our sessions, and the guard."""
    manager = LoginManager()
    manager.session_protection = None  # the token is a row of ours, which can be ended
    manager.init_app(app, add_context_processor=False)
    manager.user_loader(_load_visitor)
    app.before_request(_guard)
    app.teardown_request(lambda _error: forget())
    if "static" in app.view_functions:
        app.view_functions["static"] = _public_copy(app.view_functions["static"])
    app.jinja_env.globals["may"] = may


def needs(permission: str) -> Callable[[View], View]:
    """Mark a view: only whose role in the open tenant has the permission may call it; SIGNED_IN asks for no tenant."""
    return signed_in if permission == SIGNED_IN else rights.needs(permission)


def may(permission: str) -> bool:
    """Return whether the visitor's role in the open tenant has a permission; also a global of the templates."""
    return current.may(permission)


def is_api(app: Flask, endpoint: str) -> bool:
    """Return whether an endpoint belongs to the API, which answers in JSON and is guarded by key."""
    blueprint = endpoint.rpartition(".")[0]
    return blueprint in app.blueprints and blueprint.startswith(API_BLUEPRINTS)


def _load_visitor(token: str) -> Visitor | None:
    found = sessions.find(current.store, token)
    return Visitor(found, token) if found else None


def _guard() -> ResponseReturnValue | None:
    """Refuse what the view's mark does not allow. A view that nobody has marked is refused to all."""
    endpoint = request.endpoint
    view = current_app.view_functions.get(endpoint) if endpoint else None
    if endpoint is None or view is None or is_api(current_app, endpoint):
        return None
    right = right_of(view)
    if right is None:
        raise Forbidden
    if right.kind == "public":
        return None
    visitor = current.visitor
    if visitor is None:
        return ask_to_sign_in()
    g.viewer_zone = visitor.time_zone
    _check(visitor, right)
    return None


def _check(visitor: Visitor, right: Right) -> None:
    key = g.get("tenant_key")
    if key is not None:
        g.access = next((access for access in visitor.access if access.key == key), None)
        if g.access is None:
            raise NotFound
    if right.kind == "needs" and not (current.has_tenant and allows(current.tenant.role, right.permission)):
        raise Forbidden


def ask_to_sign_in() -> Response:
    """Send a page's visitor to the sign-in page and back afterwards; tell htmx to go there as a whole page."""
    wanted = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
    if "HX-Request" in request.headers:
        response = Response(status=401)
        response.headers["HX-Redirect"] = url_for("auth.sign_in")
        return response
    target = url_for("auth.sign_in")
    query = f"?{urlencode({'next': wanted})}" if wanted and wanted != "/" else ""
    return redirect(target + query, 303)  # type: ignore[return-value]  # Werkzeug's response is Flask's here


def _public_copy(view: Callable[..., Any]) -> Callable[..., Any]:
    """Flask's own view of static files is a bound method, which takes no mark."""

    def send(**values: Any) -> Any:
        return view(**values)

    return public(send)
