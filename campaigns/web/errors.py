"""Our errors as pages, and as toasts for htmx: translated once."""

from __future__ import annotations

from flask import Flask, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from structlog import get_logger
from werkzeug.exceptions import HTTPException

from campaigns.errors import CampaignsError, Problem, TooMany
from campaigns.web.htmx import toast, wants_part

log = get_logger(__name__)
_PAGES = {400, 401, 403, 404, 409, 413, 422, 429, 500, 503}
_WORDS = {
    400: "The request could not be read.",
    404: "There is no such page here.",
    405: "This address does not take that.",
    413: "This is larger than allowed.",
    503: "The database does not answer. Nothing is lost; try again in a moment.",
}


def register(app: Flask) -> None:
    """Answer every error with a page that says what happened, why, and what to do."""
    app.register_error_handler(CampaignsError, _ours)
    app.register_error_handler(HTTPException, _werkzeugs)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(500, _unexpected)


def _ours(error: CampaignsError) -> ResponseReturnValue:
    response = make_response(_answer(error.status, error.message, error.problems))
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def _werkzeugs(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or error.code is None or error.code < 400:  # noqa: PLR2004 - a redirect is no error
        return error
    return _answer(error.code, _WORDS.get(error.code) or error.description or error.name, [])


def _database(error: OperationalError) -> ResponseReturnValue:
    log.error("web.database_failed", error=type(error.orig).__name__, path=request.path)
    return _answer(503, _WORDS[503], [])


def _unexpected(error: Exception) -> ResponseReturnValue:
    log.error("web.failed", path=request.path, exc_info=getattr(error, "original_exception", error))
    return _answer(500, "Something went wrong on our side. It is recorded; nothing of what you sent was kept.", [])


def _answer(status: int, message: str, problems: list[Problem]) -> ResponseReturnValue:
    if wants_part():
        told = "; ".join([message, *(problem.message for problem in problems)])
        response = make_response("", status)
        response.headers["HX-Reswap"] = "none"
        return toast(response, told, tone="danger")
    page = f"errors/{status if status in _PAGES else 400}.html"
    return render_template(page, message=message, problems=problems), status
