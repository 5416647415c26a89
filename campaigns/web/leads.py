"""Leads: the list, one lead, changing it, erasing it. Acting on many at once stands in `lead_bulk`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import CampaignsError, Conflict, Invalid, LimitReached
from campaigns.services import fields, leads
from campaigns.services.duplicates import find_duplicates
from campaigns.services.executions import start_by_hand
from campaigns.services.lead_erasure import erase_lead, erasure_consequences
from campaigns.services.lead_page import default_status, label, list_entries, list_tags, load_words
from campaigns.services.lead_search import DEFAULT_SORT, read_wanted, search_leads
from campaigns.services.tasks import rows_of_lead
from campaigns.services.timeline import timeline
from campaigns.storage.transaction import TenantSession
from campaigns.web.answers import done
from campaigns.web.htmx import page_or_part
from campaigns.web.lead_bulk import bulk
from campaigns.web.lead_columns import DEFAULT, SIZE, all_columns, chosen_columns, header_cells
from campaigns.web.lead_editing import digests, read_edit, save_edit, texts_of
from campaigns.web.lead_forms import control_of, errors_by_name, errors_of, inputs, read_fields, read_lead
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, writing_here

bp = Blueprint("leads", __name__, url_prefix="/leads")
_FILTERS = (
    "q", "status", "list", "tag", "owner", "score_min", "score_max", "created_from", "created_to", "field", "op",
    "value",
)  # fmt: skip


@bp.get("")
@needs("leads.view")
def index() -> ResponseReturnValue:
    with reading_here() as session:
        context = listing(session)
    return page_or_part("leads/index.html", "leads/_results.html", title="Leads", **context)


@bp.get("/new")
@needs("leads.edit")
def new() -> ResponseReturnValue:
    with reading_here() as session:
        return _form(session, None, {}, {})


@bp.post("")
@needs("leads.edit")
def create() -> ResponseReturnValue:
    try:
        with writing_here() as session:
            custom = read_fields(request.form, fields.list_fields(session))
            lead = leads.create_lead(session, {**read_lead(request.form), "fields": custom})
    except (Invalid, Conflict) as error:
        return _refused(None, error)
    return done(url_for("leads.show", lead_id=lead.id), f"{label(lead)} is a lead now.")


@bp.get("/<uuid:lead_id>")
@needs("leads.view")
def show(lead_id: UUID) -> ResponseReturnValue:
    with reading_here() as session:
        context = _shown(session, lead_id)
    return page_or_part("leads/show.html", "leads/_lead.html", **context)


@bp.get("/<uuid:lead_id>/timeline")
@needs("leads.view")
def show_timeline(lead_id: UUID) -> ResponseReturnValue:
    with reading_here() as session:
        lead = leads.get_lead(session, lead_id)
        history = timeline(session, lead_id, before=request.args.get("before") or None)
    shown = {"lead": lead, "history": history, "roles": roles(), "title": f"Timeline of {label(lead)}"}
    return page_or_part("leads/timeline.html", "leads/_timeline.html", **shown)


@bp.get("/<uuid:lead_id>/edit")
@needs("leads.edit")
def edit(lead_id: UUID) -> ResponseReturnValue:
    with reading_here() as session:
        return _form(session, lead_id, {}, {})


@bp.post("/<uuid:lead_id>")
@needs("leads.edit")
def save(lead_id: UUID) -> ResponseReturnValue:
    try:
        with writing_here() as session:
            save_edit(session, lead_id, request.form)
    except (Invalid, Conflict) as error:
        return _refused(lead_id, error)
    return done(url_for("leads.show", lead_id=lead_id), "Saved.")


@bp.post("/<uuid:lead_id>/change")
@needs("leads.edit")
def change(lead_id: UUID) -> ResponseReturnValue:
    """Change one thing: status, owner, a tag or a list."""
    with writing_here() as session:
        _change_one(session, lead_id)
    return done(url_for("leads.show", lead_id=lead_id), "Saved.")


@bp.post("/<uuid:lead_id>/start")
@needs("executions.edit")
def start(lead_id: UUID) -> ResponseReturnValue:
    key = request.form.get("workflow", "")
    back = url_for("leads.show", lead_id=lead_id)
    try:
        with writing_here() as session:
            start_by_hand(session, key, lead_id)
    except LimitReached as error:
        return done(back, f"Not started. {error.message[:1].upper()}{error.message[1:]}", tone="warning")
    return done(back, "Started.")


@bp.get("/<uuid:lead_id>/erase")
@needs("leads.erase")
def ask_erase(lead_id: UUID) -> ResponseReturnValue:
    with reading_here() as session:
        lead = leads.get_lead(session, lead_id)
        found = erasure_consequences(session, lead_id)
    context = {"lead": lead, "name": label(lead), "consequences": found, "title": f"Erase {label(lead)}?"}
    return page_or_part("leads/erase.html", "leads/_erase.html", **context)


@bp.post("/<uuid:lead_id>/erase")
@needs("leads.erase")
def erase(lead_id: UUID) -> ResponseReturnValue:
    with writing_here() as session:
        erase_lead(session, lead_id)
    return done(url_for("leads.index"), "The lead and everything that named it is erased.")


def listing(session: TenantSession) -> dict[str, Any]:
    """Return what the list shows for the address of this request."""
    page = max(1, request.args.get("page", 1, type=int))
    sort = request.args.get("sort") or DEFAULT_SORT
    given = {name: request.args[name] for name in _FILTERS if request.args.get(name, "").strip()}
    errors: dict[str, str] = {}
    try:
        wanted = read_wanted(session, given)
    except Invalid as error:
        errors = errors_by_name(error.problems)
        wanted = read_wanted(session, {name: value for name, value in given.items() if name not in errors})
    found = search_leads(session, wanted, sort=sort, limit=SIZE, offset=min(page - 1, 10**6) * SIZE)
    own = fields.list_fields(session)
    known = all_columns(own)
    return {
        "found": found, "described": leads.lead_json(session, found.leads), "label": label,
        "page_number": page, "sort": sort,
        "size": SIZE, "pages_count": -(-found.total // SIZE), "filters": given, "errors": errors, "own_fields": own,
        "known_columns": known, "columns": chosen_columns(known, request.args.getlist("col")),
        "vocabulary": load_words(session), "tags": list_tags(session),
        "header_cells": header_cells, "default_columns": DEFAULT,
    }  # fmt: skip


def roles() -> dict[str, str]:
    """Return the role of every section type: it gives a step its colour and icon."""
    return {name: kind.role for name, kind in current.runtime.kinds.items()}


def _shown(session: TenantSession, lead_id: UUID) -> dict[str, Any]:
    lead = leads.get_lead(session, lead_id)
    return {
        "title": label(lead), "lead": lead, "described": leads.lead_json(session, [lead])[0],
        "own_fields": fields.list_fields(session), "vocabulary": load_words(session),
        "entries": list_entries(session, lead_id, programs=current.runtime.programs, kinds=current.runtime.kinds),
        "history": timeline(session, lead_id), "roles": roles(),
        "to_do": rows_of_lead(session, lead_id), "duplicates": find_duplicates(session, lead), "label": label,
    }  # fmt: skip


def _change_one(session: TenantSession, lead_id: UUID) -> None:
    form = request.form
    described = leads.lead_json(session, [leads.get_lead(session, lead_id)])[0]
    if "add_tag" in form:
        leads.add_tag(session, lead_id, form["add_tag"])
    elif "remove_tag" in form:
        leads.remove_tag(session, lead_id, form["remove_tag"])
    elif "add_list" in form:
        leads.set_lists(session, lead_id, [*described["lists"], form["add_list"]])
    elif "remove_list" in form:
        leads.set_lists(session, lead_id, [key for key in described["lists"] if key != form["remove_list"]])
    else:
        leads.update_lead(session, lead_id, read_lead(form))


def _form(session: TenantSession, lead_id: UUID | None, form: Any, errors: dict[str, str]) -> ResponseReturnValue:
    lead = leads.get_lead(session, lead_id) if lead_id else None
    own = fields.list_fields(session)
    edit = read_edit(form, texts_of(lead, own)) if lead else None
    shown = edit.shown if edit else form
    return page_or_part(
        "leads/edit.html",
        "leads/_dialog.html",
        title=f"Edit {label(lead)}" if lead else "New lead",
        lead=lead,
        shown=shown,
        was=digests(edit.held) if edit else None,
        errors={**edit.told, **errors} if edit else errors,
        default_status=default_status(session),
        inputs=inputs(own, shown),
        control_of=control_of,
        vocabulary=load_words(session),
        action=url_for("leads.save", lead_id=lead.id) if lead else url_for("leads.create"),
        back=url_for("leads.show", lead_id=lead.id) if lead else url_for("leads.index"),
    )


def _refused(lead_id: UUID | None, error: CampaignsError) -> ResponseReturnValue:
    with reading_here() as session:
        response = make_response(_form(session, lead_id, request.form, errors_of(error)))
    response.status_code = 422
    return response


bp.post("/bulk")(bulk)
