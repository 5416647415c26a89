"""Who may do what: permissions, the least role each needs, and the marks that views carry.

Every view of the pages and of the API is marked by `needs`, `signed_in` or `public`; an unmarked one is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

from campaigns.errors import Invalid, Problem
from campaigns.tenancy import Role

ROLES: tuple[Role, ...] = ("viewer", "editor", "admin", "owner")
_MARK = "campaigns_right"

# Permission: the least role that has it.
PERMISSIONS: dict[str, Role] = {
    "home.view": "viewer",
    "leads.view": "viewer",
    "leads.edit": "editor",
    "leads.erase": "editor",
    "vocabulary.edit": "editor",
    "templates.view": "viewer",
    "templates.edit": "editor",
    "imports.view": "viewer",
    "imports.run": "editor",
    "events.send": "editor",
    "tasks.view": "viewer",
    "tasks.edit": "editor",
    "workflows.view": "viewer",
    "workflows.edit": "editor",
    "workflows.activate": "editor",
    "executions.view": "viewer",
    "executions.edit": "editor",
    "messages.view": "viewer",
    "messages.edit": "editor",
    "settings.view": "viewer",
    "settings.manage": "admin",
    "team.view": "viewer",
    "team.manage": "admin",
    "api_keys.manage": "admin",
    "secrets.manage": "admin",
    "tenants.manage": "admin",
}
# What an API key can be limited to.
_OF_PEOPLE = frozenset({"home", "team", "settings", "api_keys", "secrets", "tenants"})
SCOPES: tuple[str, ...] = tuple(name for name in PERMISSIONS if name.partition(".")[0] not in _OF_PEOPLE)
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Right:
    """What a view asks of its caller: nothing, to be signed in, or a permission in the open tenant."""

    kind: Literal["public", "signed_in", "needs"]
    permission: str = ""


def needs(permission: str) -> Callable[[View], View]:
    """Mark a view: only who has the permission in the open tenant may call it."""
    if permission not in PERMISSIONS:
        raise ValueError(f"{permission} is no permission: add it to PERMISSIONS with the least role that has it")
    return lambda view: _marked(view, Right("needs", permission))


def signed_in(view: View) -> View:
    """Mark a view: whoever is signed in may call it; it shows only what is the caller's own."""
    return _marked(view, Right("signed_in"))


def public(view: View) -> View:
    """Mark a view: anybody may call it."""
    return _marked(view, Right("public"))


def right_of(view: Callable[..., Any]) -> Right | None:
    """Return what a view asks of its caller; None when nobody has said so."""
    return cast("Right | None", getattr(view, _MARK, None))


def allows(role: Role, permission: str) -> bool:
    """Return whether the role has the permission; an unknown permission nobody has."""
    least = PERMISSIONS.get(permission)
    return least is not None and ROLES.index(role) >= ROLES.index(least)


def allows_scope(scopes: Iterable[str], permission: str) -> bool:
    """Return whether an API key with these scopes may do it; a key without scopes may do everything."""
    chosen = frozenset(scopes)
    return permission in chosen if chosen else permission in PERMISSIONS


def check_role(role: str, *, path: str = "/role") -> Role:
    """Return the role; raise Invalid when it is none."""
    if role not in ROLES:
        raise Invalid(problems=[Problem(path, f"is one of {', '.join(reversed(ROLES))}")])
    return cast("Role", role)


def _marked(view: View, right: Right) -> View:
    setattr(view, _MARK, right)
    return view
