"""The Section menu: the types that may stand at a place of the canvas, grouped as people look for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from campaigns.engine import editing
from campaigns.engine.kinds import Kind, Kinds

_ORDER = ("flow", "email", "lead", "list", "state", "event", "start", "end")
_TITLES = {
    "flow": "Flow", "email": "Email", "lead": "Lead", "list": "Lists", "state": "Data", "event": "Events",
    "start": "By hand", "end": "End",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """A heading of the menu with its types."""

    title: str
    kinds: list[Kind]


def offered(document: dict[str, Any], place: str, kinds: Kinds) -> tuple[list[Group], str]:
    """Return the types that may stand at a place, and why none may where that is so; raise NotFound."""
    wanted = editing.gap(document, place).lane.listens
    refusals = {
        name: editing.refusal(document, place, kind, kinds) for name, kind in kinds.items() if kind.is_trigger == wanted
    }
    groups = _grouped(kinds[name] for name, refusal in refusals.items() if refusal is None)
    reason = next((refusal for refusal in refusals.values() if refusal), "") if not groups else ""
    return groups, reason


def _grouped(kinds: Iterable[Kind]) -> list[Group]:
    found: dict[str, list[Kind]] = {}
    for kind in sorted(kinds, key=lambda kind: kind.label):
        found.setdefault("end" if kind.role == "finish" else kind.group, []).append(kind)
    known = [name for name in _ORDER if name in found]
    others = sorted(name for name in found if name not in _ORDER)
    return [Group(_TITLES.get(name, name.capitalize()), found[name]) for name in (*known, *others)]
