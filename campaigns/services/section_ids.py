"""Ids of sections and triggers."""

from __future__ import annotations

import secrets

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_section_id() -> str:
    """Return an id for a section: short, and by chance one that the workflow never had."""
    return "s" + "".join(secrets.choice(_ALPHABET) for _ in range(8))
