"""Workflows that would start each other for ever: found before they are published, where that is certain.

What depends on a condition, a branch or a wait may come to an end, and is left to the guard at run time: 25 hops.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from campaigns.engine.document import Document, SectionItem, TriggerItem
from campaigns.engine.kinds import Kinds
from campaigns.engine.validation import typed
from campaigns.errors import Problem

_ENDS = frozenset({"flow.stop", "flow.finish", "flow.leave", "flow.return", "flow.goto", "workflow.exit"})
_STARTS, _EMITS, _RECEIVED = "workflow.start", "event.emit", "event.received"


@dataclass(frozen=True, slots=True)
class Link:
    """What a workflow surely sets going for each lead: a workflow, or an event; and where it says so."""

    kind: str  # "workflow" or "event"
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A workflow as far as it can start others: what it surely sets going, the events it always starts by."""

    links: tuple[Link, ...]
    events: frozenset[str]
    again: bool  # a lead may go through it any number of times


def outline(document: Document, kinds: Kinds) -> Outline:
    """Return what of a document matters for cycles."""
    settings = document.settings
    again = not settings.limits.per_lead_ever and settings.reenter_after is None and settings.keep_while is None
    return Outline(
        links=tuple(_links(document, kinds)),
        events=frozenset(_event(trigger) for trigger in document.triggers if _always(trigger)),
        again=again,
    )


def cycle_problems(key: str, document: Document, others: Mapping[str, Outline], kinds: Kinds) -> Iterator[Problem]:
    """Yield a problem for each section by which a workflow surely starts itself again. `others`: those live, by key."""
    known = {**others, key: outline(document, kinds)}
    for link in known[key].links:
        way = _way_back(key, link, known)
        if way is not None:
            through = f" by way of {', '.join(way)}" if way else ""
            yield Problem(link.path, f"starts this workflow again{through}, for every lead and without an end")


def _links(document: Document, kinds: Kinds) -> Iterator[Link]:
    for index, item in enumerate(document.sections):
        if item.disabled:
            continue
        if item.type in _ENDS:
            return
        if item.only_if is None and typed(item, kinds) is not None:
            yield from _link(item, f"/sections/{index}")


def _link(item: SectionItem, path: str) -> Iterator[Link]:
    if item.type == _STARTS:
        yield Link("workflow", str(item.config.get("workflow")), f"{path}/config/workflow")
    elif item.type == _EMITS:
        yield Link("event", str(item.config.get("name")).strip(), f"{path}/config/name")


def _always(trigger: TriggerItem) -> bool:
    return trigger.type == _RECEIVED and trigger.mode == "start" and not trigger.disabled and trigger.filter is None


def _event(trigger: TriggerItem) -> str:
    return str(trigger.config.get("name"))


def _way_back(key: str, link: Link, known: Mapping[str, Outline]) -> list[str] | None:
    """Return the workflows between a link and the workflow it comes from; None when it does not surely come back."""
    ways: list[tuple[str, list[str]]] = [(target, []) for target in _targets(link, known)]
    seen: set[str] = set()
    while ways:
        here, way = ways.pop(0)
        if here == key:
            return way if all(known[name].again for name in [key, *way]) else None
        if here in seen or not known[here].again:
            continue
        seen.add(here)
        ways += [(target, [*way, here]) for further in known[here].links for target in _targets(further, known)]
    return None


def _targets(link: Link, known: Mapping[str, Outline]) -> list[str]:
    if link.kind == "workflow":
        return [link.name] if link.name in known else []
    return [name for name, one in known.items() if link.name in one.events]
