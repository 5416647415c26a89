"""Accepting an invitation by its signed link, as a new person or with an account one has."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import Invalid, TooMany
from campaigns.services import accounts, team
from campaigns.services.accounts import WrongPassword
from campaigns.services.sessions import find
from campaigns.services.team import Invited
from campaigns.web.forms import by_field
from campaigns.web.permissions import public
from campaigns.web.requests import current
from campaigns.web.signing_in import begin, this_browser

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
    try:
        session_token = _join(invited)
    except (WrongPassword, TooMany) as error:
        return _page(invited, token, {"password": error.message}), error.status
    except Invalid as error:
        return _page(invited, token, by_field(error.problems)), 422
    return begin(session_token, url_for("dashboard.show", tenant=invited.tenant_key))


def _find(token: str) -> Invited:
    return team.find_invitation(current.store, current.settings.secret_key, token)


def _join(invited: Invited) -> str:
    """Let the invited in and return the token of a new session."""
    password, browser = request.form.get("password", ""), this_browser()
    if not invited.has_account:
        user = team.accept_as_new(current.store, invited, name=request.form.get("name", ""), password=password)
        return accounts.open_session(current.store, user.id, browser)
    token = accounts.sign_in(current.store, email=invited.email, password=password, browser=browser)
    found = find(current.store, token)
    if found is not None:
        team.accept(current.store, invited, user_id=found.user_id)
    return token


def _page(invited: Invited, token: str, errors: dict[str, str]) -> str:
    return render_template(
        "auth/invitation.html",
        title=f"Join {invited.tenant_name}",
        invitation=invited,
        tenant_name=invited.tenant_name,
        action=url_for("invitations.accept", token=token),
        known=invited.has_account,
        values=request.form,
        errors=errors,
    )
