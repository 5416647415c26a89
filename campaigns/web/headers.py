"""Security headers of every answer."""

from __future__ import annotations

from flask import Flask, Response, g, request

from campaigns import resources
from campaigns.settings import Settings
from campaigns.web.assets import script_sources

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def register(app: Flask, settings: Settings) -> None:
    """Set a strict policy: no inline script or style, no eval, no frames around us, nothing cached of a tenant."""
    sources = " ".join(["'self'", *script_sources(settings.assets, root=resources.static())])
    policy = (
        f"default-src 'self'; script-src {sources}; style-src 'self'; img-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in _ALWAYS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", g.get("policy", policy))
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        if settings.secure_cookies:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        return response
