"""Leads: find, create or update, change, erase; their timeline."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response, request
from pydantic import Field

from campaigns.api.bodies import Body, body_of, object_body
from campaigns.api.events import LeadName
from campaigns.api.lead_names import lead_of
from campaigns.api.queries import LEAD_FILTERS
from campaigns.api.requests import (
    answer,
    cursor,
    cursor_for,
    cursor_id,
    keyed,
    limit,
    page,
    read,
    scope,
    uuid_of,
    write,
)
from campaigns.errors import Invalid, Problem
from campaigns.services import lead_erasure, lead_merges, lead_search, leads, timeline, vocabulary
from campaigns.storage.transaction import TenantSession

bp = keyed("api_leads")


@bp.get("/leads")
@scope("leads.view")
def index() -> Response:
    size = limit()
    with read() as session:
        _check_named(session)
        wanted = lead_search.read_wanted(session, {name: request.args.get(name, "") for name in LEAD_FILTERS})
        found = lead_search.list_leads(session, wanted, after=cursor_id(), limit=size + 1)
        items = leads.lead_json(session, found)
    return page(items, size, lambda item: item["id"])


def _values() -> dict[str, Any]:
    """Return a lead's values; tags are a list here, though files and forms may write them in one text."""
    values = object_body()
    if isinstance(values.get("tags"), str):
        raise Invalid(problems=[Problem("/tags", "must be a list of words")])
    return values


def _check_named(session: TenantSession) -> None:
    """A filter that names a list or a status names one that there is; raise NotFound."""
    for name, get in (("list", vocabulary.get_list), ("status", vocabulary.get_status)):
        if key := request.args.get(name):
            get(session, key)


@bp.post("/leads")
@scope("leads.edit")
def save() -> Response:
    values = _values()
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
    values = _values()
    with write() as session:
        lead = leads.update_lead(session, uuid_of(lead_id), values)
        return answer(leads.lead_json(session, [lead])[0])


@bp.delete("/leads/<lead_id>")
@scope("leads.erase")
def erase(lead_id: str) -> Response:
    with write() as session:
        lead_erasure.erase_lead(session, uuid_of(lead_id))
    return Response(status=204)


class MergeBody(Body):
    """The lead that is merged into this one, and whose value each field takes: this one's (`keep`) or the `other`'s."""

    lead: LeadName
    fields: dict[str, Literal["keep", "other"]] = Field(default_factory=dict)


@bp.post("/leads/<lead_id>/merge")
@scope("leads.erase")
def merge(lead_id: str) -> Response:
    """Merge another lead into this one. It can't be undone."""
    body = body_of(MergeBody)
    with write() as session:
        keep = leads.get_lead(session, uuid_of(lead_id))
        other = lead_of(session, body.lead.model_dump(exclude_none=True))
        kept = lead_merges.merge(session, keep.id, other, body.fields)
        return answer(leads.lead_json(session, [kept])[0])


@bp.get("/leads/<lead_id>/timeline")
@scope("leads.view")
def show_timeline(lead_id: str) -> Response:
    with read() as session:
        found = timeline.timeline(session, uuid_of(lead_id), before=cursor(), limit=limit())
    return answer({"items": found.items, "next": cursor_for(found.next)})
