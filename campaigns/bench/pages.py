"""How long the builder's page takes from the database, at one connection."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from campaigns.bench.figures import Figure, percentiles
from campaigns.bench.scene import Scene
from campaigns.bench.stores import BenchStore

SECTIONS = 60
SAMPLES = 200


def page(bench: BenchStore, _leads: int) -> Iterable[Figure]:
    """Get the builder page of a workflow of 60 sections, signed in, through the app."""
    from campaigns.bench.serving import signed_in  # noqa: PLC0415 - the web server is only needed here

    scene = Scene(bench.open(), bench.uploads)
    scene.activate(_sixty())
    assert bench.make_app is not None  # noqa: S101 - the command gives it
    with signed_in(scene, bench.make_app) as get:
        samples = []
        for number in range(SAMPLES + 20):
            began = time.perf_counter()
            get("flow")
            if number >= 20:  # the first ones compile templates
                samples.append((time.perf_counter() - began) * 1000)
        yield from percentiles("page", bench.kind, samples, SECTIONS)


def _sixty() -> list[Any]:
    """Twelve times an if with two actions a branch: 60 sections."""
    return [_group(number) for number in range(SECTIONS // 5)]


def _group(n: int) -> dict[str, Any]:
    def action(letter: str, status: str) -> dict[str, Any]:
        return {"id": f"{letter}{n}", "type": "lead.set_status", "config": {"status": status}}

    def points(letter: str) -> dict[str, Any]:
        return {"id": f"{letter}{n}", "type": "lead.add_points", "config": {"points": n}}

    condition = {"field": "lead.score", "op": "gte", "value": n}
    branches = {"yes": [action("a", "qualified"), points("b")], "no": [action("c", "contacted"), points("d")]}
    return {"id": f"i{n}", "type": "flow.if", "config": {"condition": condition}, "branches": branches}
