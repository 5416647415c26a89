"""Who may do what: every route says it with `@needs(...)` or `@public`, and a rule test walks them all."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from campaigns.errors import Forbidden
from campaigns.tenancy import Role
from campaigns.web.htmx import wants_part
from campaigns.web.requests import current

View = TypeVar("View", bound=Callable[..., Any])
DECLARED = "__needs__"

_VIEWER = frozenset({"home.view", "leads.view", "workflows.view", "executions.view", "imports.view", "messages.view", "templates.view", "settings.view"})
_EDITOR = _VIEWER | {
    "leads.edit",
    "leads.erase",
    "vocabulary.edit",
    "imports.run",
    "workflows.edit",
    "workflows.activate",
    "executions.edit",
    "messages.edit",
    "templates.edit",
}
_ADMIN = _EDITOR | {"team.view", "team.manage", "settings.manage", "api_keys.manage", "tenants.manage"}
PERMISSIONS: dict[Role, frozenset[str]] = {"viewer": _VIEWER, "editor": _EDITOR, "admin": _ADMIN, "owner": _ADMIN | {"tenant.own"}}
SIGNED_IN = "signed_in"


def needs(permission: str) -> Callable[[View], View]:
    """Let only those through whose role in the open tenant has the permission; `signed_in` asks for no tenant."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **values: Any) -> ResponseReturnValue:
            if not current_user.is_authenticated:
                return _to_sign_in()
            if permission != SIGNED_IN and not may(permission):
                raise Forbidden(f"Your role here ({current.role}) does not allow this.")
            answer: ResponseReturnValue = view(*args, **values)
            return answer

        setattr(checked, DECLARED, permission)
        return checked  # type: ignore[return-value]  # the same signature

    return decorate


def public(view: View) -> View:
    """Say that anybody may open this route."""
    setattr(view, DECLARED, "public")
    return view


def may(permission: str) -> bool:
    """Return whether the user's role in the open tenant has a permission; also a global of the templates."""
    return permission in PERMISSIONS[current.role]


def _to_sign_in() -> ResponseReturnValue:
    """Send a browser to the sign-in page, and back afterwards; tell htmx to do the same with the whole page."""
    back = request.full_path.rstrip("?") if request.method == "GET" and not wants_part() else None
    target = url_for("auth.sign_in", next=back)
    if wants_part():
        return "", 401, {"HX-Redirect": target}
    return redirect(target, 303)
