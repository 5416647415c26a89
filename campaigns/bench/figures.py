"""What a benchmark says: a value, and what the bare driver reaches with the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from campaigns.bench.stores import BenchStore

Metric = Literal["per_second", "p50_ms", "p99_ms", "mib", "bytes"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `ceiling`: what the bare driver did with the same write set; `share`: value over it."""

    name: str
    store: str
    metric: Metric
    value: float
    leads: int
    seconds: float
    ceiling: float | None = None

    def as_json(self) -> dict[str, Any]:
        share = round(self.value / self.ceiling, 4) if self.ceiling else None
        return {**asdict(self), "share": share}


Benchmark = Callable[["BenchStore", int], Iterable[Figure]]


def rate(name: str, store: str, leads: int, seconds: float, ceiling_seconds: float | None) -> Figure:
    """Return leads per second beside the ceiling's."""
    ceiling = round(leads / ceiling_seconds, 1) if ceiling_seconds else None
    return Figure(name, store, "per_second", round(leads / seconds, 1), leads, round(seconds, 3), ceiling)


def percentiles(name: str, store: str, samples_ms: list[float], leads: int) -> list[Figure]:
    """Return the median and the 99th percentile of samples in milliseconds."""
    ordered = sorted(samples_ms)
    seconds = round(sum(samples_ms) / 1000, 3)
    return [
        Figure(name, store, "p50_ms", round(ordered[len(ordered) // 2], 3), leads, seconds),
        Figure(
            name, store, "p99_ms", round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 3), leads, seconds
        ),
    ]
