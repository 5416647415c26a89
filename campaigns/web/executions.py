"""Executions: a workflow's and all of them, who was refused, one with the path it took, cancelling and retrying."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from campaigns.errors import Conflict, LimitReached
from campaigns.services import drafts, execution_pages, execution_path, executions, relocating, waking, workflows
from campaigns.services.execution_pages import STATUSES, Cursor, Filters
from campaigns.storage.transaction import TenantSession
from campaigns.web.answers import done
from campaigns.web.htmx import page_or_part
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, writing_here

bp = Blueprint("executions", __name__)
SIZE = 50


@bp.get("/executions")
@needs("executions.view")
def index() -> ResponseReturnValue:
    with reading_here() as session:
        filters = read_filters(request.args, request.args.get("workflow") or None)
        context = listing(session, filters) | _names(session)
    return page_or_part("executions/index.html", "executions/_results.html", title="Executions", **context)


@bp.get("/executions/refusals")
@needs("executions.view")
def refusals() -> ResponseReturnValue:
    with reading_here() as session:
        filters = read_filters(request.args, request.args.get("workflow") or None)
        context = _refused(session, filters) | _names(session)
    return page_or_part("executions/refusals.html", "executions/_refusals.html", title="Refused starts", **context)


@bp.get("/workflows/<key>/executions")
@needs("executions.view")
def of_workflow(key: str) -> ResponseReturnValue:
    with reading_here() as session:
        context = _head(session, key) | listing(session, read_filters(request.args, key))
    return page_or_part("executions/of_workflow.html", "executions/_results.html", **context)


@bp.get("/workflows/<key>/executions/refusals")
@needs("executions.view")
def refusals_of_workflow(key: str) -> ResponseReturnValue:
    with reading_here() as session:
        context = _head(session, key) | _refused(session, read_filters(request.args, key))
    return page_or_part("executions/refusals_of_workflow.html", "executions/_refusals.html", **context)


@bp.get("/executions/<uuid:execution_id>")
@needs("executions.view")
def show(execution_id: UUID) -> ResponseReturnValue:
    """The whole page; for htmx its part, or nothing (204) while it still is what the page has `seen`."""
    before = request.args.get("before", None, type=int)
    with reading_here() as session:
        shown = execution_path.show_execution(session, execution_id, current.runtime.kinds, before=before)
    if request.args.get("seen") == shown.seen:
        return "", 204
    context = {"title": shown.row.lead_label or "Erased lead", "shown": shown, "pretty": pretty}
    return page_or_part("executions/show.html", "executions/_execution.html", before=before, **context)


@bp.get("/executions/<uuid:execution_id>/cancel")
@needs("executions.edit")
def ask_cancel(execution_id: UUID) -> ResponseReturnValue:
    with reading_here() as session:
        shown = execution_path.show_execution(session, execution_id, current.runtime.kinds)
        mails = execution_path.planned_mails(session, execution_id)
    if shown.is_final:
        raise Conflict(f"The execution has ended already: {shown.row.status}.")
    context = {"shown": shown, "mails": mails, "title": f"Cancel for {shown.row.lead_label or 'an erased lead'}?"}
    return page_or_part("executions/cancel.html", "executions/_cancel.html", **context)


@bp.post("/executions/<uuid:execution_id>/cancel")
@needs("executions.edit")
def cancel(execution_id: UUID) -> ResponseReturnValue:
    back = back_to(execution_id)
    try:
        with writing_here() as session:
            executions.cancel_execution(session, execution_id)
    except Conflict as error:
        return done(back, error.message, tone="error")
    return done(back, "Cancelled.")


@bp.post("/executions/<uuid:execution_id>/retry")
@needs("executions.edit")
def retry(execution_id: UUID) -> ResponseReturnValue:
    back = back_to(execution_id)
    try:
        with writing_here() as session:
            executions.retry_execution(session, execution_id)
    except (Conflict, LimitReached) as error:
        return done(back, f"Not retried. {error.message}", tone="error")
    return done(back, "It goes on at the section that failed.")


def back_to(execution_id: UUID) -> str:
    """Return the page of an execution from which a form was sent: its path, or its canvas."""
    view = "execution_canvas.show" if request.form.get("on") == "canvas" else "executions.show"
    return url_for(view, execution_id=execution_id)


def pretty(value: Any) -> str:
    """Return JSON as people read it."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def read_filters(given: MultiDict[str, str], workflow: str | None) -> Filters:
    """Return what an address asks for; a status that there is not asks for nothing."""
    status = given.get("status", "")
    return Filters(
        workflow=workflow,
        version=given.get("version", None, type=int),
        status=status if status in STATUSES else None,
        section=given.get("section") or None,
        text=given.get("q", "").strip()[:200],
        reason=given.get("reason", "").strip()[:200],
        passed=given.get("passed") or None,
        trigger=given.get("trigger") or None,
        oldest=given.get("sort") == "oldest",
    )


def listing(session: TenantSession, filters: Filters) -> dict[str, Any]:
    """Return a page of executions with what its list shows of them."""
    kinds = current.runtime.kinds
    page = execution_pages.list_executions(session, filters, _cursor(), limit=SIZE)
    places = execution_pages.places_of(session, page.rows, kinds)
    at = filters.section if filters.workflow else None
    timed = waking.find_timed(session, [row.id for row in page.rows], section=at) if at else []
    return {
        "filters": filters, "statuses": STATUSES, "found": page, "places": places,
        "timed": {one.execution_id for one in timed}, "reasons": execution_pages.list_reasons(session, filters),
        "offers": _offers([row.status for row in page.rows], timed=bool(timed)) if filters.workflow else set(),
    }  # fmt: skip


def _offers(statuses: list[str], *, timed: bool) -> set[str]:
    """Return which actions on many fit any of these executions."""
    found = {"wake"} if timed else set()
    found |= {"retry"} if "failed" in statuses else set()
    found |= {"move"} if not relocating.MOVED_FROM.isdisjoint(statuses) else set()
    return found | ({"cancel"} if any(one not in execution_pages.FINAL for one in statuses) else set())


def _refused(session: TenantSession, filters: Filters) -> dict[str, Any]:
    page = execution_pages.list_refusals(session, filters, _cursor(), limit=SIZE)
    return {"filters": filters, "found": page}


def _names(session: TenantSession) -> dict[str, Any]:
    """What the lists over all workflows need besides."""
    names = [(row.key, row.name) for row in workflows.list_workflows(session)]
    return {"workflow": None, "workflows": names, "totals": execution_pages.totals(session)}


def _head(session: TenantSession, key: str) -> dict[str, Any]:
    """What the lists of one workflow need besides; raise NotFound."""
    row = workflows.get_workflow(session, key)
    version = request.args.get("version", None, type=int)
    return {
        "title": row.name, "tab": "executions", "workflow": workflows.describe(session, row),
        "draft": drafts.get_draft(session, key), "totals": execution_pages.totals(session, key),
        "numbers": execution_pages.list_numbers(session, row),
        "sections": execution_pages.list_places(session, row, version, current.runtime.kinds),
        "named": execution_pages.list_names(session, row, version, current.runtime.kinds),
    }  # fmt: skip


def _cursor() -> Cursor:
    return Cursor(before=_id("before"), after=_id("after"))


def _id(name: str) -> UUID | None:
    try:
        return UUID(request.args[name]) if name in request.args else None
    except ValueError:
        return None
