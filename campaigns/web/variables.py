"""Liquid in a section's dialog: variables to pick from, a preview of what a text gives, and the lead it is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from campaigns.engine.fields import BUILT_IN_FIELDS
from campaigns.engine.kinds import Vocabulary
from campaigns.engine.used_fields import find_used
from campaigns.errors import NotFound
from campaigns.services import drafts, workflows
from campaigns.services.lead_page import label
from campaigns.services.lead_search import Wanted, search_leads
from campaigns.services.value_previews import preview_value
from campaigns.services.vocabulary import load_vocabulary
from campaigns.web.permissions import needs
from campaigns.web.requests import reading_here

bp = Blueprint("variables", __name__, url_prefix="/workflows/<key>/sections/-")  # no section's id is "-"
SHOWN = 8  # leads to choose from
Entry = tuple[str, str, str]  # a name in words, what is put into a text, what is put inside of {{ }}
FILTERS = (
    ("A word where there is no value", "lead.first_name", "default: 'there'"),
    ("A date in another form", "now", "date: '%d.%m.%Y'"),
    ("In capitals", "lead.last_name", "upcase"),
    ("First letter large", "lead.first_name", "capitalize"),
    ("Rounded", "lead.score", "round: 2"),
    ("Times a number", "lead.score", "times: 2"),
    ("Cut to a length", "lead.first_name", "truncate: 20"),
    ("Only its ends", "lead.phone", "mask: 3"),
)


@bp.get("/variables")
@needs("workflows.edit")
def index(key: str) -> ResponseReturnValue:
    """List what a text may name: of the lead, of what this workflow uses, and filters with an example each."""
    with reading_here() as session:
        workflows.get_workflow(session, key)
        document, vocabulary = drafts.get_draft(session, key).document, load_vocabulary(session)
    return render_template("builder/_variables.html", groups=groups(document, vocabulary))


@bp.post("/preview")
@needs("workflows.edit")
def preview(key: str) -> ResponseReturnValue:
    """Show what a text gives for a lead. It only asks: nothing is stored."""
    with reading_here() as session:
        workflows.get_workflow(session, key)
        found = preview_value(session, request.form.get("text", ""), _lead_id(request.form.get("lead", "")))
    return render_template("builder/_preview.html", found=found, who=label(found.lead) if found.lead else "")


@bp.get("/leads")
@needs("workflows.edit")
def find_leads(key: str) -> ResponseReturnValue:
    """List leads that a text is found in, else those changed last, to show previews for."""
    text = request.args.get("q", "").strip()
    with reading_here() as session:
        workflows.get_workflow(session, key)
        found = search_leads(session, Wanted(text=text[:200]), sort="-updated_at", limit=SHOWN).leads
    leads = [(lead.id, label(lead), lead.email) for lead in found]
    return render_template("builder/_preview_leads.html", leads=leads, searched=text)


def groups(document: Mapping[str, Any], vocabulary: Vocabulary) -> list[tuple[str, list[Entry]]]:
    """Return what may be picked, by title; groups that would be empty are left out."""
    fields = {**BUILT_IN_FIELDS, **vocabulary.fields}
    lead = [_entry(kind.name or name, f"lead.{name}") for name, kind in fields.items()]
    used = find_used(document, vocabulary)
    event = [_entry(name, f"event.{name}") for name in used.properties]
    state = [_entry(name, f"state.{name}") for name in _kept(document)]
    now = [_entry("Date and time of the step", "now"), ("Date of the step", "{{ now | date: '%Y-%m-%d' }}", "now")]
    filters = [(words, f"{{{{ {name} | {word} }}}}", f" | {word}") for words, name, word in FILTERS]
    found = [("Lead", lead), ("Event that started it", event), ("State", state), ("Now", now), ("Filters", filters)]
    return [(title, entries) for title, entries in found if entries]


def _entry(words: str, path: str) -> Entry:
    return words, f"{{{{ {path} }}}}", path


def _kept(part: Any) -> list[str]:
    """Return the names that sections put into the state, however deep they stand."""
    if isinstance(part, list):
        return sorted({name for one in part for name in _kept(one)})
    if not isinstance(part, Mapping):
        return []
    config = part.get("config")
    own = config if isinstance(config, Mapping) else {}
    values = own.get("values") if str(part.get("type", "")).startswith("state.") else None
    names = {*(values if isinstance(values, Mapping) else ()), *([own["save_as"]] if own.get("save_as") else ())}
    return sorted({*names, *(name for one in part.values() for name in _kept(one))})


def _lead_id(given: str) -> UUID | None:
    try:
        return UUID(given) if given else None
    except ValueError:
        raise NotFound("There is no such lead.") from None
