"""Run now: ending one execution's wait before its time. Many at once stand in `execution_bulk`."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from campaigns.errors import NotWaiting
from campaigns.services import waking
from campaigns.web.answers import done
from campaigns.web.executions import back_to
from campaigns.web.permissions import needs
from campaigns.web.requests import writing_here

bp = Blueprint("waking", __name__)


@bp.post("/executions/<uuid:execution_id>/wake")
@needs("executions.edit")
def one(execution_id: UUID) -> ResponseReturnValue:
    """End one execution's wait: at the section that is named, or wherever it waits for a time."""
    back = back_to(execution_id)
    try:
        with writing_here() as session:
            waking.wake_execution(session, execution_id, section=request.form.get("section") or None)
    except NotWaiting as error:
        return done(back, f"Not run. {error.message}", tone="error")
    return done(back, "It goes on now, without waiting any longer.")
