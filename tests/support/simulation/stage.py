"""The database that a simulation plays on, with a hook at every transaction; time, ids and calls made repeatable."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import Any, Protocol, Self
from unittest.mock import patch

from sqlalchemy import Engine, event

from campaigns import ids
from campaigns.services import calls, import_chunks, runner, schedules
from campaigns.storage.db import Database
from campaigns.storage.queries import dates_reached
from tests.support.databases import NOON
from tests.support.simulation.shelves import Shelf

PAGE = 2  # rows of a chunk of an import, and leads of a page that is told of something
_WITH_A_LEAD = frozenset({"enrolments", "notes", "refusals"})  # what the database itself deletes with it
_WRITTEN = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)", re.IGNORECASE)


class Hooks(Protocol):
    """What hears of transactions. Any of them may raise, and `opening` may let others go first."""

    def opening(self, *, writes: bool) -> None: ...

    def committing(self) -> None: ...

    def committed(self, tables: set[str]) -> None: ...


class SimulatedClock:
    """The wall clock, which may be set to any time, and the seconds that have really passed, which only grow."""

    def __init__(self) -> None:
        self.at: datetime = NOON
        self.passed = 0.0
        self.latest = NOON  # the furthest that it ever stood

    def now(self) -> datetime:
        return self.at

    def timer(self) -> float:
        return self.passed

    def pass_time(self, span: timedelta) -> None:
        self.passed += span.total_seconds()
        self.step(span)

    def step(self, span: timedelta) -> None:
        """Set the clock, without any time having passed."""
        self.at += span
        self.latest = max(self.latest, self.at)


class Stage:
    """One database whose engines are kept from seed to seed, with what they have compiled."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.database = Database(shelf.url)
        self.hooks: Hooks | None = None
        self.prepared: int | None = None
        self._tables: set[str] = set()
        if self.database.is_sqlite:
            self._watch(self.database.reader, writes=False)
            event.listen(self.database.writer, "connect", _without_waiting_for_the_disk)
        self._watch(self.database.writer, writes=True)

    def keep(self, number: int) -> None:
        """Keep what stands now, under a number, to be begun with."""
        self.database.dispose()
        self.shelf.keep()
        self.prepared = number

    def reset(self, *, prepared: bool = False) -> None:
        """Put the template, or what was prepared, in the place of whatever the last seed left."""
        self.hooks = None
        self.database.dispose()
        self.shelf.reset(prepared=prepared)

    @property
    def is_writing(self) -> bool:
        """Whether somebody holds a connection that writes: nobody else may go first then, since one waits for it."""
        pool: Any = self.database.writer.pool
        return bool(pool.checkedout())

    def _watch(self, engine: Engine, *, writes: bool) -> None:
        connect: Callable[[], Any] = engine.raw_connection

        def opened() -> Any:
            if self.hooks is not None:
                self.hooks.opening(writes=writes)
            return connect()

        engine.raw_connection = opened  # type: ignore[method-assign]  # before any transaction begins
        if writes:
            event.listen(engine, "before_cursor_execute", self._note)
            self._watch_commits(engine)

    def _watch_commits(self, engine: Engine) -> None:
        commit: Callable[[Any], None] = engine.dialect.do_commit

        def do_commit(connection: Any) -> None:
            tables, self._tables = self._tables, set()
            if self.hooks is not None:
                self.hooks.committing()
            commit(connection)
            if self.hooks is not None:
                self.hooks.committed(tables)

        engine.dialect.do_commit = do_commit  # type: ignore[method-assign,assignment]  # bound already

    def _note(self, _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("BEGIN"):
            self._tables.clear()
        self._tables.update(_WRITTEN.findall(statement))
        if statement.startswith("DELETE FROM leads"):
            self._tables |= _WITH_A_LEAD


def _without_waiting_for_the_disk(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")  # a crash of the process loses nothing that is committed


class _InTurn:
    """In the place of a pool of threads: one call after the other."""

    def __init__(self, _workers: int) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        pass

    def map(self, call: Callable[[Any], object], items: Iterable[Any]) -> Iterator[object]:
        return map(call, items)


@contextmanager
def repeatable(seed: str, clock: SimulatedClock) -> Iterator[None]:
    """Take chance out of ids, threads out of calls, and the machine's own clock out of slices."""
    noise = Random(f"ids/{seed}")
    started = clock.now()
    milliseconds = SimpleNamespace(time_ns=lambda: int((started.timestamp() + clock.passed) * 1_000_000_000))
    with ExitStack() as stack:
        for module, name, fake in (
            (ids, "os", SimpleNamespace(urandom=noise.randbytes)),
            (ids, "time", milliseconds),
            (ids, "_last_millisecond", 0),
            (ids, "_counter", 0),
            (runner, "SLICE_SECONDS", math.inf),
            (calls, "ThreadPoolExecutor", _InTurn),
            (import_chunks, "run_chunk", partial(import_chunks.run_chunk, size=PAGE)),
            (schedules, "look", partial(schedules.look, most=PAGE)),
            (dates_reached, "PAGE", PAGE),
        ):
            stack.enter_context(patch.object(module, name, fake))
        yield
