"""How a form's request ends: on another page that says what was done, for a browser as for htmx."""

from __future__ import annotations

from flask import flash, make_response, redirect
from flask.typing import ResponseReturnValue

from campaigns.web.htmx import wants_part


def done(url: str, message: str, *, tone: str = "success") -> ResponseReturnValue:
    """Go on to a page and say there what was done. Tones as toasts have them: success, info, warning, error."""
    flash(message, tone)
    if wants_part():
        response = make_response("", 200)
        response.headers["HX-Redirect"] = url
        return response
    return redirect(url, 303)
