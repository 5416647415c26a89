"""The key that signs and encrypts: how strong it must be, and how a missing one is made once."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from campaigns.errors import CampaignsError

FILE = "secret_key"
LEAST_LENGTH = 32
_LEAST_VARIETY = 8
_SAMPLES = (
    "changeme",
    "change_me",
    "change-me",
    "secret_key",
    "secret-key",
    "your-secret",
    "replace",
    "example",
    "insecure",
)


class KeyFileUnusable(CampaignsError):
    """The file of the secret key can't be read or made."""

    code = "key_file_unusable"


def weakness(key: str) -> str | None:
    """Return why a key must not be used, or None. Never repeats the key."""
    if any(sample in key.lower() for sample in _SAMPLES):
        return "is a sample from some documentation; leave it away to have one generated"
    if len(key) < LEAST_LENGTH:
        return f"must have at least {LEAST_LENGTH} characters; leave it away to have one generated"
    if len(set(key)) < _LEAST_VARIETY:
        return "has too few different characters; leave it away to have one generated"
    return None


def obtain(home: Path) -> str:
    """Return the key kept in `home`, making folder and key (readable by the owner alone) where there are none.

    Several processes may start at once: each writes a file of its own and links it to the name; one link wins,
    and everybody reads the winner, which is complete from the moment it has the name.
    """
    target = home / FILE
    try:
        if not target.exists():
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            _publish(secrets.token_urlsafe(48), target)
        return _read(target)
    except OSError as error:
        raise KeyFileUnusable(f"{error.filename}: {error.strerror}") from error


def _publish(key: str, target: Path) -> None:
    descriptor, scratch = tempfile.mkstemp(prefix=".secret_key-", dir=target.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(key + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(scratch, target)
    except FileExistsError:
        pass  # another process was first: its key is the key
    finally:
        Path(scratch).unlink()


def _read(target: Path) -> str:
    key = target.read_text(encoding="utf-8").strip()
    if (why := weakness(key)) is not None:
        raise KeyFileUnusable(f"the key in {target} {why.partition(';')[0]}; delete the file to have one generated")
    return key
