"""What is wrong with a section where it stands: a list that is gone, a value that is no date. It may be saved so."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from zlib import crc32

from campaigns.engine import editing
from campaigns.engine.document import Document, walk, walk_triggers
from campaigns.engine.kinds import Kinds, Vocabulary
from campaigns.engine.lanes import INSIDE, Item
from campaigns.engine.validation import find_problems
from campaigns.errors import CampaignsError, Problem

_NEW = "new-one"  # the id of a section that has none yet


def find_meaning(
    document: Item, section: str | None, place: str, item: Item, kinds: Kinds, vocabulary: Vocabulary
) -> list[Problem]:
    """Return what keeps a workflow from running with this section as it is, by the section's own paths.

    `section`: its id; None for a new one that would stand at `place`. What can't stand there at all has no meaning yet.
    """
    tried = copy.deepcopy(document)
    try:
        if section is None:
            editing.insert(tried, place, {"id": _NEW, **item}, kinds)
        else:
            spot = editing.find(tried, section)
            kept = {name: spot.item[name] for name in INSIDE if name in spot.item}
            spot.lane.items[spot.index] = {**item, "id": section, **kept}
        whole = Document.model_validate(tried)
        path = _path(whole, section or _NEW)
        found = find_problems(whole, kinds, vocabulary)
    except (CampaignsError, ValueError):
        return []
    inside = tuple(f"{path}/{name}/" for name in INSIDE)
    own = (p for p in found if p.path.startswith(f"{path}/") and not p.path.startswith(inside))
    return [Problem(p.path.removeprefix(path), p.message) for p in own]


def word_for(problems: Sequence[Problem]) -> str:
    """Return a word that stands for these problems and for no others."""
    return f"{crc32(repr([(p.path, p.message) for p in problems]).encode()):08x}"


def _path(document: Document, key: str) -> str:
    sections = {item.id: path for item, path, _ in walk(document.sections)}
    return (sections | {item.id: path for item, path in walk_triggers(document)})[key]
