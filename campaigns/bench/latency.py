"""From an event sent by API to its first action committed, in one serving process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from campaigns.bench.figures import Figure, percentiles
from campaigns.bench.scene import Scene
from campaigns.bench.stores import BenchStore

SAMPLES = 300
_ACTION = [{"id": "s1", "type": "lead.add_points", "config": {"points": 1}}]
_TRIGGER = [{"id": "t1", "type": "event.received", "config": {"name": "ping"}}]


def event_latency(bench: BenchStore, leads: int) -> Iterable[Figure]:
    """Post events one after another to the app and wait for each execution's commit; the HTTP call included."""
    from campaigns.bench.serving import served  # noqa: PLC0415 - the web server is only needed here

    scene = Scene(bench.open(), bench.uploads)
    scene.activate(_ACTION, triggers=_TRIGGER)
    scene.upload(min(leads, 1000))
    scene.import_rows()
    assert bench.make_app is not None  # noqa: S101 - the command gives it
    with served(scene, bench.make_app) as post:
        samples = []
        for number in range(SAMPLES + 20):
            committed = threading.Event()
            began = time.perf_counter()
            post(f"lead{number % min(leads, 1000)}@example.com", committed)
            if not committed.wait(5):
                raise TimeoutError("an event was not worked on within 5 seconds")
            if number >= 20:  # the first ones load templates, programs and connections
                samples.append((time.perf_counter() - began) * 1000)
        yield from percentiles("event_latency", bench.kind, samples, SAMPLES)
