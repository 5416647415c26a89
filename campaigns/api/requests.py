"""What every call stands on: the key, its scopes, strict JSON, pages by cursor, and answers said once."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

import orjson
from flask import Blueprint, Response, current_app, g, request
from itsdangerous import BadSignature, URLSafeSerializer
from pydantic import BaseModel, ConfigDict, ValidationError

from campaigns.engine.validation import problems_of
from campaigns.errors import (
    CampaignsError,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    NotSignedIn,
    Problem,
    UnsupportedType,
)
from campaigns.services import api_keys, idempotency
from campaigns.services.rights import allows_scope, needs
from campaigns.storage.transaction import Store, TenantSession, reading, writing
from campaigns.tenancy import Tenancy

if TYPE_CHECKING:
    from campaigns.runtime import Runtime

View = TypeVar("View", bound=Callable[..., Any])
Model = TypeVar("Model", bound=BaseModel)
DEEPEST = 64
MOST, USUAL = 500, 50
_LARGEST = 1 << 63


class Body(BaseModel):
    """A body: unknown keys are errors, and a number in quotes is no number."""

    model_config = ConfigDict(extra="forbid", strict=True)


def runtime() -> Runtime:
    return cast("Runtime", current_app.extensions["runtime"])


def store() -> Store:
    return runtime().store


def tenancy() -> Tenancy:
    return cast("Tenancy", g.api_tenancy)


def write() -> AbstractContextManager[TenantSession]:
    """Open a write transaction as the key."""
    return writing(store(), tenancy())


def read() -> AbstractContextManager[TenantSession]:
    """Open a session for reading as the key."""
    return reading(store(), tenancy())


def keyed(name: str) -> Blueprint:
    """Return a blueprint whose every call needs a key."""
    blueprint = Blueprint(name, __name__)
    blueprint.before_request(_authenticate)
    blueprint.after_request(_challenge)
    return blueprint


def _authenticate() -> None:
    given = request.headers.getlist("Authorization")
    if len(given) > 1:
        raise Malformed("There are two Authorization headers.")
    kind, _, token = (given[0] if given else "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise NotSignedIn("Send an API key: Authorization: Bearer <key>.")
    g.api_tenancy, g.api_scopes = api_keys.authenticate_key(store(), token.strip())


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
            key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
            return view(*args, **values) if key is None else _once(key, lambda: view(*args, **values))

        return needs(permission)(cast("View", checked))

    return decorate


def _once(key: str, call: Callable[[], Response]) -> Response:
    if not key or len(key) > idempotency.LONGEST:
        raise Malformed(f"An Idempotency-Key has 1 to {idempotency.LONGEST} characters.")
    mark = idempotency.fingerprint(
        request.method, request.full_path, request.get_data(cache=True, parse_form_data=False)
    )
    kept = idempotency.begin(store(), tenancy(), key, mark)
    if kept is not None:
        response = Response(kept.body, kept.status, mimetype="application/json")
        response.headers["Idempotency-Replayed"] = "true"
        return response
    try:
        response = call()
    except CampaignsError:
        idempotency.forget(store(), tenancy(), key)  # nothing was done: the next try may do it
        raise
    except BaseException:
        idempotency.forget(store(), tenancy(), key)
        raise
    idempotency.finish(store(), tenancy(), key, status=response.status_code, body=response.get_data(as_text=True))
    return response


def answer(body: Any, status: int = 200, **headers: str) -> Response:
    """Return a JSON answer: times in RFC 3339 and UTC, ids as text."""
    text = orjson.dumps(body, default=_plain, option=orjson.OPT_UTC_Z)
    response = Response(text, status, mimetype="application/json")
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def json_body() -> Any:
    """Return the request's JSON; raise UnsupportedType or Malformed with the position."""
    if request.mimetype != "application/json":
        raise UnsupportedType
    try:
        text = request.get_data().decode("utf-8")
        found = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8 at byte {error.start}.") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise Malformed("The body is nested too deeply.") from None
    _check_depth(found)
    return found


def body_of(model: type[Model], raw: Any = None) -> Model:
    """Return the request's JSON as a model; raise Invalid with a problem per field."""
    try:
        return model.model_validate(json_body() if raw is None else raw)
    except ValidationError as error:
        raise Invalid(problems=problems_of(error)) from None


def object_body() -> dict[str, Any]:
    """Return the request's JSON object."""
    found = json_body()
    if not isinstance(found, dict):
        raise Invalid(problems=[Problem("", "must be an object")])
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Malformed(f"The key {twice!r} stands twice in one object.")
    return found


def _refuse_constant(name: str) -> Any:
    raise Malformed(f"{name} is not JSON.")


def _finite(text: str) -> float:
    value = float(text)
    if abs(value) == float("inf"):
        raise Malformed(f"{text} is too large a number.")
    return value


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level:
        if depth > DEEPEST:
            raise Malformed(f"The body is nested more than {DEEPEST} deep.")
        following: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                following += item.values()
            elif isinstance(item, list):
                following += item
            elif isinstance(item, int) and not isinstance(item, bool) and abs(item) >= _LARGEST:
                raise Malformed(f"{item} is too large a number.")
        level, depth = following, depth + 1


def limit() -> int:
    """Return the page's size; raise Invalid outside 1 to 500."""
    text = request.args.get("limit", str(USUAL))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST:
        raise Invalid(problems=[Problem("/limit", f"is a whole number from 1 to {MOST}")])
    return int(text)


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
