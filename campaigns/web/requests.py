"""What views take from a request: sessions of the open tenant, safe addresses to go on to, bigger bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.routing import BuildError

from campaigns.errors import Malformed
from campaigns.storage.transaction import SystemSession, TenantSession, system, writing
from campaigns.web.current import current
from campaigns.web.database import page_session

__all__ = [
    "current", "link", "own_reading", "own_writing", "public_url", "reading_here", "register", "safe_next",
    "takes_bytes", "writing_here",
]  # fmt: skip

View = TypeVar("View", bound=Callable[..., Any])
DEFAULT_BYTES = 10 * 1024 * 1024  # everything but a lead file, whose view says more
_BYTES_MARK = "campaigns_bytes"
_PLAIN = frozenset(map(chr, range(0x21, 0x7F))) - frozenset("\\")


@contextmanager
def reading_here() -> Iterator[TenantSession]:
    """Open the request's reading session of the open tenant; what it gave stays readable afterwards."""
    session = page_session()
    try:
        yield session
    finally:
        session.close()


@contextmanager
def writing_here() -> Iterator[TenantSession]:
    """Open one write transaction in the open tenant; commits at the end, rolls back on any error."""
    with writing(current.store, current.tenancy) as session:
        session.info["address"] = current.address
        yield session


@contextmanager
def own_reading() -> Iterator[SystemSession]:
    """Open a session for what is the visitor's own and no tenant's: account, sessions, memberships."""
    with system(current.store, user_id=current.user.id) as session:
        yield session


@contextmanager
def own_writing() -> Iterator[SystemSession]:
    """Open one write transaction for what is the visitor's own and no tenant's."""
    with system(current.store, writes=True, user_id=current.user.id) as session:
        yield session


def safe_next(target: str | None, *, otherwise: str = "/") -> str:
    """Return a path of this site to go on to; anything that a browser could take for another site gives `otherwise`."""
    if not target or not target.startswith("/") or target.startswith("//") or not _PLAIN.issuperset(target):
        return otherwise
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or "//" in parts.path or "%" in parts.path:
        return otherwise
    return target


def link(endpoint: str, **values: Any) -> str | None:
    """Return the address of a view, or None where there is no such view."""
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return None


def public_url(endpoint: str, **values: Any) -> str:
    """Return a view's whole address for mails and links to pass on: by the setting, else by the request's own host."""
    base = current.settings.public_url or request.host_url.rstrip("/")
    return base + url_for(endpoint, **values)


def takes_bytes(most: int) -> Callable[[View], View]:
    """Mark a view whose request may be bigger than usual: `most` bytes."""

    def mark(view: View) -> View:
        setattr(view, _BYTES_MARK, most)
        return view

    return mark


def register(app: Flask) -> None:
    """Take the tenant out of the address once and put it back into each link; limit what requests may carry."""
    app.config.update(MAX_CONTENT_LENGTH=DEFAULT_BYTES, MAX_FORM_MEMORY_SIZE=DEFAULT_BYTES, MAX_FORM_PARTS=5000)
    app.url_value_preprocessor(_take_tenant)
    app.url_defaults(_put_tenant)
    app.before_request(_limit_body)
    app.before_request(_refuse_unkeepable)
    app.jinja_env.globals["link"] = link


def _take_tenant(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    if values and "tenant" in values:
        g.tenant_key = values.pop("tenant")


def _put_tenant(endpoint: str, values: dict[str, Any]) -> None:
    is_known = endpoint in current_app.view_functions
    if is_known and "tenant_key" in g and current_app.url_map.is_endpoint_expecting(endpoint, "tenant"):
        values.setdefault("tenant", g.tenant_key)


def _limit_body() -> ResponseReturnValue | None:
    """Runs before anything reads the body."""
    view = current_app.view_functions.get(request.endpoint or "")
    most: int | None = getattr(view, _BYTES_MARK, None)
    if most is not None:
        request.max_content_length = most
    return None


def _refuse_unkeepable() -> ResponseReturnValue | None:
    """Refuse U+0000, which nobody can type and PostgreSQL can't keep. The API says where in the body it stands."""
    view = current_app.view_functions.get(request.endpoint or "")
    if request.path.startswith("/api/") or hasattr(view, _BYTES_MARK):
        return None
    sent = [request.path, *(request.view_args or {}).values()]
    sent += [text for texts in (request.args, request.form) for pair in texts.items(multi=True) for text in pair]
    if any(isinstance(text, str) and "\0" in text for text in sent):
        raise Malformed("The request holds the control character U+0000.")
    return None
