"""What every call stands on: the key, its scopes, strict JSON, pages by cursor, and answers said once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar, cast
from uuid import UUID

import orjson
from flask import Blueprint, Response, g, request
from itsdangerous import BadSignature, URLSafeSerializer

from campaigns.api.context import read, runtime, store, tenancy, write
from campaigns.api.once import once
from campaigns.api.queries import MOST, USUAL, check_query
from campaigns.errors import (
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    NotSignedIn,
    Problem,
)
from campaigns.services import api_keys
from campaigns.services.rights import allows_scope, needs

__all__ = [
    "answer", "cursor", "cursor_for", "cursor_id", "keyed", "limit", "listed", "page", "read", "runtime", "scope",
    "uuid_of", "write",
]  # fmt: skip

View = TypeVar("View", bound=Callable[..., Any])
_SIZE = re.compile("[0-9]{1,9}")


def keyed(name: str) -> Blueprint:
    """Return a blueprint whose every call needs a key."""
    blueprint = Blueprint(name, __name__)
    blueprint.before_request(_authenticate)
    blueprint.after_request(_challenge)
    return blueprint


def _authenticate() -> None:
    given = request.headers.get("Authorization", "")
    if "," in given:  # servers join what is sent twice
        raise Malformed("There are two Authorization headers.")
    kind, _, token = given.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise NotSignedIn("Send an API key: Authorization: Bearer <key>.")
    g.api_tenancy, g.api_scopes = api_keys.authenticate_key(store(), token.strip())
    if "\0" in request.path:
        raise NotFound("There is no such address.")


def _challenge(response: Response) -> Response:
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def scope(permission: str) -> Callable[[View], View]:
    """Let only keys through that may do this; a POST with an Idempotency-Key is answered once."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **values: Any) -> Any:
            if not allows_scope(g.api_scopes, permission):
                raise Forbidden(f"This key lacks the scope {permission}.")
            check_query()
            key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
            return view(*args, **values) if key is None else once(key, lambda: view(*args, **values))

        return needs(permission)(cast("View", checked))

    return decorate


def answer(body: Any, status: int = 200, **headers: str) -> Response:
    """Return a JSON answer: times in RFC 3339 and UTC, ids as text."""
    response = Response(_written(body), status, mimetype="application/json")
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def _written(body: Any) -> bytes | str:
    """Return JSON. Numbers of more than 64 bits, which states may hold, are beyond the fast writer."""
    try:
        return orjson.dumps(body, default=_plain, option=orjson.OPT_UTC_Z)
    except orjson.JSONEncodeError:
        return json.dumps(body, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(type(value).__name__)


def limit() -> int:
    """Return the page's size; raise Invalid outside 1 to 500."""
    text = request.args.get("limit", str(USUAL))
    size = int(text) if _SIZE.fullmatch(text) else 0
    if not 1 <= size <= MOST:
        raise Invalid(problems=[Problem("/limit", f"is a whole number from 1 to {MOST}")])
    return size


def cursor() -> str | None:
    """Return what the last page ended with; raise Invalid for a cursor that is not ours, or of another list."""
    text = request.args.get("cursor")
    if not text:
        return None
    try:
        return str(_signer().loads(text))
    except BadSignature:
        raise Invalid(problems=[Problem("/cursor", "is not a cursor of this list")]) from None


def cursor_id() -> UUID | None:
    found = cursor()
    return UUID(found) if found else None


def page(items: list[Any], size: int, last: Any) -> Response:
    """Answer a page; `items` holds one more than `size` when there is a next one, `last` names the page's last id."""
    following = _signer().dumps(str(last(items[size - 1]))) if len(items) > size else None
    return answer({"items": items[:size], "next": following})


def listed(items: list[dict[str, Any]], *, by: str = "key") -> Response:
    """Answer a page of a list that is read whole, in its own order. `by`: what names an item."""
    size, first = limit(), _first(items, by)
    following = f"{first + size} {items[first + size - 1][by]}" if len(items) > first + size else None
    return answer({"items": items[first : first + size], "next": cursor_for(following)})


def _first(items: list[dict[str, Any]], by: str) -> int:
    """Return where a page begins: after the item that the last one ended with, or where that stood, if it is gone."""
    place, _, name = (cursor() or "0").partition(" ")
    found = (number for number, item in enumerate(items, 1) if str(item[by]) == name)
    return next(found, max(int(place) - 1, 0))


def cursor_for(value: str | None) -> str | None:
    return _signer().dumps(value) if value else None


def _signer() -> URLSafeSerializer:
    wanted = sorted((name, value) for name, value in request.args.items() if name not in {"cursor", "limit"})
    place = f"{tenancy().tenant_id} {request.path} {wanted}"
    return URLSafeSerializer(runtime().settings.secret_key, salt=f"cursor {place}")


def uuid_of(text: Any) -> UUID:
    """Return an id of a path or a body; one that is none names nothing."""
    try:
        return UUID(str(text))
    except ValueError:
        raise NotFound(f"There is nothing with the id {str(text)[:60]}.") from None
