"""Signatures as Standard Webhooks has them: checked by hand, and broken by any change."""

import hmac
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from campaigns.outgoing.signing import signature_headers

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def test_the_three_headers():
    found = signature_headers(b"key", "msg_1", b"{}", NOW)
    signed = f"msg_1.{int(NOW.timestamp())}.{{}}".encode()
    expected = b64encode(hmac.new(b"key", signed, sha256).digest()).decode()
    assert found == {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": f"v1,{expected}",
    }


def test_any_change_gives_another_signature():
    made = {
        signature_headers(secret, key, body, now)["webhook-signature"]
        for secret in (b"a", b"b")
        for key in ("1", "2")
        for body in (b"x", b"y")
        for now in (NOW, NOW + timedelta(seconds=1))
    }
    assert len(made) == 16
