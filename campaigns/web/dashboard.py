"""Home: what runs now, and what needs attention."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from campaigns.services import insight
from campaigns.web.permissions import needs
from campaigns.web.requests import link, reading_here

bp = Blueprint("dashboard", __name__)


@bp.get("/")
@needs("home.view")
def show() -> ResponseReturnValue:
    with reading_here() as session:
        figures = insight.dashboard(session)
        attention = [_shown(item) for item in insight.attention(session, figures)]
    return render_template("dashboard/show.html", title="Home", figures=figures, attention=attention)


def _shown(item: insight.Attention) -> dict[str, str | None]:
    """Say where each kind leads, and what the link is called."""
    match item.kind:
        case "failed":
            href, action, icon = (
                link("executions.of_workflow", key=item.target, status="failed"),
                "See them",
                "circle-alert",
            )
        case "stopped" | "switch_failed":
            href, action, icon = link("builder.show", key=item.target), "Look at it", "ban"
        case "unpublished":
            href, action, icon = link("builder.show", key=item.target), "Review the draft", "pen-line"
        case "import_problems":
            href, action, icon = link("imports.show", import_id=item.target), "See the rows", "file-text"
        case _:
            href, action, icon = link("messages.index", state="unknown"), "Decide", "mail"
    return {"title": item.title, "text": item.text, "href": href, "action": action, "icon": icon}
