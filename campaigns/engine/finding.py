"""Finding sections by what they are called, what they are, and what their settings say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.engine.kinds import Kinds, Vocabulary
from campaigns.engine.lanes import INSIDE, Item, parts
from campaigns.engine.validation import typed_item

MOST = 100
_AROUND = 30  # letters shown before what was found


@dataclass(frozen=True, slots=True)
class Hit:
    """A section or trigger that was found: its id, what people call it, its role, and the text that has the words."""

    id: str
    label: str
    role: str
    where: str


def find_sections(document: Item, words: str, kinds: Kinds, vocabulary: Vocabulary) -> list[Hit]:
    """Return the parts that have all of the words, in the order in which they are drawn; at most a hundred."""
    wanted = words.casefold().split()
    found: list[Hit] = []
    for item in _every(document) if wanted else ():
        hit = _hit(item, wanted, kinds, vocabulary)
        if hit is not None:
            found.append(hit)
        if len(found) == MOST:
            break
    return found


def _hit(item: Item, wanted: list[str], kinds: Kinds, vocabulary: Vocabulary) -> Hit | None:
    kind = kinds.get(item["type"])
    config = typed_item(item, kinds)
    kind_label = kind.label if kind else item["type"]
    summary = config.summary(vocabulary) if config is not None else ""
    texts = [str(item.get("name") or ""), kind_label, summary, item["type"], item["id"], str(item.get("note") or "")]
    texts += [text for key, value in item.items() if key not in {*INSIDE, "id", "type"} for text in _texts(value)]
    texts += list(item.get("branches", {}))
    if not all(any(word in text.casefold() for text in texts) for word in wanted):
        return None
    label = str(item.get("name") or kind_label)
    shown = next(
        (text for text in texts if wanted[0] in text.casefold() and text not in (label, item["type"])), summary
    )
    return Hit(str(item["id"]), label, kind.role if kind else "failed", _excerpt(shown or kind_label, wanted[0]))


def _every(document: Item) -> Iterator[Item]:
    for item in [*document.get("triggers", []), *document.get("sections", [])]:
        yield from parts(item)


def _texts(value: Any) -> Iterator[str]:
    """Yield what a value says, its keys not included: they are ours and not the user's."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)


def _excerpt(text: str, word: str) -> str:
    start = max(0, text.casefold().find(word) - _AROUND)
    shown = " ".join(text[start : start + 4 * _AROUND].split())
    return f"{'… ' if start else ''}{shown}{' …' if len(text) > start + 4 * _AROUND else ''}"
