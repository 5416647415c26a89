"""The tenant's vocabulary on one screen: statuses, custom fields, tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, make_response, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import CampaignsError, Conflict, Invalid, NotFound
from campaigns.services import fields, vocabulary
from campaigns.services.fields import TYPES
from campaigns.storage.transaction import TenantSession
from campaigns.web.answers import done
from campaigns.web.htmx import page_or_part
from campaigns.web.lead_forms import errors_of
from campaigns.web.permissions import needs
from campaigns.web.requests import reading_here, writing_here

bp = Blueprint("vocabulary", __name__, url_prefix="/vocabulary")
NOUNS = {"statuses": "status", "fields": "field", "tags": "tag"}
_UP, _DOWN = "up", "down"


@bp.get("")
@needs("leads.view")
def index() -> ResponseReturnValue:
    with reading_here() as session:
        context = {
            "statuses": vocabulary.list_statuses(session), "status_sizes": vocabulary.status_sizes(session),
            "fields": fields.list_fields(session), "tags": vocabulary.tag_sizes(session),
        }  # fmt: skip
    return page_or_part("vocabulary/index.html", "vocabulary/_all.html", title="Fields and statuses", **context)


@bp.get("/<any(statuses,fields,tags):noun>/new")
@needs("vocabulary.edit")
def new(noun: str) -> ResponseReturnValue:
    return _form(noun, None)


@bp.post("/<any(statuses,fields,tags):noun>")
@needs("vocabulary.edit")
def create(noun: str) -> ResponseReturnValue:
    try:
        with writing_here() as session:
            _CREATE[noun](session)
    except (Invalid, Conflict) as error:
        return _form(noun, None, error=error)
    return done(url_for("vocabulary.index"), f"The {NOUNS[noun]} is made.")


@bp.get("/<any(statuses,fields):noun>/<string:key>/edit")
@needs("vocabulary.edit")
def edit(noun: str, key: str) -> ResponseReturnValue:
    return _form(noun, key)


@bp.post("/<any(statuses,fields):noun>/<string:key>")
@needs("vocabulary.edit")
def save(noun: str, key: str) -> ResponseReturnValue:
    try:
        with writing_here() as session:
            _UPDATE[noun](session, key)
    except (Invalid, Conflict) as error:
        return _form(noun, key, error=error)
    return done(url_for("vocabulary.index"), "Saved.")


@bp.post("/<any(statuses,fields):noun>/<string:key>/move")
@needs("vocabulary.edit")
def move(noun: str, key: str) -> ResponseReturnValue:
    """Move a status or field one place up or down."""
    step = -1 if request.form.get("to") == _UP else 1
    with writing_here() as session:
        rows: list[Any] = [*_LIST[noun](session)]
        here = next((index for index, row in enumerate(rows) if row.key == key), None)
        if here is None:
            raise NotFound(f"There is no {NOUNS[noun]} {key}.")
        rows.insert(max(0, here + step), rows.pop(here))
        for position, row in enumerate(rows):
            row.position = position
    return done(url_for("vocabulary.index"), "Moved.")


@bp.get("/<any(statuses,fields,tags):noun>/<path:key>/delete")
@needs("vocabulary.edit")
def ask_delete(noun: str, key: str) -> ResponseReturnValue:
    with reading_here() as session:
        name, used = _named(session, noun, key)
    context = {"noun": noun, "what": NOUNS[noun], "key": key, "name": name, "used": used}
    return page_or_part("vocabulary/delete.html", "vocabulary/_delete.html", title=f"Delete “{name}”?", **context)


@bp.post("/<any(statuses,fields,tags):noun>/<path:key>/delete")
@needs("vocabulary.edit")
def delete(noun: str, key: str) -> ResponseReturnValue:
    try:
        with writing_here() as session:
            _DELETE[noun](session, key)
    except Conflict as error:
        return done(url_for("vocabulary.index"), error.message, tone="error")
    return done(url_for("vocabulary.index"), f"The {NOUNS[noun]} is deleted.")


def _form(noun: str, key: str | None, *, error: CampaignsError | None = None) -> ResponseReturnValue:
    with reading_here() as session:
        row = _GET[noun](session, key) if key is not None else None
    what = NOUNS[noun]
    action = url_for("vocabulary.save", noun=noun, key=key) if key else url_for("vocabulary.create", noun=noun)
    context = {
        "noun": noun, "what": what, "row": row, "action": action, "types": TYPES, "form": request.form,
        "errors": errors_of(error) if error else {},
    }  # fmt: skip
    title = f"Edit {what}" if key else f"New {what}"
    response = make_response(page_or_part("vocabulary/edit.html", "vocabulary/_dialog.html", title=title, **context))
    response.status_code = 422 if error else 200
    return response


def _named(session: TenantSession, noun: str, key: str) -> tuple[str, int]:
    """Return the name of a thing and how many leads have it."""
    if noun == "tags":
        sizes = vocabulary.tag_sizes(session)
        if key not in sizes:
            raise NotFound(f"There is no tag {key}.")
        return key, sizes[key]
    row = _GET[noun](session, key)
    return row.name, vocabulary.status_sizes(session)[key] if noun == "statuses" else 0


def _create_status(session: TenantSession) -> object:
    return vocabulary.create_status(session, name=request.form.get("name", ""), key=_key())


def _create_field(session: TenantSession) -> object:
    form = request.form
    return fields.create_field(
        session, name=form.get("name", ""), type=form.get("type", "text"), key=_key(), choices=_choices()
    )


def _create_tag(session: TenantSession) -> object:
    return vocabulary.create_tag(session, request.form.get("name", ""))


def _update_status(session: TenantSession, key: str) -> object:
    default = request.form.get("default") == "true"
    return vocabulary.update_status(session, key, name=request.form.get("name", ""), default=default)


def _update_field(session: TenantSession, key: str) -> object:
    choices = _choices() if "choices" in request.form else None
    return fields.update_field(session, key, name=request.form.get("name", ""), choices=choices)


def _key() -> str | None:
    return request.form.get("key", "").strip() or None


def _choices() -> list[str]:
    return [line.strip() for line in request.form.get("choices", "").splitlines() if line.strip()]


_LIST: dict[str, Callable[..., Any]] = {"statuses": vocabulary.list_statuses, "fields": fields.list_fields}
_GET: dict[str, Callable[..., Any]] = {"statuses": vocabulary.get_status, "fields": fields.get_field}
_CREATE: dict[str, Callable[..., Any]] = {"statuses": _create_status, "fields": _create_field, "tags": _create_tag}
_UPDATE: dict[str, Callable[..., Any]] = {"statuses": _update_status, "fields": _update_field}
_DELETE: dict[str, Callable[..., Any]] = {
    "statuses": vocabulary.delete_status, "fields": fields.delete_field, "tags": vocabulary.delete_tag,
}  # fmt: skip
