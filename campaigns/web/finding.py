"""Finding sections of a workflow, as a page and as the list beside the canvas."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from campaigns.engine.finding import MOST, find_sections
from campaigns.services import drafts, workflows
from campaigns.services.vocabulary import load_vocabulary
from campaigns.web.htmx import page_or_part
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here

bp = Blueprint("finding", __name__, url_prefix="/workflows/<key>/find")


@bp.get("")
@needs("workflows.view")
def show(key: str) -> ResponseReturnValue:
    """Show the sections that have the words `q`."""
    words = request.args.get("q", "")
    with reading_here() as session:
        row, vocabulary = workflows.get_workflow(session, key), load_vocabulary(session)
        document = drafts.load_draft(session, row).document
    hits = find_sections(document, words, current.runtime.kinds, vocabulary)
    context = {"title": "Find", "key": key, "workflow_name": row.name, "q": words, "hits": hits, "most": MOST}
    return page_or_part("finding/show.html", "finding/_hits.html", **context)
