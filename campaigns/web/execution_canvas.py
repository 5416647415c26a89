"""One execution on the canvas of its own version: its path lit, the steps beside it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, make_response, request
from flask.typing import ResponseReturnValue

from campaigns.services import execution_lines, vocabulary
from campaigns.web.builder_canvas import Artist, shape
from campaigns.web.executions import pretty
from campaigns.web.htmx import page_or_part, wants_part
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here

bp = Blueprint("execution_canvas", __name__)


@bp.get("/executions/<uuid:execution_id>/canvas")
@needs("executions.view")
def show(execution_id: UUID) -> ResponseReturnValue:
    """The whole page; for htmx its steps, or nothing (204) while they still are what the page has `seen`."""
    before, kinds = request.args.get("before", None, type=int), current.runtime.kinds
    with reading_here() as session:
        lit = execution_lines.light(session, execution_id, kinds, before=before)
        canvas = Artist(kinds, vocabulary.load_vocabulary(session)).draw(shape(lit.document))
    if request.args.get("seen") == lit.shown.seen:
        return "", 204
    if wants_part() and request.args.get("version", lit.shown.row.version, type=int) != lit.shown.row.version:
        response = make_response("", 200)
        response.headers["HX-Refresh"] = "true"  # it was moved: another canvas
        return response
    context = {"lit": lit, "shown": lit.shown, "canvas": canvas, "counts": {}, "read_only": True, "pretty": pretty}
    context |= {"title": lit.shown.row.lead_label or "Erased lead", "before": before}
    context["workflow"] = {"key": lit.shown.row.workflow_key}
    return page_or_part("executions/canvas.html", "executions/_steps.html", **context)
