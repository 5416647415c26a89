"""Signed texts for links and cookies. Each says what it is for, so that none passes for another."""

from __future__ import annotations

import hashlib
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from campaigns.errors import NotFound


class BadLink(NotFound):
    """This link is not valid. Ask for a new one."""


def sign(secret_key: str, purpose: str, payload: dict[str, Any]) -> str:
    """Return the payload as URL-safe text with an HMAC-SHA256 over it and its purpose."""
    return str(_serializer(secret_key, purpose).dumps(payload))


def read(secret_key: str, purpose: str, token: str) -> dict[str, Any]:
    """Return the payload that `sign` gave for this purpose; raise BadLink for anything else."""
    try:
        payload = _serializer(secret_key, purpose).loads(token)
    except BadData:
        raise BadLink from None
    if not isinstance(payload, dict):
        raise BadLink
    return payload


def _serializer(secret_key: str, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        secret_key,
        salt=f"campaigns.{purpose}",
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )
