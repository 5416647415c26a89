"""Executions end to end, delays resumed, imports with and without their executions, and the cost of waiting."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Iterable
from pathlib import Path

from campaigns.bench.ceiling import execution_ceiling, import_ceiling
from campaigns.bench.figures import Figure, rate
from campaigns.bench.scene import DELAY, IF_AND_ACTIONS, Scene
from campaigns.bench.stores import BenchStore
from campaigns.services.outbox import Sender  # noqa: F401 - keeps the worker's parts loaded before the clock runs


def executions(bench: BenchStore, leads: int) -> Iterable[Figure]:
    """Pending events to finished executions, all commits included."""
    scene = Scene(bench.open(), bench.uploads)
    scene.activate(IF_AND_ACTIONS)
    scene.upload(leads)
    scene.import_rows()
    before = bench.copy()
    began = time.perf_counter()
    scene.run()
    seconds = time.perf_counter() - began
    yield rate("executions", bench.kind, leads, seconds, execution_ceiling(bench, before))


def wakeups(bench: BenchStore, leads: int) -> Iterable[Figure]:
    """Executions asleep in a delay, all due at once, to finished."""
    scene = Scene(bench.open(), bench.uploads)
    scene.activate([DELAY, *IF_AND_ACTIONS])
    scene.upload(leads)
    scene.import_rows()
    scene.run()
    later = scene.later(days=3)
    before = bench.copy()
    began = time.perf_counter()
    later.run()
    seconds = time.perf_counter() - began
    yield rate("wakeups", bench.kind, leads, seconds, _wakeup_ceiling(bench, before))


def _wakeup_ceiling(done: BenchStore, before: BenchStore) -> float:
    """The same rows as for executions, without those that the first half wrote."""
    connection = before.connect()
    for table in ("steps", "tokens", "enrolments", "executions"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names are our own
    connection.commit()
    connection.close()
    return execution_ceiling(done, before)


def import_only(bench: BenchStore, leads: int) -> Iterable[Figure]:
    """Rows of a file to leads with their events, no workflow active."""
    scene = Scene(bench.open(), bench.uploads)
    scene.upload(leads)
    before = bench.copy()
    began = time.perf_counter()
    scene.import_rows()
    seconds = time.perf_counter() - began
    yield rate("import", bench.kind, leads, seconds, import_ceiling(bench, before, pending=False))


def import_run(bench: BenchStore, leads: int) -> Iterable[Figure]:
    """Rows of a file to finished executions."""
    scene = Scene(bench.open(), bench.uploads)
    scene.activate(IF_AND_ACTIONS)
    scene.upload(leads)
    before = bench.copy()
    began = time.perf_counter()
    scene.run()
    seconds = time.perf_counter() - began
    ceiling = import_ceiling(bench, before, pending=True) + execution_ceiling(bench, before)
    yield rate("import_run", bench.kind, leads, seconds, ceiling)


def waiting(bench: BenchStore, leads: int) -> Iterable[Figure]:
    """What executions cost while they sleep: memory of the process, and bytes of store beside receipts and events."""
    scene = Scene(bench.open(), bench.uploads)
    scene.upload(leads)
    scene.import_rows()
    scene.activate([DELAY])
    plain = _rows(bench, ("steps", "events"))
    scene.upload(leads, first=leads)
    scene.import_rows()
    gc.collect()
    memory, size = _resident_mib(), bench.size()
    began = time.perf_counter()
    scene.run()
    seconds = time.perf_counter() - began
    gc.collect()
    grown = bench.size() - size - (_rows(bench, ("steps", "events")) - plain)
    yield Figure("waiting", bench.kind, "mib", round(_resident_mib() - memory, 2), leads, round(seconds, 3))
    yield Figure("waiting", bench.kind, "bytes", round(grown / leads, 1), leads, round(seconds, 3))


def history(bench: BenchStore, leads: int) -> Iterable[Figure]:
    """The rate of executions with ten times as many finished ones already there."""
    scene = Scene(bench.open(), bench.uploads)
    scene.activate(IF_AND_ACTIONS)
    scene.upload(leads * 10)
    scene.import_rows()
    scene.run()
    scene.upload(leads, first=leads * 10)
    scene.import_rows()
    began = time.perf_counter()
    scene.run()
    seconds = time.perf_counter() - began
    yield rate("history", bench.kind, leads, seconds, None)


def _rows(bench: BenchStore, tables: tuple[str, ...]) -> int:
    """Return the bytes that tables take with their indexes."""
    connection = bench.connect()
    try:
        if bench.kind == "postgresql":
            return sum(
                connection.execute("SELECT pg_total_relation_size(%s)", (table,)).fetchone()[0] for table in tables
            )
        marks = ", ".join("?" * len(tables))
        own = f"SELECT name FROM sqlite_master WHERE tbl_name IN ({marks})"  # noqa: S608 - marks only
        sql = f"SELECT COALESCE(SUM(pgsize), 0) FROM dbstat WHERE name IN ({own})"  # noqa: S608 - marks only
        return int(connection.execute(sql, tables).fetchone()[0])
    finally:
        connection.close()


def _resident_mib() -> float:
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 1024 / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
