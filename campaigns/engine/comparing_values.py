"""What differs between two JSON values, leaf by leaf: how a changed section or setting is told in a comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.engine.comparing import content

MOST = 50  # leaves that are told; a document's text may be anything


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One leaf that differs: where it is ("config · duration · days"), and both values; None where there is none."""

    at: str
    before: Any
    after: Any


def item_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ValueChange]:
    """Return what differs between two states of a section or trigger, without what stands in it."""
    return value_changes(content(dict(before)), content(dict(after)))


def value_changes(before: Any, after: Any) -> list[ValueChange]:
    """Return the leaves that differ, in the order of the later value, then those that are gone; at most 50."""
    found = list(_walk(before, after, ()))
    return found[:MOST]


def _walk(before: Any, after: Any, path: tuple[str, ...]) -> Iterator[ValueChange]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*after, *(key for key in before if key not in after)]:
            yield from _walk(before.get(key), after.get(key), (*path, str(key)))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True), 1):
            yield from _walk(one, other, (*path, str(number)))
    elif not _same(before, after):
        yield ValueChange(" · ".join(path), before, after)


def _same(one: Any, other: Any) -> bool:
    """Unlike `==`, true is not 1: a document says which."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
