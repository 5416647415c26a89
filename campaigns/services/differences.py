"""What differs between two states of a workflow: any two versions, or a version and the draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from campaigns.engine.comparing import Difference, compare
from campaigns.services.drafts import get_draft
from campaigns.services.versions import get_version
from campaigns.storage.transaction import TenantSession

WORDS = ("added", "removed", "changed", "moved")


@dataclass(frozen=True, slots=True)
class Compared:
    """Two states by number (None: the draft), what has to be done to the one to make it the other, and both whole."""

    before: int | None
    after: int | None
    difference: Difference
    documents: tuple[dict[str, Any], dict[str, Any]]


def compare_states(session: TenantSession, key: str, before: int | None, after: int | None) -> Compared:
    """Compare two versions by number; None is the draft. Raise NotFound for a version that there is not."""
    documents = _document(session, key, before), _document(session, key, after)
    return Compared(before, after, compare(*documents), documents)


def describe_difference(compared: Compared) -> dict[str, Any]:
    """Return a comparison as the API answers it: the ids, types and names of the sections that differ, and settings."""
    parts = {
        word: [
            {"section": item["id"], "type": item["type"], "name": item.get("name") or ""}
            for item in getattr(compared.difference, word)
        ]
        for word in WORDS
    }
    return {"from": compared.before, "to": compared.after, **parts, "settings": compared.difference.settings}


def _document(session: TenantSession, key: str, number: int | None) -> dict[str, Any]:
    return get_draft(session, key).document if number is None else get_version(session, key, number).document
