"""Workflows: the list, making one, copying, exporting and deleting it."""

from __future__ import annotations

import json

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import Conflict, Invalid
from campaigns.services import drafts, workflows
from campaigns.web.answers import done
from campaigns.web.forms import by_field
from campaigns.web.htmx import page_or_part
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, writing_here
from campaigns.web.workflow_templates import gallery

bp = Blueprint("workflows", __name__, url_prefix="/workflows")


@bp.get("")
@needs("workflows.view")
def index() -> ResponseReturnValue:
    wanted = request.args.get("q", "")
    with reading_here() as session:
        rows = workflows.describe_all(session, workflows.list_workflows(session, search=wanted))
    return render_template("workflows/index.html", title="Workflows", rows=rows, wanted=wanted)


@bp.get("/-/new")  # no key and no id is called "-"
@needs("workflows.edit")
def new() -> ResponseReturnValue:
    """Show a blank one, and those ready made that the search finds; htmx gets these alone."""
    found = gallery(request.args.get("q", ""), request.args.get("category", ""))
    page, part = "workflows/new.html", "workflow_templates/_gallery.html"
    return page_or_part(page, part, title="New workflow", name="", errors={}, **found)


@bp.post("")
@needs("workflows.edit")
def create() -> ResponseReturnValue:
    name = request.form.get("name", "")
    try:
        with writing_here() as session:
            key = workflows.create_workflow(session, name=name).key
    except Invalid as error:
        errors, found = by_field(error.problems), gallery("", "")
        return render_template("workflows/new.html", title="New workflow", name=name, errors=errors, **found), 422
    return redirect(url_for("builder.show", key=key), 303)


@bp.post("/<key>/duplicate")
@needs("workflows.edit")
def duplicate(key: str) -> ResponseReturnValue:
    with writing_here() as session:
        row = workflows.duplicate_workflow(session, key, kinds=current.runtime.kinds)
    return done(url_for("builder.show", key=row.key), f"“{row.name}” is a copy, and not active.")


@bp.get("/<key>/export")
@needs("workflows.view")
def export(key: str) -> ResponseReturnValue:
    """Send the draft as a file that `campaigns workflow import` and the JSON tab take."""
    with reading_here() as session:
        row, draft = workflows.get_workflow(session, key), drafts.get_draft(session, key)
    response = Response(json.dumps(draft.document, indent=2, ensure_ascii=False), mimetype="application/json")
    response.headers.set("Content-Disposition", "attachment", filename=f"{row.key}.json")
    return response


@bp.get("/<key>/delete")
@needs("workflows.edit")
def ask_delete(key: str) -> ResponseReturnValue:
    with reading_here() as session:
        row = workflows.get_workflow(session, key)
        described = workflows.describe(session, row)
    title = f"Delete “{row.name}”?"
    return page_or_part("workflows/delete.html", "workflows/_delete.html", title=title, workflow=described)


@bp.post("/<key>/delete")
@needs("workflows.edit")
def delete(key: str) -> ResponseReturnValue:
    try:
        with writing_here() as session:
            workflows.delete_workflow(session, key)
    except Conflict as error:
        return done(url_for("workflows.index"), error.message, tone="error")
    return done(url_for("workflows.index"), "The workflow is deleted with its history.")
