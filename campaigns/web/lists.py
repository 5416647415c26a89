"""Lists: all of them, one with its members, made, renamed, deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import CampaignsError, Conflict, InUse, Invalid
from campaigns.imports.contacts import address_and_key
from campaigns.services import leads, lists, vocabulary
from campaigns.services.lead_page import label
from campaigns.services.lead_search import DEFAULT_SORT
from campaigns.web.answers import done
from campaigns.web.htmx import page_or_part
from campaigns.web.lead_columns import SIZE
from campaigns.web.lead_forms import errors_of
from campaigns.web.permissions import needs
from campaigns.web.requests import reading_here, writing_here

bp = Blueprint("lists", __name__, url_prefix="/lists")


@bp.get("")
@needs("leads.view")
def index() -> ResponseReturnValue:
    with reading_here() as session:
        found, sizes = vocabulary.list_lists(session), vocabulary.list_sizes(session)
    return page_or_part("lists/index.html", "lists/_table.html", title="Lists", lists=found, sizes=sizes)


@bp.get("/-/new")  # no key and no id is called "-"
@needs("vocabulary.edit")
def new() -> ResponseReturnValue:
    return _form("New list", url_for("lists.create"))


@bp.post("")
@needs("vocabulary.edit")
def create() -> ResponseReturnValue:
    try:
        with writing_here() as session:
            key = request.form.get("key", "").strip() or None
            row = vocabulary.create_list(session, name=request.form.get("name", ""), key=key)
    except (Invalid, Conflict) as error:
        return _refused("New list", url_for("lists.create"), error)
    return done(url_for("lists.show", key=row.key), f"The list “{row.name}” is made.")


@bp.get("/<string:key>")
@needs("leads.view")
def show(key: str) -> ResponseReturnValue:
    page = min(max(1, request.args.get("page", 1, type=int)), 10**6)
    search = {"text": request.args.get("q", ""), "sort": request.args.get("sort") or DEFAULT_SORT}
    with reading_here() as session:
        row = vocabulary.get_list(session, key)
        found = lists.search_members(session, key, limit=SIZE, offset=(page - 1) * SIZE, **search)
        context = {"described": leads.lead_json(session, found.leads), "size": lists.list_size(session, key)}
    context |= {"found": found, "row": row, "page_number": page, "page_size": SIZE, "label": label, **search}
    return page_or_part("lists/show.html", "lists/_members.html", title=row.name, **context)


@bp.get("/<string:key>/edit")
@needs("vocabulary.edit")
def edit(key: str) -> ResponseReturnValue:
    with reading_here() as session:
        row = vocabulary.get_list(session, key)
    return _form("Rename list", url_for("lists.save", key=key), name=row.name, key=key)


@bp.post("/<string:key>")
@needs("vocabulary.edit")
def save(key: str) -> ResponseReturnValue:
    try:
        with writing_here() as session:
            vocabulary.update_list(session, key, name=request.form.get("name", ""))
    except Invalid as error:
        return _refused("Rename list", url_for("lists.save", key=key), error, key=key)
    return done(url_for("lists.show", key=key), "Renamed.")


@bp.post("/<string:key>/add")
@needs("leads.edit")
def add(key: str) -> ResponseReturnValue:
    """Put the lead with this address on the list."""
    back, typed = url_for("lists.show", key=key), request.form.get("email", "").strip()
    with writing_here() as session:
        vocabulary.get_list(session, key)
        lead = leads.find_lead(session, email_key=_key_of(typed), external_id=typed)
        if lead is None:
            return done(back, f"There is no lead {typed}.", tone="error")
        new = lists.add_member(session, key, lead.id)
    return done(back, f"{label(lead)} is on the list{'' if new else ' already'}.")


@bp.post("/<string:key>/remove")
@needs("leads.edit")
def remove(key: str) -> ResponseReturnValue:
    with writing_here() as session:
        vocabulary.get_list(session, key)
        lead = leads.get_lead(session, _lead_id())
        lists.remove_member(session, key, lead.id)
    return done(url_for("lists.show", key=key), f"{label(lead)} is off the list.")


@bp.get("/<string:key>/delete")
@needs("vocabulary.edit")
def ask_delete(key: str) -> ResponseReturnValue:
    with reading_here() as session:
        row, size = vocabulary.get_list(session, key), lists.list_size(session, key)
    title = f"Delete “{row.name}”?"
    return page_or_part("lists/delete.html", "lists/_delete.html", title=title, row=row, size=size)


@bp.post("/<string:key>/delete")
@needs("vocabulary.edit")
def delete(key: str) -> ResponseReturnValue:
    try:
        with writing_here() as session:
            vocabulary.delete_list(session, key)
    except InUse as error:
        return done(url_for("lists.show", key=key), error.message, tone="error")
    return done(url_for("lists.index"), "The list is deleted. Its leads are still there.")


def _form(title: str, action: str, *, status: int = 200, **context: Any) -> ResponseReturnValue:
    back = url_for("lists.show", key=context["key"]) if context.get("key") else url_for("lists.index")
    shown = {"name": "", "key": None, "errors": {}, "title": title, "action": action, "back": back, **context}
    response = make_response(page_or_part("lists/edit.html", "lists/_dialog.html", **shown))
    response.status_code = status
    return response


def _refused(title: str, action: str, error: CampaignsError, **context: Any) -> ResponseReturnValue:
    errors, name = errors_of(error), request.form.get("name", "")
    return _form(title, action, status=422, errors=errors, name=name, **context)


def _key_of(typed: str) -> str | None:
    try:
        return address_and_key(typed)[1]
    except ValueError:
        return None


def _lead_id() -> UUID:
    try:
        return UUID(request.form.get("lead", ""))
    except ValueError:
        raise Invalid("The lead is named by no id.") from None
