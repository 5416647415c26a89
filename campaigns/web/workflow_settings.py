"""A workflow's name and rules: limits, when a lead may enter again, and what must hold for the whole run."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from campaigns.engine.conditions import Condition
from campaigns.engine.duration import Duration
from campaigns.engine.kinds import Kind, Section, Vocabulary
from campaigns.errors import CampaignsError, Conflict, Invalid, Problem
from campaigns.services import drafts, workflows
from campaigns.services.vocabulary import load_vocabulary
from campaigns.web.answers import done
from campaigns.web.config_forms import Sent, config_in, form_of_config, unplaced, wants_rows, widgets, with_rows
from campaigns.web.config_forms.plain import number
from campaigns.web.htmx import page_or_part
from campaigns.web.permissions import needs
from campaigns.web.requests import reading_here, writing_here

bp = Blueprint("workflow_settings", __name__, url_prefix="/workflows/<key>/settings")
LIMITS = ("per_lead_active", "per_lead_ever", "active_total")
_SHOWN = {*LIMITS, "name", "time_zone"}  # fields with a place of their own for what is wrong


class _Rules(Section):
    """The settings that have a form of their own kind."""

    reenter_after: Duration | None = Field(None, title="Enter again after", description="Counted from the last start")
    keep_while: Condition | None = Field(
        None, title="Keep while", description="Must hold at the start and for the whole run; else the lead leaves"
    )


RULES = Kind("settings", "action", "Settings", _Rules)


@bp.get("")
@needs("workflows.edit")
def edit(key: str) -> ResponseReturnValue:
    with reading_here() as session:
        row, settings = workflows.get_workflow(session, key), drafts.get_draft(session, key).document.get("settings")
        vocabulary = load_vocabulary(session)
    return _show(key, _form_of(row.name, settings or {}, vocabulary), vocabulary)


@bp.post("")
@needs("workflows.edit")
def save(key: str) -> ResponseReturnValue:
    sent = Sent(request.form)
    with reading_here() as session:
        workflows.get_workflow(session, key)
        vocabulary = load_vocabulary(session)
    if wants_rows(sent) or "refresh" in sent:
        return _show(key, with_rows(sent), vocabulary)
    try:
        with writing_here() as session:
            workflows.rename_workflow(session, key, name=sent.get("name", ""))
            drafts.edit_draft(session, key, lambda document: _put(document, sent, vocabulary))
    except (Conflict, Invalid) as error:
        return _show(key, sent, vocabulary, error)
    return done(url_for("builder.show", key=key), "Saved.")


def _form_of(name: str, settings: dict[str, Any], vocabulary: Vocabulary) -> Sent:
    form = form_of_config(RULES, settings, vocabulary)
    limits = {"per_lead_active": 1, **(settings.get("limits") or {})}
    form["name"], form["time_zone"] = name, settings.get("time_zone") or "lead"
    for limit in LIMITS:
        form[limit] = str(limits.get(limit, 0))
    return form


def _put(document: dict[str, Any], sent: Sent, vocabulary: Vocabulary) -> str:
    """Change the settings that the form shows; others stay."""
    settings = {name: value for name, value in (document.get("settings") or {}).items() if name == "sending_hours"}
    limits = {limit: number(sent.get(limit, "").strip() or "0") for limit in LIMITS}
    zone = sent.get("time_zone", "").strip() or "lead"
    document["settings"] = {**settings, "limits": limits, "time_zone": zone, **config_in(sent, RULES, vocabulary)}
    return "Changed the settings"


def _show(key: str, form: Sent, vocabulary: Vocabulary, error: CampaignsError | None = None) -> Response:
    found = error.problems or [Problem("", error.message)] if error else []
    problems = [Problem(p.path.removeprefix("/settings").removeprefix("/limits"), p.message) for p in found]
    errors = {p.path.strip("/"): p.message for p in problems}
    context = {
        "title": "Name and settings", "key": key, "form": form, "errors": errors,
        "fields": widgets(RULES, form, vocabulary, problems=problems),
        "loose": [p for p in unplaced(RULES, problems) if p.path.strip("/") not in _SHOWN],
    }  # fmt: skip
    response = page_or_part("workflow_settings/edit.html", "workflow_settings/_edit.html", **context)
    response.status_code = 422 if error else 200
    return response
