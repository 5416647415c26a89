"""What every answer says to the browser for safety, and which requests are refused before anything reads them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, redirect, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from campaigns.errors import Forbidden
from campaigns.services.sessions import LONGEST
from campaigns.settings import Settings
from campaigns.web.assets import script_sources
from campaigns.web.permissions import API_BLUEPRINTS

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
COOKIE = "campaigns"
_YEAR = 365 * 24 * 3600
_SAME = {"same-origin", "none"}


def register(app: Flask, settings: Settings) -> None:
    """Set cookies, CSRF, headers, and trust in proxies as the settings say."""
    _set_cookies(app, settings)
    app.config.update(WTF_CSRF_TIME_LIMIT=None)  # a builder stays open all day; the token ends with the session
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    headers = _headers(settings, static=Path(app.static_folder or "static"))

    def refuse_plain() -> ResponseReturnValue | None:
        if settings.secure_cookies and settings.proxy_hops and not request.is_secure and request.path != "/healthz":
            return redirect(request.url.replace("http://", "https://", 1), 308)
        return None

    def add_headers(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    app.before_request(refuse_plain)
    app.before_request(_refuse_foreign)
    app.after_request(add_headers)
    CSRFProtect(app)


def exempt_api(app: Flask) -> None:
    """Let the API do without CSRF tokens: it is called with a key, never with a cookie."""
    for name, blueprint in app.blueprints.items():
        if name.startswith(API_BLUEPRINTS):
            app.extensions["csrf"].exempt(blueprint)


def cookie_name(settings: Settings, name: str) -> str:
    """Return a cookie's name; behind TLS with the prefix that ties it to this host alone."""
    return f"__Host-{name}" if settings.secure_cookies else name


def _set_cookies(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME=cookie_name(settings, COOKIE),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=LONGEST,
    )


def _refuse_foreign() -> None:
    """Refuse a change that another site asks for, by what browsers say of where a request comes from."""
    if request.method not in UNSAFE or request.path.startswith("/api/"):
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    is_foreign_site = site is not None and site not in _SAME
    is_foreign_origin = origin is not None and urlsplit(origin).netloc != request.host
    if is_foreign_site or is_foreign_origin:
        raise Forbidden("This request comes from another site.")


def _headers(settings: Settings, *, static: Path) -> dict[str, str]:
    scripts = " ".join(["'self'", *script_sources(settings.assets, root=static)])
    policy = {
        "default-src": "'self'",
        "script-src": scripts,
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "frame-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    }
    if settings.secure_cookies:
        headers["Strict-Transport-Security"] = f"max-age={_YEAR}; includeSubDomains"
    return headers
