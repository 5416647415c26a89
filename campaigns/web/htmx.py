"""Answering htmx: the same view gives the whole page or only the part that changes."""

from __future__ import annotations

import json

from flask import Response, make_response, render_template, request

VARY_ON = ("HX-Request", "HX-Boosted", "HX-History-Restore-Request")


def wants_part() -> bool:
    """Say whether the request comes from htmx and asks for a part, not for a whole page."""
    headers = request.headers
    whole = "HX-History-Restore-Request" in headers or "HX-Boosted" in headers
    return "HX-Request" in headers and not whole


def page_or_part(page: str, part: str, **context: object) -> Response:
    """Render the template `page`, or only `part` of it for htmx; the page includes that same part.

    The answer varies on what decided, so that no cache gives a part to somebody who asked for the page.
    """
    response = make_response(render_template(part if wants_part() else page, **context))
    response.vary.update(VARY_ON)
    return response


def trigger(response: Response, **events: object) -> Response:
    """Have the browser fire `events` on arrival, each with its detail (`closeModal=True`), beside those set before."""
    fired = json.loads(response.headers.get("HX-Trigger") or "{}")
    response.headers["HX-Trigger"] = json.dumps(fired | events)  # ASCII only: a header takes nothing else
    return response


def toast(response: Response, message: str, *, undo: str | None = None, tone: str = "success") -> Response:
    """Show a toast on arrival; `undo` is the address that takes the change back by POST."""
    detail = {"message": message, "tone": tone} | ({"undo": undo} if undo else {})
    return trigger(response, showToast=detail)


def close_modal(response: Response) -> Response:
    """Close the dialog on arrival."""
    return trigger(response, closeModal=True)
