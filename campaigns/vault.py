"""Encrypting what has to be read again: the passwords and keys of other systems. The key comes from the secret key."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken

from campaigns.errors import CampaignsError

_PURPOSE = b"campaigns secrets v1:"


class Unreadable(CampaignsError):
    """A stored secret can't be read with this installation's secret key."""

    code = "secret_unreadable"


class Vault:
    """Seals and opens texts with a key made from the installation's secret key."""

    def __init__(self, secret_key: str) -> None:
        self._fernet = Fernet(urlsafe_b64encode(sha256(_PURPOSE + secret_key.encode()).digest()))

    def seal(self, text: str) -> str:
        """Return a text encrypted, so that it can be stored."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """Return what was sealed; raise Unreadable when it was with another key."""
        try:
            return self._fernet.decrypt(sealed.encode("ascii")).decode()
        except (InvalidToken, UnicodeError):
            raise Unreadable("A stored secret can't be read: the installation's secret key has changed.") from None
