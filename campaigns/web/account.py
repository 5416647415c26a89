"""A person's own account: name, time zone, password, signed-in browsers."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import Invalid, TooMany
from campaigns.services import accounts, sessions
from campaigns.services.tenants import time_zones
from campaigns.web.forms import by_field
from campaigns.web.permissions import signed_in
from campaigns.web.requests import current, own_reading, own_writing

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.get("")
@signed_in
def show() -> ResponseReturnValue:
    return _page({})


@bp.post("/profile")
@signed_in
def save_profile() -> ResponseReturnValue:
    name, zone = request.form.get("name", ""), request.form.get("time_zone", "")
    try:
        with own_writing() as session:
            accounts.update_profile(session, current.user.id, name=name, time_zone=zone)
    except Invalid as error:
        return _page(by_field(error.problems)), 422
    flash("Profile saved.", "success")
    return redirect(url_for("account.show"), 303)


@bp.post("/password")
@signed_in
def change_password() -> ResponseReturnValue:
    """Change the password and end every other session."""
    user, old, new = current.user, request.form.get("old", ""), request.form.get("new", "")
    try:
        accounts.change_password(current.store, user.id, current=old, new=new, keep=user.session_id)
    except (Invalid, TooMany) as error:
        errors = by_field(error.problems)
        return _page({"old": errors.get("current", "" if errors else error.message), **errors}), error.status
    flash("Password changed. You are signed out everywhere else.", "success")
    return redirect(url_for("account.show"), 303)


@bp.post("/sessions/<uuid:session_id>/end")
@signed_in
def end_session(session_id: UUID) -> ResponseReturnValue:
    with own_writing() as session:
        sessions.end(session, current.user.id, session_id)
    return redirect(url_for("account.show"), 303)


def _page(errors: dict[str, str]) -> str:
    with own_reading() as session:
        open_sessions = sessions.list_sessions(session, current.user.id)
    return render_template(
        "account/show.html",
        title="Your account",
        user=current.user,
        errors=errors,
        zones=time_zones(),
        open_sessions=open_sessions,
        own_id=current.user.session_id,
    )
