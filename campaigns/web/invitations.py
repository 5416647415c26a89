"""Accepting an invitation by its signed link, as a new person or with an account one has."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import Invalid
from campaigns.services import accounts, team
from campaigns.services.accounts import Person, WrongPassword
from campaigns.services.team import Invited
from campaigns.storage.transaction import system
from campaigns.web.auth import begin
from campaigns.web.forms import by_field
from campaigns.web.permissions import public
from campaigns.web.requests import current

bp = Blueprint("invitations", __name__, url_prefix="/invitations")


@bp.get("/<string:token>")
@public
def show(token: str) -> ResponseReturnValue:
    return _page(_find(token), token, {})


@bp.post("/<string:token>")
@public
def accept(token: str) -> ResponseReturnValue:
    """Join with the invited address: by its password where there is an account, else with a new one."""
    invited = _find(token)
    password = request.form.get("password", "")
    try:
        if not _is_known(invited):
            _make_account(invited, password)
        begin(invited.email, password)
    except WrongPassword:
        return _page(invited, token, {"password": "This is not the password of your account."}), 422
    except Invalid as error:
        return _page(invited, token, by_field(error.problems)), 422
    team.accept(current.store, invited, current.user.id, current.user.email)
    return redirect(url_for("auth.home"), 303)


def _find(token: str) -> Invited:
    return team.find_invitation(current.store, current.runtime.settings.secret_key, token)


def _is_known(invited: Invited) -> bool:
    with system(current.store) as session:
        return accounts.find_user(session, invited.email) is not None


def _make_account(invited: Invited, password: str) -> None:
    checked, hashed = accounts.prepare(Person(invited.email, request.form.get("name", ""), password))
    with system(current.store, writes=True) as session:
        accounts.add_user(session, checked, password_hash=hashed)


def _page(invited: Invited, token: str, errors: dict[str, str]) -> str:
    return render_template(
        "auth/invitation.html",
        title=f"Join {invited.tenant_name}",
        invitation=invited,
        tenant_name=invited.tenant_name,
        action=url_for("invitations.accept", token=token),
        known=_is_known(invited),
        values=request.form,
        errors=errors,
    )
