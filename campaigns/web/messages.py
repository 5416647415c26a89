"""Mails: every one with its state and reason, and sending again what nobody knows the outcome of."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.errors import Conflict
from campaigns.services import messages, templates, workflows
from campaigns.services.messages import STATES, Filters
from campaigns.web.answers import done
from campaigns.web.htmx import page_or_part
from campaigns.web.permissions import needs
from campaigns.web.requests import reading_here, writing_here

bp = Blueprint("messages", __name__, url_prefix="/messages")
SIZE = 50
STATE_TONES = {"handed_over": "good", "handing_over": "info", "planned": "info"}


@bp.get("")
@needs("messages.view")
def index() -> ResponseReturnValue:
    filters = _filters()
    with reading_here() as session:
        lines = messages.list_messages(session, filters, before=_before(), limit=SIZE + 1)
        context: dict[str, Any] = {
            "lines": lines[:SIZE], "following": lines[SIZE - 1].message.id if len(lines) > SIZE else None,
            "counts": messages.count_by_state(session), "templates": templates.list_templates(session),
            "workflows": workflows.list_workflows(session),
        }  # fmt: skip
    context |= {"filters": filters, "states": STATES, "tones": STATE_TONES, "spoken": messages.spoken}
    return page_or_part("messages/index.html", "messages/_results.html", title="Messages", **context)


@bp.get("/<uuid:message_id>")
@needs("messages.view")
def show(message_id: UUID) -> ResponseReturnValue:
    with reading_here() as session:
        line = messages.get_message(session, message_id)
    title = line.message.subject or f"Mail to {line.message.recipient or 'an erased lead'}"
    context = {"line": line, "message": line.message, "tones": STATE_TONES, "spoken": messages.spoken}
    return page_or_part("messages/show.html", "messages/_message.html", title=title, **context)


@bp.post("/<uuid:message_id>/resend")
@needs("messages.edit")
def resend(message_id: UUID) -> ResponseReturnValue:
    back = url_for("messages.show", message_id=message_id)
    try:
        with writing_here() as session:
            messages.resend(session, message_id)
    except Conflict as error:
        return done(back, error.message, tone="error")
    return done(back, "It goes out once more, as the same message.")


def _filters() -> Filters:
    given = request.args
    state = given.get("state", "")
    return Filters(
        state=state if state in STATES else None,
        template=given.get("template") or None,
        workflow=given.get("workflow") or None,
        text=given.get("q", ""),
    )


def _before() -> UUID | None:
    try:
        return UUID(request.args["before"]) if "before" in request.args else None
    except ValueError:
        return None
