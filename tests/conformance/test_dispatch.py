"""Every way of saying "look now" keeps the same promises, whatever becomes of its messages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text

from campaigns.dispatch.base import Dispatch, DispatchUsedTwice
from campaigns.dispatch.distributed import Distributed
from campaigns.dispatch.embedded import Embedded
from campaigns.dispatch.inline import Inline
from campaigns.dispatch.schema import apply_schema
from campaigns.ids import new_id
from tests.support.postgresql import PostgreSQL

TENANT = UUID("01900000-0000-7000-8000-000000000001")
ROLE = f"dispatch_{new_id().hex}"
NEVER = 3600.0
SOON = 0.02
PATIENCE = 20.0

ITEMS = "CREATE TABLE items (id integer PRIMARY KEY, done integer NOT NULL DEFAULT 0)"
TAKE = {
    "sqlite": "UPDATE items SET done = done + 1 WHERE id = (SELECT min(id) FROM items WHERE done = 0) RETURNING id",
    "postgresql": "UPDATE items SET done = done + 1 WHERE id = (SELECT id FROM items WHERE done = 0 ORDER BY id"
    " FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING id",
}


@dataclass
class Items:
    """Work as rows of a table, taken one at a time: the rows alone say what is due and what was done."""

    engine: Engine
    changed: threading.Condition = field(default_factory=threading.Condition)
    looks: int = 0
    ticks: int = 0
    failures_to_come: int = 0
    failures: int = 0
    during: Callable[[], None] = lambda: None

    def drain(self, deadline: Callable[[], bool]) -> bool:
        self._count("looks")
        if self.failures_to_come > 0:
            self.failures_to_come -= 1
            self._count("failures")
            raise RuntimeError("the work fails")
        self.during()
        while not deadline():
            with self.engine.begin() as connection:
                taken = connection.execute(text(TAKE[connection.dialect.name])).first()
            self._count()
            if taken is None:
                return False
        return True

    def tick(self) -> None:
        self._count("ticks")

    def add(self, connection: Connection, *ids: int) -> None:
        connection.execute(text("INSERT INTO items (id) VALUES (:id)"), [{"id": one} for one in ids])

    def done(self) -> dict[int, int]:
        """How often each item was done, by its id."""
        with self.engine.begin() as connection:
            return {row.id: row.done for row in connection.execute(text("SELECT id, done FROM items ORDER BY id"))}

    def wait_for(self, condition: Callable[[], bool]) -> bool:
        with self.changed:
            return self.changed.wait_for(condition, PATIENCE)

    def wait_done(self, expected: dict[int, int]) -> bool:
        return self.wait_for(lambda: self.done() == expected)

    def _count(self, name: str | None = None) -> None:
        with self.changed:
            if name is not None:
                setattr(self, name, getattr(self, name) + 1)
            self.changed.notify_all()


@dataclass
class Bench:
    """One dispatch over one store, with what tests do to it."""

    items: Items
    make: Callable[[float], Dispatch]
    made: list[Dispatch] = field(default_factory=list)

    def dispatch(self, tick_seconds: float) -> Dispatch:
        """A new dispatch, not started."""
        self.made.append(self.make(tick_seconds))
        return self.made[-1]

    def running(self, tick_seconds: float = NEVER) -> Dispatch:
        """A started dispatch that has looked once and found nothing."""
        dispatch = self.dispatch(tick_seconds)
        dispatch.start(self.items)
        if not isinstance(dispatch, Inline):
            assert self.items.wait_for(lambda: self.items.looks > 0)
        return dispatch

    def commit(self, dispatch: Dispatch, *ids: int, messages: int = 1) -> None:
        """Add items in a transaction, offering and waking as often as there are messages."""
        with self.items.engine.begin() as connection:
            self.items.add(connection, *ids)
            if messages:
                dispatch.offer(connection, TENANT, "bulk")
        for _ in range(messages - 1):
            with self.items.engine.begin() as connection:
                dispatch.offer(connection, TENANT, "bulk")
        for _ in range(messages):
            dispatch.wake(TENANT, "bulk")

    def tick(self, dispatch: Dispatch) -> None:
        """Let the clock run: the inline dispatch has none and is ticked by whoever holds it."""
        if isinstance(dispatch, Inline):
            dispatch.tick()


@pytest.fixture(scope="module")
def postgres_engine(postgresql: PostgreSQL) -> Iterator[Engine]:
    """An engine that works as the application's role, on a database with the queue and the items in it."""
    url = postgresql.fresh_database(migrated=False)
    engine = create_engine(url)
    with engine.begin() as owner:
        owner.execute(text(f"CREATE ROLE {ROLE} NOLOGIN"))
        owner.execute(text(ITEMS))
        owner.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON items TO {ROLE}"))
        apply_schema(owner, role=ROLE)
    engine.dispose()
    event.listen(engine, "connect", lambda raw, record: (raw.execute(f"SET ROLE {ROLE}"), raw.commit()))
    yield engine
    engine.dispose()
    postgresql.drop(url)


