"""Tasks: one's own and all, done and opened again; made for a lead and changed by hand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import Invalid
from campaigns.services import leads, tasks
from campaigns.services.lead_page import label, load_words
from campaigns.services.tasks import Row
from campaigns.storage.transaction import TenantSession
from campaigns.web.answers import done
from campaigns.web.htmx import VARY_ON, page_or_part, trigger, wants_part
from campaigns.web.lead_forms import errors_of
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, writing_here
from campaigns.web.task_forms import STATUSES, read_filters, read_task, written

bp = Blueprint("tasks", __name__, url_prefix="/tasks")
SIZE = 50


@bp.get("")
@needs("tasks.view")
def index() -> ResponseReturnValue:
    filters = read_filters(request.args)
    with reading_here() as session:
        wanted = filters.wanted(current.user.id, now=session.now)
        found = tasks.search_tasks(session, wanted, limit=SIZE, offset=(filters.page - 1) * SIZE)
        counts = tasks.count_open(session)
    context = {"found": found, "counts": counts, "filters": filters, "statuses": STATUSES, "size": SIZE, "again": False}
    return page_or_part("tasks/index.html", "tasks/_found.html", title="Tasks", **context)


@bp.get("/tabs")
@needs("tasks.view")
def tabs() -> ResponseReturnValue:
    """Return the tabs alone, for the list whose tasks were turned."""
    with reading_here() as session:
        counts = tasks.count_open(session)
    return render_template("tasks/_tabs.html", counts=counts, filters=read_filters(request.args), again=False)


@bp.post("/<uuid:task_id>/done")
@needs("tasks.edit")
def finish(task_id: UUID) -> ResponseReturnValue:
    return _turned(task_id, is_done=True)


@bp.post("/<uuid:task_id>/reopen")
@needs("tasks.edit")
def reopen(task_id: UUID) -> ResponseReturnValue:
    return _turned(task_id, is_done=False)


@bp.get("/for/<uuid:lead_id>")
@needs("tasks.edit")
def new(lead_id: UUID) -> ResponseReturnValue:
    with reading_here() as session:
        owner = leads.lead_json(session, [leads.get_lead(session, lead_id)])[0]["owner"]
        return _form(session, lead_id, None, {"assignee": owner or ""})


@bp.post("/for/<uuid:lead_id>")
@needs("tasks.edit")
def create(lead_id: UUID) -> ResponseReturnValue:
    try:
        with writing_here() as session:
            row = tasks.create_task(session, lead_id, read_task(request.form, current.user.time_zone))
    except Invalid as error:
        return _refused(lead_id, None, error)
    return done(url_for("leads.show", lead_id=lead_id), f"The task “{row.task.title}” is made.")


@bp.get("/<uuid:task_id>")
@needs("tasks.edit")
def edit(task_id: UUID) -> ResponseReturnValue:
    with reading_here() as session:
        row = tasks.get_task(session, task_id)
        return _form(session, row.task.lead_id, row, written(row, current.user.time_zone))


@bp.post("/<uuid:task_id>")
@needs("tasks.edit")
def save(task_id: UUID) -> ResponseReturnValue:
    with reading_here() as session:
        row = tasks.get_task(session, task_id)
    try:
        with writing_here() as session:
            tasks.update_task(session, task_id, read_task(request.form, current.user.time_zone, row))
    except Invalid as error:
        return _refused(row.task.lead_id, row, error)
    return done(_back(row), "Saved.")


def _turned(task_id: UUID, *, is_done: bool) -> ResponseReturnValue:
    """Close or open a task; answer htmx with its line as it is now, and have the tabs count again."""
    with writing_here() as session:
        row = tasks.update_task(session, task_id, {"done": is_done})
    if not wants_part():
        return done(_back(row), f"“{row.task.title}” is {'done' if is_done else 'open again'}.")
    response = make_response(render_template("tasks/_turned.html", row=row, filters=read_filters(request.args)))
    response.vary.update(VARY_ON)
    return trigger(response, taskTurned=True)


def _back(row: Row) -> str:
    """Return where the visitor came from: the lead's page, or the list as it was filtered."""
    if request.args.get("from") == "lead":
        return url_for("leads.show", lead_id=row.task.lead_id)
    return url_for("tasks.index", **read_filters(request.args).query())


def _form(
    session: TenantSession, lead_id: UUID, row: Row | None, form: Any, errors: dict[str, str] | None = None
) -> ResponseReturnValue:
    name = label(leads.get_lead(session, lead_id))
    own = {"from": "lead"} if request.args.get("from") == "lead" else read_filters(request.args).query()
    save = url_for("tasks.save", task_id=row.task.id, **own) if row else url_for("tasks.create", lead_id=lead_id)
    context: dict[str, Any] = {
        "title": "Edit task" if row else "New task", "lead_name": name, "form": form, "errors": errors or {},
        "members": load_words(session).users, "action": save, "row": row, "zone": current.user.time_zone,
        "back": _back(row) if row else url_for("leads.show", lead_id=lead_id),
    }  # fmt: skip
    return page_or_part("tasks/edit.html", "tasks/_dialog.html", **context)


def _refused(lead_id: UUID, row: Row | None, error: Invalid) -> ResponseReturnValue:
    with reading_here() as session:
        response = make_response(_form(session, lead_id, row, request.form, errors_of(error)))
    response.status_code = 422
    return response
