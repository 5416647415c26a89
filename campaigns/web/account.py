"""A person's own account: name, time zone, password, signed-in browsers."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import available_timezones

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from campaigns.errors import Invalid
from campaigns.services import accounts, sessions
from campaigns.services.tenants import open_tenants
from campaigns.web.forms import by_field
from campaigns.web.permissions import SIGNED_IN, needs
from campaigns.web.requests import current

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.get("")
@needs(SIGNED_IN)
def show() -> ResponseReturnValue:
    return _page({})


@bp.post("/profile")
@needs(SIGNED_IN)
def save_profile() -> ResponseReturnValue:
    name, zone = request.form.get("name", ""), request.form.get("time_zone", "")
    try:
        accounts.change_profile(current.store, current.user.id, name=name, time_zone=zone)
    except Invalid as error:
        return _page(by_field(error.problems)), 422
    return redirect(url_for("account.show"), 303)


@bp.post("/password")
@needs(SIGNED_IN)
def change_password() -> ResponseReturnValue:
    """Change the password and end every other session."""
    old, new = request.form.get("old", ""), request.form.get("new", "")
    try:
        accounts.change_password(current.store, current.user.id, old=old, new=new)
    except Invalid as error:
        return _page(by_field(error.problems)), 422
    sessions.end_others(current.store, current.user.id, keep_token=current_user.get_id())
    return redirect(url_for("account.show"), 303)


@bp.post("/sessions/<uuid:session_id>/end")
@needs(SIGNED_IN)
def end_session(session_id: UUID) -> ResponseReturnValue:
    sessions.end_one(current.store, current.user.id, session_id)
    return redirect(url_for("account.show"), 303)


def _page(errors: dict[str, str]) -> str:
    g.tenants = open_tenants(current.store, current.user.id)
    own = sessions.hash_token(current_user.get_id())
    return render_template(
        "account/show.html",
        title="Your account",
        user=current.user,
        errors=errors,
        zones=sorted(available_timezones()),
        open_sessions=sessions.list_open(current.store, current.user.id),
        own_hash=own,
    )
