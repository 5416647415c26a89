"""Signing up, in and out, and choosing where to go."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import Conflict, Invalid, TooMany
from campaigns.services import accounts
from campaigns.services.accounts import Person, WrongPassword
from campaigns.web.forms import by_field
from campaigns.web.permissions import public
from campaigns.web.requests import current, safe_next
from campaigns.web.signing_in import begin, end, this_browser

bp = Blueprint("auth", __name__)


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    """Go where this person belongs: their only tenant, a choice of them, or the sign-in page."""
    if current.visitor is None:
        return redirect(url_for("auth.sign_in"), 303)
    access = current.user.access
    if len(access) == 1:
        return redirect(url_for("dashboard.show", tenant=access[0].key), 303)
    return render_template("auth/choose.html", title="Choose an organisation", choices=access)


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    back = safe_next(request.args.get("next"), otherwise="")
    return render_template("auth/sign_in.html", title="Sign in", email="", error=None, next=back)


@bp.post("/sign-in")
@public
def do_sign_in() -> ResponseReturnValue:
    email, password = request.form.get("email", ""), request.form.get("password", "")
    back = safe_next(request.form.get("next"), otherwise="")
    try:
        token = accounts.sign_in(current.store, email=email, password=password, browser=this_browser())
    except (WrongPassword, TooMany) as error:
        page = render_template("auth/sign_in.html", title="Sign in", email=email, error=error.message, next=back)
        waiting = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, TooMany) else {}
        return page, error.status, waiting
    return begin(token, back or url_for("auth.home"))


@bp.get("/sign-up")
@public
def sign_up() -> ResponseReturnValue:
    return _sign_up_page({})


@bp.post("/sign-up")
@public
def do_sign_up() -> ResponseReturnValue:
    form = request.form
    person = Person(form.get("email", ""), form.get("name", ""), form.get("password", ""))
    try:
        user, tenant = accounts.sign_up(current.store, person, organisation=form.get("tenant_name", ""))
    except (Invalid, Conflict) as error:
        return _sign_up_page(by_field(error.problems) or {"tenant_name": error.message}), 422
    token = accounts.open_session(current.store, user.id, this_browser())
    return begin(token, url_for("dashboard.show", tenant=tenant.key))


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    end()
    return redirect(url_for("auth.sign_in"), 303)


def _sign_up_page(errors: dict[str, str]) -> str:
    return render_template(
        "auth/sign_up.html", title="Create your organisation", values=request.form.to_dict(), errors=errors
    )
