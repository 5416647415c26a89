"""What a document looks at: fields of the lead, properties of the event, lists, tags. For trials and their forms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.engine.document import Document
from campaigns.engine.fields import BUILT_IN_FIELDS
from campaigns.engine.kinds import Vocabulary

_LEAD = re.compile(r"\blead\.([A-Za-z_][A-Za-z0-9_]*)")
_EVENT = re.compile(r"\bevent\.(?:properties\.)?([A-Za-z_][A-Za-z0-9_]*)")
_PAST = re.compile(r"event|session|changed|before")
_OF_ALL_EVENTS = frozenset({"id", "name", "occurred_at", "properties", "source", "changes"})
_TOLD = ("created_at", "updated_at")  # the lead's own times: nobody sets them


@dataclass(frozen=True, slots=True)
class Used:
    """What a document looks at, each in order of its name; fields are bare keys that the tenant has.

    `compared`: the fields whose values conditions test; others are only written into texts.
    """

    fields: tuple[str, ...]
    properties: tuple[str, ...]
    lists: tuple[str, ...]
    tags: tuple[str, ...]
    compared: frozenset[str]


def find_used(document: Mapping[str, Any], vocabulary: Vocabulary) -> Used:
    """Return what a document names, in conditions, settings and templates alike."""
    text = "\n".join(_texts(document))
    fields = {"email", *_LEAD.findall(text), *_values(document, ("field", "until_field"))}
    known = {**BUILT_IN_FIELDS, **vocabulary.fields}
    return Used(
        tuple(key for key in known if key in fields and key not in _TOLD),
        tuple(sorted({*_EVENT.findall(text)} - _OF_ALL_EVENTS)),
        tuple(sorted({*_values(document, ("in_list", "list"))} & set(vocabulary.lists))),
        tuple(sorted({*_values(document, ("has_tag",))})),
        frozenset(_LEAD.findall("\n".join(_values(document, ("field",))))),
    )


def mentions_event(document: Document) -> bool:
    """Return whether sections or settings may look at the event, what it changed, or the visit that it came with.

    By words, so too often rather than too seldom: a note that says "before" counts.
    """
    parts = document.model_dump(mode="json", include={"sections", "settings"}, exclude_defaults=True)
    return any(_PAST.search(text) for text in (*_texts(parts), *_keys(parts)))


def _keys(part: Any) -> Iterator[str]:
    """Yield every key of a document, however deep."""
    if isinstance(part, Mapping):
        for key, value in part.items():
            yield key
            yield from _keys(value)
    elif isinstance(part, list):
        for one in part:
            yield from _keys(one)


def _texts(part: Any) -> Iterator[str]:
    """Yield every text of a document but the names of its types, which look like fields."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        for key, value in part.items():
            if key != "type":
                yield from _texts(value)
    elif isinstance(part, list):
        for one in part:
            yield from _texts(one)


def _values(part: Any, keys: tuple[str, ...]) -> Iterator[str]:
    """Yield every text that stands under one of these keys, however deep."""
    if isinstance(part, Mapping):
        for key, value in part.items():
            if key in keys and isinstance(value, str):
                yield value
            yield from _values(value, keys)
    elif isinstance(part, list):
        for one in part:
            yield from _values(one, keys)
