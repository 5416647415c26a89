"""A person's own account: name, time zone, password, signed-in browsers."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import Invalid
from campaigns.services import accounts, sessions
from campaigns.services.tenants import time_zones
from campaigns.storage.transaction import system
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
        with system(current.store, writes=True) as session:
            accounts.update_profile(session, current.user.id, name=name, time_zone=zone)
    except Invalid as error:
        return _page(by_field(error.problems)), 422
    return redirect(url_for("account.show"), 303)


@bp.post("/password")
@needs(SIGNED_IN)
def change_password() -> ResponseReturnValue:
    """Change the password and end every other session."""
    old, new = request.form.get("old", ""), request.form.get("new", "")
    try:
        accounts.change_password(current.store, current.user.id, current=old, new=new, keep=current.user.session_id)
    except Invalid as error:
        return _page(by_field(error.problems)), 422
    return redirect(url_for("account.show"), 303)


@bp.post("/sessions/<uuid:session_id>/end")
@needs(SIGNED_IN)
def end_session(session_id: UUID) -> ResponseReturnValue:
    with system(current.store, writes=True) as session:
        sessions.end(session, current.user.id, session_id)
    return redirect(url_for("account.show"), 303)


def _page(errors: dict[str, str]) -> str:
    with system(current.store) as session:
        open_sessions = sessions.list_sessions(session, current.user.id)
    return render_template(
        "account/show.html",
        title="Your account",
        user=current.user,
        errors=errors,
        zones=time_zones(),
        open_sessions=open_sessions,
        own_session=current.user.session_id,
    )
