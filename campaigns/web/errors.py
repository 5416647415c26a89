"""The error family, told once: as a page, as a toast to htmx, as JSON to the API."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from campaigns.errors import CampaignsError, Forbidden, Malformed, NotSignedIn, TooMany
from campaigns.log import get_logger
from campaigns.web.htmx import toast, wants_part
from campaigns.web.permissions import ask_to_sign_in

log = get_logger(__name__)
PAGES = {400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503}
_LIKE = {412: 409, 415: 400}
_CODES = {400: "malformed", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
          413: "too_large", 415: "unsupported_type", 422: "invalid", 429: "too_many"}  # fmt: skip


def register(app: Flask) -> None:
    """Answer every error in the form that its caller reads; 500 is logged with its trace and told without it."""
    app.register_error_handler(CampaignsError, answer)
    app.register_error_handler(CSRFError, lambda _error: answer(_expired()))
    app.register_error_handler(HTTPException, _answer_http)


def answer(error: CampaignsError) -> Response:
    """Return the error as the caller reads it."""
    if error.status >= 500:
        log.error("request.failed", code=error.code, exc_info=error)
    message = error.message if error.status < 500 else CampaignsError().message
    if _is_api():
        response = _as_json(error, message)
    elif isinstance(error, NotSignedIn):
        return ask_to_sign_in()
    elif wants_part():
        response = _as_toast(error.status, message)
    else:
        response = _as_page(error.status, message=message, problems=error.problems)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def _answer_http(error: HTTPException) -> Response:
    """Answer what Flask and Werkzeug refuse themselves: unknown addresses, methods, bodies that are too large."""
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]  # a redirect of the routing
    if _is_api():
        message = {404: "There is no such address.", 500: CampaignsError().message}.get(status, error.name + ".")
        body = {"error": {"code": _CODES.get(status, "error"), "message": message, "problems": []}}
        response = make_response(jsonify(body), status)
    elif wants_part():
        response = _as_toast(status, error.name)
    else:
        response = _as_page(status)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _as_json(error: CampaignsError, message: str) -> Response:
    told: dict[str, Any] = {
        "code": error.code,
        "message": message,
        "problems": [{"path": problem.path, "message": problem.message} for problem in error.problems],
    }
    limit = getattr(error, "limit", None)
    return make_response(jsonify({"error": told | ({"limit": limit} if limit else {})}), error.status)


def _as_toast(status: int, message: str) -> Response:
    response = make_response("", status)
    response.headers["HX-Reswap"] = "none"  # also a 422, which would be swapped in as a form
    return toast(response, message, tone="error")


def _as_page(status: int, **context: Any) -> Response:
    shown = _LIKE.get(status, status)
    if shown not in PAGES:
        shown = 500 if status >= 500 else 400
    return make_response(render_template(f"errors/{shown}.html", **context), status)


def _is_api() -> bool:
    return request.path.startswith("/api/")


def _expired() -> CampaignsError:
    if request.method not in ("POST", "PUT", "PATCH", "DELETE"):
        return Malformed()
    return Forbidden("The form has expired, or it came from elsewhere: reload the page and send it again.")
