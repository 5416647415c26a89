"""Merging two leads: finding the other one, both side by side with what becomes of them, and doing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.engine.kinds import Vocabulary
from campaigns.errors import Invalid, NotFound
from campaigns.services import fields, lead_merges, leads
from campaigns.services.duplicates import find_duplicates
from campaigns.services.lead_page import label, load_words
from campaigns.services.lead_search import Wanted, search_leads
from campaigns.services.merge_choices import BUILT_IN, Difference
from campaigns.storage.transaction import TenantSession
from campaigns.web.answers import done
from campaigns.web.htmx import page_or_part
from campaigns.web.lead_forms import errors_of
from campaigns.web.permissions import needs
from campaigns.web.requests import reading_here, writing_here

bp = Blueprint("lead_merges", __name__, url_prefix="/leads")
CHOICE = "choice."
_FOUND = 20  # leads that a search shows: more words find fewer


@dataclass(frozen=True, slots=True)
class Row:
    """A field in which the two differ, with both values in words; `choice` is whose is taken."""

    key: str
    label: str
    keep: Any
    other: Any
    choice: str


@bp.get("/<uuid:lead_id>/merge")
@needs("leads.erase")
def compare(lead_id: UUID) -> ResponseReturnValue:
    """Show both leads side by side; without another one, a search for it."""
    with reading_here() as session:
        if "lead" in request.args:
            return _both(session, lead_id, _id_of(request.args["lead"]), {}, {})
        return _choose(session, lead_id, request.args.get("q", "").strip())


@bp.post("/<uuid:lead_id>/merge")
@needs("leads.erase")
def merge(lead_id: UUID) -> ResponseReturnValue:
    other, chosen = _id_of(request.form.get("lead", "")), _choices(request.form)
    try:
        with writing_here() as session:
            kept = lead_merges.merge(session, lead_id, other, chosen)
    except Invalid as error:
        with reading_here() as session:
            response = make_response(_both(session, lead_id, other, chosen, errors_of(error)))
        response.status_code = 422
        return response
    return done(url_for("leads.show", lead_id=lead_id), f"Merged. {label(kept)} is one lead now.")


def _choose(session: TenantSession, lead_id: UUID, text: str) -> ResponseReturnValue:
    lead = leads.get_lead(session, lead_id)
    found = search_leads(session, Wanted(text=text[:200]), limit=_FOUND + 1).leads if text else []
    shown = [one for one in found if one.id != lead_id]
    return page_or_part(
        "leads/merge_choose.html",
        "leads/_merge_found.html",
        title=f"Merge {label(lead)} with another lead",
        lead=lead,
        text=text,
        found=shown[:_FOUND],
        more=len(shown) > _FOUND,
        duplicates=find_duplicates(session, lead),
        label=label,
    )


def _both(
    session: TenantSession, lead_id: UUID, other_id: UUID, chosen: Mapping[str, str], errors: Mapping[str, str]
) -> ResponseReturnValue:
    outlook = lead_merges.outlook(session, lead_id, other_id)
    keep, other = leads.get_lead(session, lead_id), leads.get_lead(session, other_id)
    words = load_words(session)
    names = BUILT_IN | {field.key: field.name for field in fields.list_fields(session)}
    return page_or_part(
        "leads/merge.html",
        "leads/merge.html",
        title="Merge two leads",
        keep=keep,
        other=other,
        keep_name=label(keep),
        other_name=label(other),
        rows=[_row(one, names, words, chosen) for one in outlook.differences],
        outlook=outlook,
        lists=[words.lists.get(key, key) for key in outlook.lists],
        errors=errors,
    )


def _row(one: Difference, names: Mapping[str, str], words: Vocabulary, chosen: Mapping[str, str]) -> Row:
    shown = {"status": words.statuses, "owner": words.users}.get(one.key, {})
    keep, other = (shown.get(value, value) for value in (one.keep, one.other))
    return Row(one.key, names[one.key], keep, other, chosen.get(one.key, one.choice))


def _choices(form: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(CHOICE): choice for name, choice in form.items() if name.startswith(CHOICE)}


def _id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such lead.") from None
