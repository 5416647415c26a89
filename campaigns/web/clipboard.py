"""Copying sections out of a workflow as text, and pasting such text, or an outline, into one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from campaigns.engine import editing
from campaigns.engine.outline import write_outline
from campaigns.engine.pasting import Clip, copy_text, read_clip
from campaigns.errors import Conflict, Invalid, NotFound
from campaigns.services import drafts
from campaigns.services.vocabulary import load_vocabulary
from campaigns.web.builder_scene import unchanged
from campaigns.web.outlines import show_outline
from campaigns.web.pasted import paste_clip, pasted
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here, writing_here

bp = Blueprint("clipboard", __name__, url_prefix="/workflows/<key>/clipboard")


@bp.get("")
@needs("workflows.view")
def copy(key: str) -> ResponseReturnValue:
    """Answer the sections `section` (ids, with spaces between; none: all) as text: JSON, or with `as` an outline."""
    with reading_here() as session:
        document, vocabulary = drafts.get_draft(session, key).document, load_vocabulary(session)
    keys = request.args.get("section", "").split() or [item["id"] for item in _top(document)]
    text = copy_text(document, keys) if keys else ""
    if request.args.get("as") == "outline":
        text = write_outline(read_clip(text) or Clip([], []), current.runtime.kinds, vocabulary)
    return Response(text, mimetype="text/plain", headers={"Cache-Control": "no-store"})


@bp.post("")
@needs("workflows.edit")
def paste(key: str) -> ResponseReturnValue:
    """Put the sections that `text` holds at the place `at`. Text that is none of ours is shown as an outline first."""
    place, text = request.form.get("at", "") or editing.START, request.form.get("text", "")
    try:
        clip = read_clip(text)
        if clip is None:
            return show_outline(key, place, text)
        with writing_here() as session:
            made = paste_clip(session, key, place, clip)
    except (Conflict, Invalid, NotFound) as error:
        return unchanged(key, error)
    return pasted(key, made)


def _top(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [*document.get("triggers", []), *document.get("sections", [])]
