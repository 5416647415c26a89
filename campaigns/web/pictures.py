"""A whole workflow as one picture, to be saved, sent or printed."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template
from flask.typing import ResponseReturnValue

from campaigns.services import drafts, workflows
from campaigns.services.vocabulary import load_vocabulary
from campaigns.web.builder_canvas import Artist, shape
from campaigns.web.canvas_picture import CARD, lay_out
from campaigns.web.permissions import needs
from campaigns.web.requests import current, reading_here

bp = Blueprint("pictures", __name__, url_prefix="/workflows/<key>")


@bp.get("/picture.svg")
@needs("workflows.view")
def show(key: str) -> ResponseReturnValue:
    """Answer the draft as an SVG."""
    with reading_here() as session:
        row = workflows.get_workflow(session, key)
        artist = Artist(current.runtime.kinds, load_vocabulary(session))
        picture = lay_out(artist.draw(shape(drafts.load_draft(session, row).document)))
    response: Response = make_response(
        render_template("builder/picture.svg", picture=picture, card=CARD, name=row.name)
    )
    response.headers["Content-Type"] = "image/svg+xml; charset=utf-8"
    response.headers["Content-Disposition"] = f'inline; filename="{key}.svg"'
    return response
