"""The figures on the cards of the canvas: in words, with the list of those leads behind each number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import request

from campaigns.engine.document import Document, Listener, TriggerItem, walk, walk_triggers
from campaigns.services.insight import Counts
from campaigns.services.traffic import Traffic

_HERE = "counts"  # the parameter of an address that says whose figures are shown


@dataclass(frozen=True, slots=True)
class Figure:
    """One number on a card. `query` narrows the list of executions to those leads; empty: the refused starts."""

    word: str  # what CSS and scripts know it by
    label: str
    number: int
    query: str


def wanted_counts() -> str:
    """Return whose figures the page shows: from the address, or from that of the page that htmx asks from."""
    if _HERE in request.args:
        return request.args[_HERE]
    return parse_qs(urlsplit(request.headers.get("HX-Current-URL", "")).query).get(_HERE, [""])[0]


def figures(document: Document, traffic: Traffic) -> dict[str, list[Figure]]:
    """Return the figures of each card of a document, by its id; [] where nothing has happened yet."""
    version = {"version": traffic.of} if isinstance(traffic.of, int) else {}
    found = {item.id: list(_of_section(item.id, traffic, version)) for item, _path, _depth in walk(document.sections)}
    for item, _ in walk_triggers(document):
        found[item.id] = list(_of_trigger(item, traffic.counts.get(item.id, Counts()), version))
    return found


def shares(document: Document, traffic: Traffic) -> dict[str, int]:
    """Return how many of a hundred took each branch, by its place on the canvas."""
    ids = {item.id for item, _path, _depth in walk(document.sections)}
    return {f"in:{section}:{name}": share for (section, name), share in traffic.shares.items() if section in ids}


def _of_section(section: str, traffic: Traffic, version: Mapping[str, Any]) -> Iterator[Figure]:
    count = traffic.counts.get(section, Counts())
    here = {"section": section, **version}
    told = (
        ("waiting", "waiting", count.waiting, here | {"status": "waiting"}),
        ("now", "now", traffic.due.get(section, 0), here),
        ("failed", "failed", count.failed, here | {"status": "failed"}),
        ("passed", "passed", count.passed, {"passed": section, **version}),
    )
    yield from (Figure(*one[:3], urlencode(one[3])) for one in told if one[2] > 0)


def _of_trigger(item: TriggerItem, count: Counts, version: Mapping[str, Any]) -> Iterator[Figure]:
    told: list[tuple[str, str, int, Mapping[str, Any]]]
    if isinstance(item, Listener):
        told = [("passed", "heard", count.passed, {"passed": item.id, **version})]
    elif item.mode == "start":
        told = [("passed", "started", count.passed, {"trigger": item.id, **version}), _refused(count)]
    else:
        word = "ended" if item.mode == "exit" else "taken back"
        told = [("passed", word, count.passed, {"passed": item.id, **version}), _refused(count)]
    yield from (Figure(*one[:3], urlencode(one[3])) for one in told if one[2] > 0)


def _refused(count: Counts) -> tuple[str, str, int, Mapping[str, Any]]:
    return "refused", "refused", count.failed, {}
