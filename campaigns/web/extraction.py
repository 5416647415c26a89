"""The dialog that takes sections into a workflow of their own: its name, and whether the lead waits for its end."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from campaigns.errors import CampaignsError, Conflict, Invalid, NotFound
from campaigns.services import workflows
from campaigns.services.extractions import check_extraction, extract_sections
from campaigns.web.builder_scene import changed, unchanged
from campaigns.web.group_changes import sections_told
from campaigns.web.htmx import page_or_part
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, writing_here

bp = Blueprint("extraction", __name__, url_prefix="/workflows/<key>/extraction")


@bp.get("")
@needs("workflows.edit")
def ask(key: str) -> ResponseReturnValue:
    """Ask for the name of the workflow to make of `section` (ids, with spaces between), or say why there is none."""
    sections = request.args.get("section", "")
    try:
        with reading_here() as session:
            check_extraction(session, key, sections.split(), current.runtime.kinds)
    except Conflict as error:
        return unchanged(key, error)
    return _ask(key, sections, name="", wait=True)


@bp.post("")
@needs("workflows.edit")
def create(key: str) -> ResponseReturnValue:
    sections, name, wait = request.form.get("section", ""), request.form.get("name", ""), "wait" in request.form
    kinds = current.runtime.kinds
    try:
        with writing_here() as session:
            made = extract_sections(session, key, sections.split(), name=name, wait=wait, kinds=kinds)
            told = (
                f"{sections_told(made.count).capitalize()} went into “{made.workflow.name}”, which is not active yet."
            )
    except (Invalid, Conflict, NotFound) as error:
        return _ask(key, sections, name=name, wait=wait, error=error)
    return changed(key, told, section=made.section, revision=made.revision)


def _ask(key: str, sections: str, *, name: str, wait: bool, error: CampaignsError | None = None) -> ResponseReturnValue:
    with reading_here() as session:
        workflow_name = workflows.get_workflow(session, key).name
    by_path = {problem.path: problem.message for problem in error.problems} if error else {}
    context = {
        "title": "Extract into a new workflow", "key": key, "sections": sections, "name": name, "wait": wait,
        "wrong": by_path.get("/name"), "refused": error.message if error and "/name" not in by_path else "",
        "workflow_name": workflow_name, "count": sections_told(len(sections.split())),
    }  # fmt: skip
    response = page_or_part("extraction/ask.html", "extraction/_ask.html", **context)
    response.status_code = 422 if error else 200
    return response
