"""The team: members, roles, invitations, API keys."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import Conflict, Invalid
from campaigns.services import api_keys, team
from campaigns.services.rights import ROLES, SCOPES
from campaigns.storage.models import Invitation
from campaigns.web.forms import by_field
from campaigns.web.permissions import needs
from campaigns.web.requests import current, public_url, reading_here, writing_here

bp = Blueprint("team", __name__, url_prefix="/team")


@bp.get("")
@needs("team.view")
def index() -> ResponseReturnValue:
    return _page()


@bp.post("/invitations")
@needs("team.manage")
def invite() -> ResponseReturnValue:
    email, role = request.form.get("email", ""), request.form.get("role", "editor")
    try:
        with writing_here() as session:
            row = team.invite(session, email=email, role=role, by=current.role)
    except (Invalid, Conflict) as error:
        return _page(errors=by_field(error.problems), email=email), 422
    token = team.invitation_token(current.settings.secret_key, row)
    return _page(link=public_url("invitations.show", token=token), made=row)


@bp.post("/invitations/<uuid:invitation_id>/revoke")
@needs("team.manage")
def revoke_invitation(invitation_id: UUID) -> ResponseReturnValue:
    with writing_here() as session:
        team.revoke_invitation(session, invitation_id)
    return redirect(url_for("team.index"), 303)


@bp.post("/members/<uuid:user_id>")
@needs("team.manage")
def change_role(user_id: UUID) -> ResponseReturnValue:
    with writing_here() as session:
        team.change_role(session, user_id, role=request.form.get("role", ""), by=current.role)
    return redirect(url_for("team.index"), 303)


@bp.post("/members/<uuid:user_id>/remove")
@needs("team.manage")
def remove_member(user_id: UUID) -> ResponseReturnValue:
    with writing_here() as session:
        team.remove_member(session, user_id, by=current.role)
    return redirect(url_for("team.index"), 303)


@bp.get("/api-keys")
@needs("api_keys.manage")
def keys() -> ResponseReturnValue:
    return _keys_page()


@bp.post("/api-keys")
@needs("api_keys.manage")
def create_key() -> ResponseReturnValue:
    name, scopes = request.form.get("name", ""), request.form.getlist("scopes")
    try:
        with writing_here() as session:
            _, key = api_keys.create_key(session, name=name, scopes=scopes)
    except Invalid as error:
        return _keys_page(errors=by_field(error.problems), name=name), 422
    except Conflict as error:
        return _keys_page(errors={"name": error.message}, name=name), 422
    return _keys_page(key=key)


@bp.post("/api-keys/<uuid:key_id>/revoke")
@needs("api_keys.manage")
def revoke_key(key_id: UUID) -> ResponseReturnValue:
    with writing_here() as session:
        api_keys.revoke_key(session, key_id)
    return redirect(url_for("team.keys"), 303)


def _page(
    *, errors: dict[str, str] | None = None, email: str = "", link: str = "", made: Invitation | None = None
) -> str:
    with reading_here() as session:
        members, invitations = team.list_members(session), team.list_invitations(session)
    roles = [(role, role.capitalize()) for role in reversed(ROLES) if role != "owner" or current.role == "owner"]
    return render_template(
        "team/index.html",
        title="Team",
        members=members,
        invitations=invitations,
        roles=roles,
        errors=errors or {},
        email=email,
        link=link,
        made=made,
        own_id=current.user.id,
    )


def _keys_page(*, errors: dict[str, str] | None = None, name: str = "", key: str = "") -> str:
    with reading_here() as session:
        rows = api_keys.list_keys(session)
    return render_template(
        "team/keys.html", title="API keys", rows=rows, scopes=SCOPES, errors=errors or {}, name=name, key=key
    )
