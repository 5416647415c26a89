"""What is planned for a workflow's switch: taken back here, set in the dialogs that activate and deactivate."""

from __future__ import annotations

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from campaigns.services import switches
from campaigns.web.answers import done
from campaigns.web.permissions import needs
from campaigns.web.requests import writing_here

bp = Blueprint("switches", __name__, url_prefix="/workflows/<key>/switches")


@bp.post("/<any(activate, deactivate):turn>/cancel")
@needs("workflows.activate")
def cancel(key: str, turn: str) -> ResponseReturnValue:
    """Forget a switch that is to come, or that could not be carried out."""
    with writing_here() as session:
        switches.cancel(session, key, turn)
    return done(url_for("builder.show", key=key), "It is not planned any more.")
