"""Executions with several tokens: a fork, a wait, a loop and a goal, walked to their end; and the same simulated."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from campaigns.bench.ceiling import execution_ceiling
from campaigns.bench.figures import Figure, rate
from campaigns.bench.scene import Scene, lead_address
from campaigns.bench.stores import BenchStore
from campaigns.services import events, simulations
from campaigns.services.events import Sent
from campaigns.services.simulations import Asked
from campaigns.storage.transaction import reading, writing

BOUGHT = {"type": "event.received", "config": {"name": "bought"}}
TRIALS = [{"id": "t1", "type": "event.received", "config": {"name": "trial"}}]
AT_ONCE = 1000
DAYS = 30


def _score(op: str, value: int) -> dict[str, Any]:
    return {"field": "lead.score", "op": op, "value": value}


# Of a hundred leads, by score: 10 are at the goal with their first change, 15 get there by the loop while the other
# branch waits, and 75 wait until an event comes, or for two days.
SECTIONS: list[dict[str, Any]] = [
    {
        "id": "s1",
        "type": "flow.if",
        "config": {"condition": _score("gte", 50)},
        "branches": {
            "yes": [{"id": "s2", "type": "lead.set_field", "config": {"field": "grade", "value": "hot"}}],
            "no": [{"id": "s3", "type": "lead.set_status", "config": {"status": "contacted"}}],
        },
    },
    {
        "id": "s4",
        "type": "flow.fork",
        "config": {"join": "all"},
        "branches": {
            "wait": [
                {
                    "id": "s5",
                    "type": "flow.wait",
                    "config": {"for": [{"name": "bought", "trigger": BOUGHT}], "timeout": {"days": 2}},
                    "branches": {
                        "bought": [{"id": "s6", "type": "list.add", "config": {"list": "hot"}}],
                        "timeout": [{"id": "s7", "type": "list.add", "config": {"list": "cold"}}],
                    },
                },
            ],
            "loop": [
                {
                    "id": "s8",
                    "type": "flow.for",
                    "config": {"end": 3},
                    "branches": {"do": [{"id": "s9", "type": "lead.add_points", "config": {"points": 5}}]},
                },
            ],
        },
    },
    {"id": "s10", "type": "flow.goal", "config": {"condition": _score("gte", 90)}},
    {"id": "s11", "type": "lead.set_status", "config": {"status": "qualified"}},
    {"id": "s12", "type": "flow.finish", "config": {}},
]


def tokens(bench: BenchStore, leads: int) -> Iterable[Figure]:
    """Pending events to finished executions of twelve sections; every second lead buys, the others run out of time."""
    scene = Scene(bench.open(), bench.uploads)
    scene.activate(SECTIONS)
    scene.upload(leads)
    scene.import_rows()
    before = bench.copy()
    seconds = _timed(scene)
    _send(scene, [Sent("bought", {"email": lead_address(n)}) for n in range(0, leads, 2)])
    seconds += _timed(scene)
    seconds += _timed(scene.later(days=3))
    yield rate("tokens", bench.kind, leads, seconds, execution_ceiling(bench, before))


def simulation(bench: BenchStore, leads: int) -> Iterable[Figure]:
    """Leads with a month of events, three each, gone through in virtual time; at most as many as a simulation takes."""
    leads = min(leads, simulations.MOST_LEADS)
    scene = Scene(bench.open(), bench.uploads)
    scene.draft(SECTIONS, triggers=TRIALS)
    scene.upload(leads)
    scene.import_rows()
    _send(scene, _month(leads, scene.now))
    began = time.perf_counter()
    with reading(scene.store, scene.tenancy) as session:
        found = simulations.run_simulation(session, "flow", Asked(days=DAYS))
    yield rate("simulation", bench.kind, found.leads, time.perf_counter() - began, None)


def _month(leads: int, now: datetime) -> list[Sent]:
    """Return for each lead a trial, a page seen and, of every second one, something bought, spread over the month."""
    sent = []
    for n in range(leads):
        at = now - timedelta(days=DAYS - 1) + timedelta(minutes=n % (20 * 24 * 60))
        lead = {"email": lead_address(n)}
        sent.append(Sent("trial", lead, None, {"plan": "pro"}, at))
        sent.append(Sent("page", lead, None, {"url": "/prices"}, at + timedelta(hours=5)))
        sent.append(Sent("bought" if n % 2 else "page", lead, None, {"price": 20}, at + timedelta(days=1)))
    return sent


def _send(scene: Scene, sent: list[Sent]) -> None:
    for start in range(0, len(sent), AT_ONCE):
        with writing(scene.store, scene.tenancy) as session:
            events.take(session, sent[start : start + AT_ONCE])


def _timed(scene: Scene) -> float:
    began = time.perf_counter()
    scene.run()
    return time.perf_counter() - began
