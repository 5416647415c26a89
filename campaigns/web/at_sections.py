"""The leads behind a number on the canvas: a panel beside it, to search, and to act on those found."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.services import execution_pages, workflows
from campaigns.web.executions import listing, read_filters
from campaigns.web.htmx import wants_part
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here

bp = Blueprint("at_sections", __name__)


@bp.get("/workflows/<key>/executions/panel")
@needs("executions.view")
def show(key: str) -> ResponseReturnValue:
    """The panel, or what was found anew in it; without htmx the page with the same list."""
    filters = read_filters(request.args, key)
    with reading_here() as session:
        row = workflows.get_workflow(session, key)
        if not wants_part():
            query = request.query_string.decode("utf-8", "replace")
            return redirect(f"{url_for('executions.of_workflow', key=key)}?{query}", 303)
        context = listing(session, filters) | {"workflow": workflows.describe(session, row)}
        context["named"] = execution_pages.list_names(session, row, filters.version, current.runtime.kinds)
    alone = request.headers.get("HX-Target") == "found"
    return render_template("executions/_found.html" if alone else "executions/_panel.html", **context)
