"""What a section's menu and the keyboard can do to it: each changes the document and says so in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from campaigns.engine import editing
from campaigns.engine.kinds import Kinds
from campaigns.errors import Invalid, Stale
from campaigns.services.drafts import edit_draft, lock_draft
from campaigns.services.section_ids import new_section_id
from campaigns.services.workflows import get_workflow
from campaigns.storage.transaction import TenantSession
from campaigns.web.branch_names import FIRST, Rows
from campaigns.web.group_changes import GROUP_CHANGES, Made
from campaigns.web.section_items import branches_of, digest

Change = Callable[[dict[str, Any], str, str, Kinds], str]


class Changed(NamedTuple):
    """A change in words, the revision that it made (None when all was so already), and the section to go on with."""

    words: str
    revision: int | None
    section: str


def make_change(session: TenantSession, key: str, sent: Mapping[str, str], kinds: Kinds) -> Changed:
    """Do what a form asks for to one section of the draft, or to several (`section`: their ids, with spaces between).

    Raise Conflict, Invalid, NotFound.
    """
    word, section, at = sent.get("do", ""), sent.get("section", ""), sent.get("at", "")
    keys = section.split()
    one, several = CHANGES.get(word), GROUP_CHANGES.get(word)
    if (one is None and several is None) or (len(keys) > 1 and several is None):
        raise Invalid("There is no such change.")

    def act(document: dict[str, Any]) -> Made:
        if several is not None and (len(keys) > 1 or one is None):
            return several(document, keys, at, kinds)
        return Made(one(document, section, at, kinds), section) if one is not None else Made("", "")

    return edit_by(session, key, act, kinds)


def edit_by(session: TenantSession, key: str, act: Callable[[dict[str, Any]], Made], kinds: Kinds) -> Changed:
    """Have `act` change the draft; return what it did and the revision of that. Raise what it raises, and Invalid."""
    made: list[Made] = []

    def edit(document: dict[str, Any]) -> str:
        made.append(act(document))
        return made[-1].words

    before = lock_draft(session, get_workflow(session, key)).revision
    revision = edit_draft(session, key, edit, kinds=kinds).revision
    return Changed(made[-1].words, revision if revision != before else None, made[-1].section)


@dataclass(frozen=True, slots=True)
class Content:
    """What a dialog sends of a section. `branches`: their names before and now, where the document names them.

    `was`: the digest of what the dialog showed.
    """

    item: dict[str, Any]
    branches: Rows | None = None
    was: str = ""


def add_section(session: TenantSession, key: str, place: str, content: Content, kinds: Kinds) -> str:
    """Put a new section at a place of the draft; return its id. Raise Conflict where it can't stand there."""
    identifier, item, branches = new_section_id(), content.item, content.branches
    kind = kinds.get(item.get("type", ""))
    if kind is not None and kind.model.free_branches:
        names = [now for _, now in branches] if branches is not None else FIRST
        item = {"branches": {name: [] for name in names}, **item}

    def edit(document: dict[str, Any]) -> str:
        editing.insert(document, place, {"id": identifier, **item}, kinds)
        return f"Added “{name_of(item, kinds)}”"

    edit_draft(session, key, edit, kinds=kinds)
    return identifier


def change_section(session: TenantSession, key: str, section: str, content: Content, kinds: Kinds) -> None:
    """Give a section other content; raise Stale when it is not what its dialog showed any more."""
    item, branches = content.item, content.branches

    def edit(document: dict[str, Any]) -> str:
        before = editing.find(document, section).item
        if content.was and digest(before) != content.was:
            raise Stale(
                f"Somebody changed “{name_of(before, kinds)}” meanwhile: look at it below, or save again to take yours."
            )
        named = branches_of(before, kinds)
        kind = kinds.get(item.get("type", ""))
        kept = kind is not None and kind.model.free_branches  # the document names them, not what the dialog sends
        editing.replace(document, section, item, named if kept else branches_of(item, kinds), named)
        if kept and branches is not None:
            editing.rename_branches(document, section, branches)
        return f"Changed “{name_of(item, kinds)}”"

    edit_draft(session, key, edit, kinds=kinds)


def name_of(item: dict[str, Any], kinds: Kinds) -> str:
    """Return what people call a section: its name, else its type's."""
    kind = kinds.get(item.get("type", ""))
    return str(item.get("name") or (kind.label if kind else item.get("type", "")))


def _duplicate(document: dict[str, Any], section: str, _place: str, kinds: Kinds) -> str:
    name = name_of(editing.find(document, section).item, kinds)
    editing.duplicate(document, section, new_section_id, kinds)
    return f"Duplicated “{name}”"


def _delete(document: dict[str, Any], section: str, _place: str, kinds: Kinds) -> str:
    item = editing.remove(document, section)
    name, inner = name_of(item, kinds), len(editing.ids_in(item)) - 1
    return f"Deleted “{name}”" + (f" and {inner} more in its branches" if inner else "")


def _move(document: dict[str, Any], section: str, place: str, kinds: Kinds) -> str:
    editing.move(document, section, place, kinds)
    return f"Moved “{name_of(editing.find(document, section).item, kinds)}”"


def _shift(step: int) -> Change:
    def shift(document: dict[str, Any], section: str, _place: str, kinds: Kinds) -> str:
        editing.shift(document, section, step, kinds)
        return f"Moved “{name_of(editing.find(document, section).item, kinds)}” {'up' if step < 0 else 'down'}"

    return shift


def _switch(*, disabled: bool) -> Change:
    def switch(document: dict[str, Any], section: str, _place: str, kinds: Kinds) -> str:
        editing.switch(document, section, disabled=disabled)
        return f"{'Disabled' if disabled else 'Enabled'} “{name_of(editing.find(document, section).item, kinds)}”"

    return switch


CHANGES: dict[str, Change] = {
    "duplicate": _duplicate,
    "delete": _delete,
    "move": _move,
    "up": _shift(-1),
    "down": _shift(1),
    "disable": _switch(disabled=True),
    "enable": _switch(disabled=False),
}
