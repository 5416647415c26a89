"""The browser's side of a sign-in: the session cookie, and the one by which an account knows this browser again."""

from __future__ import annotations

import secrets
from typing import cast
from uuid import UUID

from flask import Response, redirect, request, session
from flask_login import login_user, logout_user

from campaigns.errors import NotFound, NotSignedIn
from campaigns.services import sessions
from campaigns.services.accounts import Browser
from campaigns.services.signing import read, sign
from campaigns.storage.transaction import system
from campaigns.web.current import Visitor, current
from campaigns.web.security import cookie_name

PURPOSE = "device"
DEVICE_COOKIE = "campaigns_device"
_HALF_A_YEAR_SECONDS = 183 * 24 * 3600


def this_browser() -> Browser:
    """Return where the request comes from, and what an earlier sign-in left with it."""
    device, user_id = "", None
    kept = request.cookies.get(cookie_name(current.settings, DEVICE_COOKIE))
    if kept:
        try:
            payload = read(current.settings.secret_key, PURPOSE, kept)
            device, user_id = str(payload["id"]), UUID(payload["user"])
        except (NotFound, KeyError, ValueError, TypeError):
            device, user_id = "", None
    return Browser(current.address, request.headers.get("User-Agent", ""), device, user_id)


def begin(token: str, target: str) -> Response:
    """Sign in with a fresh session; what the browser carried before is worth nothing after. Goes on to `target`."""
    found = sessions.find(current.store, token)
    if found is None:
        raise NotSignedIn
    end()
    login_user(Visitor(found, token))
    session.permanent = True
    response = cast("Response", redirect(target, 303))
    kept = sign(current.settings.secret_key, PURPOSE, {"user": found.user_id.hex, "id": secrets.token_hex(16)})
    response.set_cookie(
        cookie_name(current.settings, DEVICE_COOKIE),
        kept,
        max_age=_HALF_A_YEAR_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=current.settings.secure_cookies,
    )
    return response


def end() -> None:
    """End the session that this browser has, on the server too."""
    visitor = current.visitor
    if visitor is not None:
        with system(current.store, writes=True) as rows:
            sessions.end(rows, visitor.id, visitor.session_id)
    logout_user()
    session.clear()
