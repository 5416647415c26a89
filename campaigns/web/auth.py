"""Signing up, in and out, and choosing where to go."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user

from campaigns.errors import CampaignsError, Conflict, Invalid
from campaigns.services import accounts, sessions
from campaigns.services.accounts import Browser, Person, WrongPassword
from campaigns.storage.transaction import system
from campaigns.web.forms import by_field
from campaigns.web.permissions import SIGNED_IN, needs, public
from campaigns.web.requests import address, current
from campaigns.web.signed_in import Visitor

bp = Blueprint("auth", __name__)


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    """Go where this person belongs: their only tenant, a choice of them, or the sign-in page."""
    if not current_user.is_authenticated:
        return redirect(url_for("auth.sign_in"), 303)
    tenants = current.user.access
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
        begin(email, password)
    except WrongPassword as error:
        page = render_template("auth/sign_in.html", title="Sign in", email=email, error=error.message, next=back)
        return page, 422
    return redirect(safe_path(back) or url_for("auth.home"), 303)


@bp.get("/sign-up")
@public
def sign_up() -> ResponseReturnValue:
    return render_template("auth/sign_up.html", title="Create your organisation", values={}, errors={})


@bp.post("/sign-up")
@public
def do_sign_up() -> ResponseReturnValue:
    values = {name: request.form.get(name, "") for name in ("email", "name", "tenant_name")}
    password = request.form.get("password", "")
    person = Person(values["email"], values["name"], password)
    try:
        _, tenant = accounts.sign_up(current.store, person, organisation=values["tenant_name"])
    except (Invalid, Conflict) as error:
        errors = _field_errors(error)
        return render_template("auth/sign_up.html", title="Create your organisation", values=values, errors=errors), 422
    begin(values["email"], password)
    return redirect(url_for("dashboard.show", tenant=tenant.key), 303)


@bp.post("/sign-out")
@needs(SIGNED_IN)
def sign_out() -> ResponseReturnValue:
    with system(current.store, writes=True) as opened:
        sessions.end(opened, current.user.id, current.user.session_id)
    logout_user()
    session.clear()
    return redirect(url_for("auth.sign_in"), 303)


def begin(email: str, password: str) -> None:
    """Sign somebody in with a new session; what the browser carried before is worth nothing after."""
    browser = Browser(address=address(), user_agent=request.headers.get("User-Agent", ""))
    token = accounts.sign_in(current.store, email=email, password=password, browser=browser)
    found = sessions.find(current.store, token)
    assert found is not None
    session.clear()
    login_user(Visitor(found, token))
    session.permanent = True


def _field_errors(error: CampaignsError) -> dict[str, str]:
    errors = by_field(error.problems)
    return errors or {"email": error.message}


def safe_path(target: str) -> str | None:
    """Return a path of this site, or None for anything that leads elsewhere."""
    if not target.startswith("/") or target.startswith(("//", "/\\")) or any(ord(c) < 32 or c == "\\" for c in target):  # noqa: PLR2004 - control characters
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None
