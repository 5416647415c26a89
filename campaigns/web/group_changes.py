"""What is done to several sections at once: the same words as for one, and wrapping them in a new section."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from campaigns.engine.kinds import Kinds
from campaigns.engine.selecting import chosen, remove_all, shift_all, switch_all
from campaigns.engine.wrapping import wrap
from campaigns.services.section_ids import new_section_id


class Made(NamedTuple):
    """A change in words, and the section to go on with."""

    words: str
    section: str


GroupChange = Callable[[dict[str, Any], Sequence[str], str, Kinds], Made]


def sections_told(count: int) -> str:
    """Return how many sections, in words."""
    return f"{count} section{'' if count == 1 else 's'}"


def _delete(document: dict[str, Any], keys: Sequence[str], _at: str, _kinds: Kinds) -> Made:
    return Made(f"Deleted {sections_told(len(remove_all(document, keys)))}", keys[0])


def _switch(*, disabled: bool) -> GroupChange:
    def switch(document: dict[str, Any], keys: Sequence[str], _at: str, _kinds: Kinds) -> Made:
        count = switch_all(document, keys, disabled=disabled)
        return Made(f"{'Disabled' if disabled else 'Enabled'} {sections_told(count)}", keys[0])

    return switch


def _shift(step: int) -> GroupChange:
    def shift(document: dict[str, Any], keys: Sequence[str], _at: str, kinds: Kinds) -> Made:
        count = shift_all(document, keys, step, kinds)
        return Made(f"Moved {sections_told(count)} {'up' if step < 0 else 'down'}", keys[0])

    return shift


def _wrap(document: dict[str, Any], keys: Sequence[str], at: str, kinds: Kinds) -> Made:
    """Wrap in a new section of the type `at`."""
    count = len(chosen(document, keys))
    made = wrap(document, keys, at, new_section_id, kinds)
    return Made(f"Wrapped {sections_told(count)} in “{kinds[at].label}”", made)


GROUP_CHANGES: dict[str, GroupChange] = {
    "delete": _delete,
    "up": _shift(-1),
    "down": _shift(1),
    "disable": _switch(disabled=True),
    "enable": _switch(disabled=False),
    "wrap": _wrap,
}
