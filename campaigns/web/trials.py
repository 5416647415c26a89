"""Try it: a panel beside the canvas that walks one lead, or many, through the draft in virtual time."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from campaigns.errors import CampaignsError, Invalid, NotFound
from campaigns.services import drafts, simulations, trial_pages, trials, workflows
from campaigns.services.fields import list_fields
from campaigns.services.lead_page import label
from campaigns.services.lead_search import Wanted, search_leads
from campaigns.services.simulations import Asked
from campaigns.services.trial_benches import Bench, load_bench
from campaigns.services.trial_specs import Trial, read_trial, written
from campaigns.storage.transaction import TenantSession
from campaigns.web.htmx import page_or_part
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here
from campaigns.web.trial_forms import ROWS, UNITS, first_values, offer, read_trial_form

bp = Blueprint("trials", __name__, url_prefix="/workflows/<key>/trial")
SHOWN = 8  # leads that are offered at a time
_SAMPLE, _DAYS = 100, 30


@bp.get("")
@needs("workflows.view")
def show(key: str) -> ResponseReturnValue:
    with reading_here() as session:
        context = panel(session, key)
    return page_or_part("trials/show.html", "trials/_panel.html", **context)


@bp.post("")
@needs("workflows.view")
def run(key: str) -> ResponseReturnValue:
    """Walk the draft as it is now with what the form says; nothing is written."""
    with reading_here() as session:
        try:
            found = tried(session, key, read(session, key))
        except (Invalid, NotFound) as error:
            return refused(session, key, error)
        context = panel(session, key, shown=request.form, **found)
    return page_or_part("trials/show.html", "trials/_result.html", **context)


@bp.get("/leads")
@needs("leads.view")
def find_leads(key: str) -> ResponseReturnValue:
    """Return the leads that a text is found in, the newest first; without one, those changed last."""
    with reading_here() as session:
        workflows.get_workflow(session, key)
        context = _leads(session, request.args.get("q", ""))
    return render_template("trials/_leads.html", **context)


@bp.get("/sample")
@needs("workflows.view")
def ask_sample(key: str) -> ResponseReturnValue:
    with reading_here() as session:
        context = _sample(session, key)
    return page_or_part("trials/sample.html", "trials/_sample_panel.html", **context)


@bp.post("/sample")
@needs("workflows.view")
def sample(key: str) -> ResponseReturnValue:
    """Walk many leads, or what has happened of late, and count who comes where."""
    with reading_here() as session:
        try:
            asked = simulations.check(_asked(request.form))
            found = simulations.run_simulation(session, key, asked, kinds=current.runtime.kinds)
            context = _sample(session, key, found=found)
        except Invalid as error:
            context = _sample(session, key, error=error)
    response = page_or_part("trials/sample.html", "trials/_sample.html", **context)
    response.status_code = 422 if context["error"] else 200
    return response


def read(session: TenantSession, key: str) -> Trial:
    """Return the trial that the request's form describes; raise Invalid."""
    workflows.get_workflow(session, key)
    fields, zone = list_fields(session), simulations.tenant_zone(session)
    return read_trial(read_trial_form(request.form, fields, zone))


def tried(session: TenantSession, key: str, trial: Trial) -> dict[str, Any]:
    """Return what the result of a trial shows."""
    bench, found = trials.run_trial(session, key, trial, current.runtime.kinds)
    told = written(trial.model_copy(update={"starts_at": trial.at(bench.now)}))
    return {
        "bench": bench,
        "tried": found,
        "lines": trial_pages.lines(bench, found),
        "trial": told,
        "zone": str(found.zone),
    }


def refused(session: TenantSession, key: str, error: CampaignsError) -> Response:
    """Answer a trial that can't be run: what is wrong, beside the form as it was sent."""
    context = panel(session, key, shown=request.form, error=error)
    response = page_or_part("trials/show.html", "trials/_refused.html", **context)
    response.status_code = error.status if error.status == 404 else 422
    return response


def panel(session: TenantSession, key: str, *, shown: MultiDict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """Return what the panel shows: the form with what it was sent, and the result where there is one."""
    row = workflows.get_workflow(session, key)
    bench: Bench = more.get("bench") or load_bench(
        session, drafts.get_draft(session, key).document, current.runtime.kinds
    )
    fields = list_fields(session)
    values = shown if shown is not None else MultiDict(first_values(offer(bench, fields, {}).used))
    return {
        "title": f"Try “{row.name}”",
        "workflow": workflows.describe(session, row),
        "offer": offer(bench, fields, values),
        "vocabulary": bench.vocabulary,
        "shown": values,
        "units": UNITS,
        "rows": max(ROWS, 1 + max((_row(name) for name in values), default=0)),
        "error": None,
        **_leads(session, ""),
        **more,
    }


def _row(name: str) -> int:
    """Return the number of the row that a field of `later` belongs to."""
    parts = name.split(".")
    return int(parts[1]) if len(parts) == 3 and parts[0] == "later" and parts[1].isdigit() and len(parts[1]) < 3 else 0


def _leads(session: TenantSession, text: str) -> dict[str, Any]:
    found = search_leads(session, Wanted(text=text.strip()[:200]), sort="-updated_at", limit=SHOWN)
    return {"leads": [(lead.id, label(lead), lead.email) for lead in found.leads], "searched": text.strip()}


def _asked(form: MultiDict[str, str]) -> Asked:
    count = form.get("count", "")
    number = int(count) if count.isascii() and count.isdigit() and len(count) < 9 else 0
    return Asked(days=number) if form.get("of") == "days" else Asked(sample=number)


def _sample(session: TenantSession, key: str, **more: Any) -> dict[str, Any]:
    row = workflows.get_workflow(session, key)
    places = load_bench(session, drafts.get_draft(session, key).document, current.runtime.kinds).places
    usual = _DAYS if request.form.get("of") == "days" else _SAMPLE
    return {
        "title": f"Try “{row.name}” on many", "workflow": workflows.describe(session, row), "places": places,
        "of": request.form.get("of", "sample"), "count": request.form.get("count", usual), "found": None, "error": None,
    } | more  # fmt: skip
