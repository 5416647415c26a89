"""Leads who match a workflow that was activated, and enter it: how far that is, and ending it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import Conflict
from campaigns.services import admissions, workflows
from campaigns.web.answers import done
from campaigns.web.filters import plural
from campaigns.web.htmx import page_or_part
from campaigns.web.permissions import needs
from campaigns.web.requests import reading_here, writing_here

bp = Blueprint("admissions", __name__, url_prefix="/workflows/<key>/admissions")


@bp.get("/<uuid:admission_id>")
@needs("workflows.view")
def show(key: str, admission_id: UUID) -> ResponseReturnValue:
    """Show how far it is: a page, or the part that asks again while it goes on."""
    with reading_here() as session:
        row = workflows.get_workflow(session, key)
        entry = admissions.get_admission(session, key, admission_id)
    context = {"title": f"Leads who enter “{row.name}”", "workflow": row, "entry": entry}
    return page_or_part("admissions/show.html", "admissions/_progress.html", **context)


@bp.post("/<uuid:admission_id>/cancel")
@needs("workflows.activate")
def cancel(key: str, admission_id: UUID) -> ResponseReturnValue:
    back = url_for("builder.show", key=key)
    try:
        with writing_here() as session:
            row = admissions.cancel(session, key, admission_id)
    except Conflict as error:
        return done(back, error.message, tone="info")
    return done(back, f"No further leads are let in. {plural(row.admitted, 'lead')} entered, and stay inside.")