@pytest.fixture(params=["inline-sqlite", "embedded-sqlite", "embedded-postgresql", "distributed-postgresql"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    kind, store = request.param.split("-")
    if store == "sqlite":
        engine = create_engine(f"sqlite:///{tmp_path}/items.db")
        with engine.begin() as connection:
            connection.execute(text(ITEMS))
    else:
        engine = request.getfixturevalue("postgres_engine")
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM items"))
            connection.execute(text("DELETE FROM procrastinate_jobs"))
    address = engine.url.render_as_string(hide_password=False)
    makers: dict[str, Callable[[float], Dispatch]] = {
        "inline": lambda tick_seconds: Inline(),
        "embedded": lambda tick_seconds: Embedded(tick_seconds=tick_seconds),
        "distributed": lambda tick_seconds: Distributed(address, role=ROLE, tick_seconds=tick_seconds),
    }
    bench = Bench(Items(engine), makers[kind])
    yield bench
    for dispatch in bench.made:
        dispatch.stop(PATIENCE)


def test_committed_work_is_done_without_a_tick(bench: Bench) -> None:
    dispatch = bench.running(NEVER)
    bench.commit(dispatch, 1, 2, 3)
    assert bench.items.wait_done({1: 1, 2: 1, 3: 1})


def test_each_commit_is_noticed_again(bench: Bench) -> None:
    dispatch = bench.running(NEVER)
    for number in range(1, 6):
        bench.commit(dispatch, number)
        assert bench.items.wait_done(dict.fromkeys(range(1, number + 1), 1))


def test_rolled_back_work_is_never_looked_for(bench: Bench) -> None:
    dispatch = bench.running(NEVER)
    with bench.items.engine.connect() as connection, connection.begin() as transaction:
        bench.items.add(connection, 1)
        dispatch.offer(connection, TENANT, "interactive")
        transaction.rollback()
    looks = bench.items.looks
    bench.commit(dispatch, 2)
    assert bench.items.wait_done({2: 1})
    assert dispatch.stop(PATIENCE)
    if not isinstance(dispatch, Distributed):  # there, a message a minute comes by itself
        assert bench.items.looks == looks + 1


def test_lost_messages_only_cost_time(bench: Bench) -> None:
    dispatch = bench.running(SOON)
    bench.commit(dispatch, 1, 2, messages=0)
    bench.tick(dispatch)
    assert bench.items.wait_done({1: 1, 2: 1})


def test_doubled_messages_do_no_harm(bench: Bench) -> None:
    dispatch = bench.running(NEVER)
    for number in range(1, 6):
        bench.commit(dispatch, number, messages=4)
    assert bench.items.wait_done(dict.fromkeys(range(1, 6), 1))
    assert dispatch.stop(PATIENCE)
    assert bench.items.done() == dict.fromkeys(range(1, 6), 1)


def test_slow_duties_are_done(bench: Bench) -> None:
    dispatch = bench.running(SOON)
    bench.tick(dispatch)
    assert bench.items.wait_for(lambda: bench.items.ticks > 0)


def test_failing_work_does_not_end_the_dispatch(bench: Bench) -> None:
    dispatch = bench.running(NEVER)
    bench.items.failures_to_come = 1
    bench.commit(dispatch, 1)
    assert bench.items.wait_for(lambda: bench.items.failures == 1)
    bench.commit(dispatch, 2)
    assert bench.items.wait_done({1: 1, 2: 1})


def test_nothing_runs_before_the_start(bench: Bench) -> None:
    threads = set(threading.enumerate())
    dispatch = bench.dispatch(SOON)
    bench.commit(dispatch, 1)
    assert set(threading.enumerate()) <= threads
    assert (bench.items.looks, bench.items.done()) == (0, {1: 0})
    dispatch.start(bench.items)
    bench.tick(dispatch)
    assert bench.items.wait_done({1: 1})


def test_starting_twice_is_refused(bench: Bench) -> None:
    dispatch = bench.running()
    with pytest.raises(DispatchUsedTwice):
        dispatch.start(bench.items)


def test_starting_after_the_stop_is_refused(bench: Bench) -> None:
    dispatch = bench.dispatch(NEVER)
    assert dispatch.stop(PATIENCE)
    with pytest.raises(DispatchUsedTwice):
        dispatch.start(bench.items)
    assert bench.items.looks == 0


def test_stop_is_final(bench: Bench) -> None:
    dispatch = bench.running(SOON)
    assert dispatch.stop(PATIENCE)
    looks = bench.items.looks
    bench.commit(dispatch, 1, messages=2)
    bench.tick(dispatch)
    assert dispatch.stop(PATIENCE)
    assert (bench.items.looks, bench.items.done()) == (looks, {1: 0})


def test_stop_tells_the_work_in_hand_and_waits_for_it(bench: Bench) -> None:
    dispatch = bench.running(NEVER)
    inside, may_go_on = threading.Event(), threading.Event()

    def hold_on() -> None:
        inside.set()
        may_go_on.wait(PATIENCE)

    bench.items.during = hold_on
    caller = threading.Thread(target=bench.commit, args=(dispatch, 1, 2))
    caller.start()
    assert inside.wait(PATIENCE)
    assert not dispatch.stop(0.05), "the work still holds on"
    may_go_on.set()
    assert dispatch.stop(PATIENCE)
    caller.join(PATIENCE)
    assert bench.items.done() == {1: 0, 2: 0}, "the deadline was seen before another item was taken"
