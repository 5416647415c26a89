"""Signing up, in and out, and choosing where to go."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user

from campaigns.errors import Invalid
from campaigns.services import accounts, sessions
from campaigns.services.accounts import WrongSignIn
from campaigns.services.tenants import open_tenants
from campaigns.storage.models import User
from campaigns.web.forms import by_field
from campaigns.web.permissions import SIGNED_IN, needs, public
from campaigns.web.requests import address, current
from campaigns.web.signed_in import SignedIn

bp = Blueprint("auth", __name__)


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    """Go where this person belongs: their only tenant, a choice of them, or the sign-in page."""
    if not current_user.is_authenticated:
        return redirect(url_for("auth.sign_in"), 303)
    tenants = open_tenants(current.store, current.user.id)
    if len(tenants) == 1:
        return redirect(url_for("dashboard.show", tenant=tenants[0].key), 303)
    return render_template("auth/choose.html", title="Choose an organisation", choices=tenants)


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    return render_template("auth/sign_in.html", title="Sign in", email="", error=None, next=request.args.get("next", ""))


@bp.post("/sign-in")
@public
def do_sign_in() -> ResponseReturnValue:
    email, password = request.form.get("email", ""), request.form.get("password", "")
    back = request.form.get("next", "")
    try:
        user = accounts.check_sign_in(current.store, email=email, password=password, address=address())
    except WrongSignIn as error:
        page = render_template("auth/sign_in.html", title="Sign in", email=email, error=error.message, next=back)
        return page, 422
    begin(user)
    return redirect(safe_path(back) or url_for("auth.home"), 303)


@bp.get("/sign-up")
@public
def sign_up() -> ResponseReturnValue:
    return render_template("auth/sign_up.html", title="Create your organisation", values={}, errors={})


@bp.post("/sign-up")
@public
def do_sign_up() -> ResponseReturnValue:
    values = {name: request.form.get(name, "") for name in ("email", "name", "tenant_name")}
    try:
        user, tenant = accounts.sign_up(current.store, password=request.form.get("password", ""), **values)
    except Invalid as error:
        errors = by_field(error.problems)
        return render_template("auth/sign_up.html", title="Create your organisation", values=values, errors=errors), 422
    begin(user)
    return redirect(url_for("dashboard.show", tenant=tenant.key), 303)


@bp.post("/sign-out")
@needs(SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    sessions.end(current.store, current_user.get_id())
    logout_user()
    session.clear()
    return redirect(url_for("auth.sign_in"), 303)


def begin(user: User) -> None:
    """Sign a user in with a new session; what the browser carried before is worth nothing after."""
    if current_user.is_authenticated:
        sessions.end(current.store, current_user.get_id())
    session.clear()
    token = sessions.begin(
        current.store, user.id, address=address(), user_agent=request.headers.get("User-Agent", "")
    )
    login_user(SignedIn(user, token))
    session.permanent = True


def safe_path(target: str) -> str | None:
    """Return a path of this site, or None for anything that leads elsewhere."""
    if not target.startswith("/") or target.startswith(("//", "/\\")) or any(ord(c) < 32 or c == "\\" for c in target):  # noqa: PLR2004 - control characters
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None
