"""Jumps between sections as the canvas says them: by name, at both of their ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from campaigns.engine.document import Document, SectionItem, TriggerItem, walk
from campaigns.engine.kinds import Kinds, Section
from campaigns.engine.validation import typed
from campaigns.web.canvas_parts import Jump


@dataclass(frozen=True, slots=True)
class Jumps:
    """Where each section and trigger jumps to, by its id, and what jumps to each section."""

    out: dict[str, Jump]
    into: dict[str, list[Jump]]


def find_jumps(document: Document, kinds: Kinds) -> Jumps:
    """Return all jumps of a document whose target exists."""
    sections = {item.id: item for item, _path, _depth in walk(document.sections)}
    found = Jumps({}, {})
    jumping: list[tuple[SectionItem | TriggerItem, str, str]] = [*_restarts(document), *_gotos(sections, kinds)]
    for item, target, words in jumping:
        if target in sections:
            found.out[item.id] = Jump(target, _name(sections[target], kinds), words)
            found.into.setdefault(target, []).append(Jump(item.id, _name(item, kinds), "From"))
    return found


def _restarts(document: Document) -> Iterator[tuple[TriggerItem, str, str]]:
    for trigger in document.triggers:
        if trigger.mode == "restart" and trigger.section is not None:
            yield trigger, trigger.section, "Back to"


def _gotos(sections: dict[str, SectionItem], kinds: Kinds) -> Iterator[tuple[SectionItem, str, str]]:
    for item in sections.values():
        kind = kinds.get(item.type)
        if kind is not None and kind.model.jumps_to is not Section.jumps_to:
            config = typed(item, kinds)
            target = config.jumps_to() if config is not None else None
            if target is not None:
                yield item, target, "Jumps to"


def _name(item: SectionItem | TriggerItem, kinds: Kinds) -> str:
    kind = kinds.get(item.type)
    return item.name or (kind.label if kind else item.type)
