"""Saving a whole document that somebody else has changed meanwhile: both changes are kept, section by section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.engine.kinds import Kinds
from campaigns.engine.merging import Clash, merge
from campaigns.engine.validation import parse
from campaigns.errors import Stale
from campaigns.services.drafts import get_draft, get_revision, save_draft, types_in
from campaigns.storage.models import Draft
from campaigns.storage.transaction import TenantSession


class Clashing(Stale):
    """Somebody else changed the same sections meanwhile: choose for each, then save again."""

    code = "clashing"

    def __init__(self, clashes: Sequence[Clash]) -> None:
        super().__init__()
        self.clashes = clashes


def save_merged(
    session: TenantSession,
    key: str,
    document: Mapping[str, Any],
    *,
    base_revision: int,
    prefer: Mapping[str, str],
    kinds: Kinds,
) -> tuple[Draft, bool]:
    """Save a document that was made from a revision; return the draft, and whether it was merged with a later one.

    `prefer`: "mine" or "theirs" for each clash, by its key. Raise Clashing where one is not decided, Invalid with
    problems by path, Stale when somebody saved while this was merged.
    """
    draft = get_draft(session, key)
    if draft.revision == base_revision:
        change = "Edited as JSON"
        return save_draft(session, key, document, change=change, expected_revision=base_revision, kinds=kinds), False
    base = get_revision(session, key, base_revision)
    parse(document, kinds, known_before=types_in(draft.document))
    merged = merge(base.document, dict(document), draft.document, prefer=prefer)
    if merged.clashes:
        raise Clashing(merged.clashes)
    revision, change = draft.revision, f"Edited as JSON, merged with revision {draft.revision}"
    saved = save_draft(session, key, merged.document, change=change, expected_revision=revision, kinds=kinds)
    return saved, True
