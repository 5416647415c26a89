"""Signing calls as Standard Webhooks does, so that a receiver can tell who sent them and when."""

from __future__ import annotations

import hmac
from base64 import b64encode
from datetime import datetime
from hashlib import sha256


def signature_headers(secret: bytes, key: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the three headers. `key` is the message's id: the same over all tries; the time is this try's."""
    seconds = int(now.timestamp())
    signed = f"{key}.{seconds}.".encode() + body
    digest = b64encode(hmac.new(secret, signed, sha256).digest()).decode()
    return {"webhook-id": key, "webhook-timestamp": str(seconds), "webhook-signature": f"v1,{digest}"}
