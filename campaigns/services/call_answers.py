"""What an answer to a call means: whether it is final, when to try again, and what the section is given of it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import orjson

from campaigns.errors import CampaignsError
from campaigns.outgoing.call import Answer
from campaigns.sections.performing import TryLater
from campaigns.services.performances import Performance
from campaigns.storage.models import OutsideCall

MOST_KEPT = 32 * 1024
_HEADERS = frozenset({"content-type", "location", "retry-after", "etag", "last-modified", "x-request-id"})
_FIRST_PAUSE = 0.5  # seconds; doubled with each try
_TOO_MANY = 429


def is_final(status: int) -> bool:
    """Return whether a status is an answer: 429 and 5xx are tried again."""
    return status != _TOO_MANY and status < 500


def again_at(row: OutsideCall, what: Answer | CampaignsError, now: datetime) -> datetime | None:
    """Return when to try again: after a growing pause, or when the other side says; None when no try is left."""
    if row.attempts > int(row.request["retries"]):
        return None
    pause = _FIRST_PAUSE * 2 ** (row.attempts - 1) * (0.75 + 0.5 * _fraction(f"{row.key}/{row.attempts}"))
    wait = timedelta(seconds=max(pause, _asked(what)))
    began = row.begun_at or now
    return now + wait if now + wait <= began + timedelta(seconds=int(row.request["seconds"])) else None


def told(answer: dict[str, Any]) -> str:
    """Return in a word how a call ended."""
    return str(answer.get("error") or answer.get("status") or "performed")[:500]


def answer_of(row: OutsideCall, what: Answer | Performance | CampaignsError) -> dict[str, Any]:
    """Return what the section is given: `status`, `body` (parsed when JSON), `headers`; `error` where it failed.

    Of a plugin's run, what was `performed`.
    """
    if isinstance(what, Performance):
        return {"performed": _clean(what.values), "tries": row.attempts, "milliseconds": what.milliseconds}
    if isinstance(what, CampaignsError):
        return {"status": None, "body": None, "headers": {}, "error": what.message, "tries": row.attempts}
    found: dict[str, Any] = {
        "status": what.status,
        "body": _body(what),
        "headers": {name: value[:500] for name, value in what.headers.items() if name in _HEADERS},
        "tries": row.attempts,
        "milliseconds": what.milliseconds,
    }
    if what.cut or len(what.body) > MOST_KEPT:
        found["cut"] = True
    if not is_final(what.status):
        found["error"] = f"{what.status} after {row.attempts} tries"
    return found


def _body(answer: Answer) -> Any:
    text = answer.body[:MOST_KEPT].decode("utf-8", "replace").replace("\x00", "")
    if "json" in answer.headers.get("content-type", "") and len(answer.body) <= MOST_KEPT:
        try:
            return _clean(orjson.loads(answer.body))
        except orjson.JSONDecodeError:
            return text
    return text


def _clean(value: Any) -> Any:
    """Take U+0000 out of a parsed answer: no database keeps it."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {key.replace("\x00", ""): _clean(item) for key, item in value.items()}
    return value


def _asked(what: Answer | CampaignsError) -> float:
    """Return how long the other side asks to wait, in seconds."""
    if isinstance(what, TryLater):
        return what.after_seconds
    text = what.headers.get("retry-after", "") if isinstance(what, Answer) else ""
    return float(text) if re.fullmatch(r"\d{1,6}", text) else 0.0


def _fraction(text: str) -> float:
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest()) / (1 << 56)
