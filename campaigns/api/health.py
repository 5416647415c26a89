"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

from flask import Blueprint, Response

from campaigns.api.requests import answer, runtime
from campaigns.services import health
from campaigns.services.rights import public

bp = Blueprint("api_health", __name__)


@bp.get("/readyz")
@public
def ready() -> Response:
    """Say whether the database answers, and how late the oldest due work is."""
    lag = health.lag_seconds(runtime().store)
    if lag is None:
        return answer({"status": "unavailable", "database": "does not answer"}, 503)
    return answer({"status": "ok", "database": "ok", "queue": "ok", "lag_seconds": round(lag, 3)})
