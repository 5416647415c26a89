"""Workflows: the list, making one."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import Invalid
from campaigns.services import workflows
from campaigns.web.forms import by_field
from campaigns.web.permissions import needs
from campaigns.web.requests import reading_here, writing_here

bp = Blueprint("workflows", __name__, url_prefix="/workflows")


@bp.get("")
@needs("workflows.view")
def index() -> ResponseReturnValue:
    wanted = request.args.get("q", "")
    with reading_here() as session:
        rows = workflows.describe_all(session, workflows.list_workflows(session, search=wanted))
    return render_template("workflows/index.html", title="Workflows", rows=rows, wanted=wanted)


@bp.get("/new")
@needs("workflows.edit")
def new() -> ResponseReturnValue:
    return render_template("workflows/new.html", title="New workflow", name="", errors={})


@bp.post("")
@needs("workflows.edit")
def create() -> ResponseReturnValue:
    name = request.form.get("name", "")
    try:
        with writing_here() as session:
            key = workflows.create_workflow(session, name=name).key
    except Invalid as error:
        page = render_template("workflows/new.html", title="New workflow", name=name, errors=by_field(error.problems))
        return page, 422
    return redirect(url_for("builder.show", key=key), 303)
