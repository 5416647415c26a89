"""Leads: find, create or update, change, erase; their timeline."""

from __future__ import annotations

from flask import Response, request

from campaigns.api.requests import (
    answer,
    cursor,
    cursor_for,
    cursor_id,
    keyed,
    limit,
    object_body,
    page,
    read,
    scope,
    uuid_of,
    write,
)
from campaigns.errors import Invalid, Problem
from campaigns.services import lead_erasure, lead_search, leads, timeline

bp = keyed("api_leads")
FILTERS = ("email", "external_id", "list", "status", "tag", "owner", "q")


@bp.get("/leads")
@scope("leads.view")
def index() -> Response:
    strangers = [name for name in request.args if name not in {*FILTERS, "cursor", "limit"}]
    if strangers:
        raise Invalid(problems=[Problem(f"/{name}", "is no filter of leads") for name in strangers])
    size = limit()
    with read() as session:
        wanted = lead_search.read_wanted(session, {name: request.args.get(name, "") for name in FILTERS})
        found = lead_search.list_leads(session, wanted, after=cursor_id(), limit=size + 1)
        items = leads.lead_json(session, found)
    return page(items, size, lambda item: item["id"])


@bp.post("/leads")
@scope("leads.edit")
def save() -> Response:
    values = object_body()
    with write() as session:
        lead, created = leads.upsert_lead(session, values)
        body = leads.lead_json(session, [lead])[0]
    return answer(body, 201 if created else 200)


@bp.get("/leads/<lead_id>")
@scope("leads.view")
def show(lead_id: str) -> Response:
    with read() as session:
        return answer(leads.lead_json(session, [leads.get_lead(session, uuid_of(lead_id))])[0])


@bp.patch("/leads/<lead_id>")
@scope("leads.edit")
def change(lead_id: str) -> Response:
    values = object_body()
    with write() as session:
        lead = leads.update_lead(session, uuid_of(lead_id), values)
        return answer(leads.lead_json(session, [lead])[0])


@bp.delete("/leads/<lead_id>")
@scope("leads.erase")
def erase(lead_id: str) -> Response:
    with write() as session:
        lead_erasure.erase_lead(session, uuid_of(lead_id))
    return Response(status=204)


@bp.get("/leads/<lead_id>/timeline")
@scope("leads.view")
def show_timeline(lead_id: str) -> Response:
    with read() as session:
        found = timeline.timeline(session, uuid_of(lead_id), before=cursor(), limit=limit())
    return answer({"items": found.items, "next": cursor_for(found.next)})
