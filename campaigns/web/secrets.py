"""Secrets of the organisation: made, given another value, deleted; never shown."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import Conflict, InUse, Invalid
from campaigns.services import secrets
from campaigns.web.forms import by_field
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, writing_here

bp = Blueprint("secrets", __name__, url_prefix="/secrets")


@bp.get("")
@needs("secrets.manage")
def index() -> ResponseReturnValue:
    return _page()


@bp.post("")
@needs("secrets.manage")
def create() -> ResponseReturnValue:
    name = request.form.get("name", "")
    try:
        with writing_here() as session:
            secrets.create_secret(session, current.runtime.vault, name=name, value=request.form.get("value", ""))
    except Invalid as error:
        return _page(errors=by_field(error.problems), name=name), 422
    except Conflict as error:
        return _page(errors={"name": error.message}, name=name), 422
    return redirect(url_for("secrets.index"), 303)


@bp.post("/<key>/value")
@needs("secrets.manage")
def replace(key: str) -> ResponseReturnValue:
    try:
        with writing_here() as session:
            secrets.replace_secret(session, current.runtime.vault, key, value=request.form.get("value", ""))
    except Invalid as error:
        return _page(errors={f"value-{key}": by_field(error.problems).get("value", error.message)}), 422
    return redirect(url_for("secrets.index"), 303)


@bp.post("/<key>/delete")
@needs("secrets.manage")
def delete(key: str) -> ResponseReturnValue:
    try:
        with writing_here() as session:
            secrets.delete_secret(session, key, kinds=current.runtime.kinds)
    except InUse as error:
        return _page(refused=error.message), 409
    return redirect(url_for("secrets.index"), 303)


def _page(*, errors: dict[str, str] | None = None, name: str = "", refused: str = "") -> str:
    with reading_here() as session:
        rows = secrets.list_secrets(session)
    return render_template(
        "secrets/index.html", title="Secrets", rows=rows, errors=errors or {}, name=name, refused=refused
    )
