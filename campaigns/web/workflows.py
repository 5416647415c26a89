"""Workflows: the list, making one, switching it on and off."""

from __future__ import annotations

from typing import Literal, cast

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import Invalid
from campaigns.services import versions, workflows
from campaigns.web.forms import by_field
from campaigns.web.permissions import needs
from campaigns.web.requests import reading_here, writing_here

bp = Blueprint("workflows", __name__, url_prefix="/workflows")
Running = Literal["finish", "hold", "cancel"]


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


@bp.post("/<key>/activation")
@needs("workflows.activate")
def activate(key: str) -> ResponseReturnValue:
    """Publish the draft and listen; what keeps it from that stands on the workflow's page."""
    try:
        with writing_here() as session:
            versions.activate(session, key)
    except Invalid:
        return redirect(url_for("builder.show", key=key, _anchor="problems"), 303)
    return redirect(url_for("builder.show", key=key), 303)


@bp.post("/<key>/deactivation")
@needs("workflows.activate")
def deactivate(key: str) -> ResponseReturnValue:
    wanted = request.form.get("running", "finish")
    running = cast("Running", wanted if wanted in {"finish", "hold", "cancel"} else "finish")
    with writing_here() as session:
        versions.deactivate(session, key, running=running)
    return redirect(url_for("builder.show", key=key), 303)
