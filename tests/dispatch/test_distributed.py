"""Messages live and die with the transaction that offers them, and the queue tidies up after the dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import cast
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import ProgrammingError

from campaigns.dispatch.base import Lane, OfferOutsideTransaction
from campaigns.dispatch.distributed import Distributed, NeedsPostgreSQL
from campaigns.dispatch.schema import apply_schema, drop_schema
from campaigns.ids import new_id
from tests.support.postgresql import PostgreSQL

ONE, TWO = UUID("01900000-0000-7000-8000-000000000001"), UUID("01900000-0000-7000-8000-000000000002")
ROLE = f"queue_{new_id().hex}"
PATIENCE = 20.0
MESSAGES = "SELECT task_name, queue_name, args, scheduled_at, lock, queueing_lock, status::text FROM procrastinate_jobs"

WORKER = """
import sys
from campaigns.dispatch.distributed import Distributed
from campaigns.dispatch.process import run_until_stopped

class Work:
    def drain(self, deadline):
        print("look", flush=True)
        while len(sys.argv) > 3 and not deadline():
            pass
        return False
    def tick(self):
        pass

ended = run_until_stopped(Distributed(sys.argv[1], role=sys.argv[2], tick_seconds=3600), Work())
print("ended" if ended else "cut off", flush=True)
"""


class Looks:
    """Work that only counts the looks, and lets tests wait for one."""

    def __init__(self) -> None:
        self.count = 0
        self.more_to_come = 0
        self.changed = threading.Condition()

    def drain(self, deadline: Callable[[], bool]) -> bool:
        with self.changed:
            self.count += 1
            self.changed.notify_all()
            self.more_to_come -= 1
            return self.more_to_come >= 0

    def tick(self) -> None:
        pass

    def wait_for(self, count: int) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: self.count >= count, PATIENCE)


@pytest.fixture(scope="module")
def owner(postgresql: PostgreSQL) -> Iterator[Engine]:
    """Signed in as the owner of a database with the queue in it and a role that may use it."""
    url = postgresql.fresh_database(migrated=False)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {ROLE} NOLOGIN"))
        connection.execute(text("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"))
        connection.execute(text("ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC"))
        apply_schema(connection, role=ROLE)
    yield engine
    engine.dispose()
    postgresql.drop(url)


@pytest.fixture
def app(owner: Engine) -> Iterator[Engine]:
    """The application's engine: each connection acts as the role, which has no more than the grants."""
    with owner.begin() as connection:
        connection.execute(text("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE"))
    engine = create_engine(owner.url)
    event.listen(engine, "connect", lambda raw, record: (raw.execute(f"SET ROLE {ROLE}"), raw.commit()))
    yield engine
    engine.dispose()


@pytest.fixture
def distributed(owner: Engine) -> Iterator[Distributed]:
    made = Distributed(owner.url.render_as_string(hide_password=False), role=ROLE, tick_seconds=3600)
    yield made
    assert made.stop(PATIENCE)


def messages(connection: Connection) -> list[tuple[object, ...]]:
    return [
        tuple(row) for row in connection.execute(text(f"{MESSAGES} WHERE task_name = 'campaigns.look' ORDER BY id"))
    ]


def test_a_message_holds_the_tenant_and_the_lane_and_no_delay(app: Engine, distributed: Distributed) -> None:
    with app.begin() as connection:
        distributed.offer(connection, ONE, "interactive")
    with app.begin() as connection:
        args = {"tenant_id": str(ONE), "lane": "interactive"}
        assert messages(connection) == [("campaigns.look", "interactive", args, None, None, None, "todo")]


def test_one_message_for_each_transaction_tenant_and_lane(app: Engine, distributed: Distributed) -> None:
    for _ in range(2):
        with app.begin() as connection:
            for tenant, lane in ((ONE, "bulk"), (TWO, "bulk"), (ONE, "timed"), (ONE, "bulk"), (TWO, "bulk")):
                distributed.offer(connection, tenant, cast("Lane", lane))
    with app.begin() as connection:
        assert len(messages(connection)) == 6


def test_a_rolled_back_transaction_leaves_no_message(app: Engine, distributed: Distributed) -> None:
    with app.connect() as connection, connection.begin() as transaction:
        distributed.offer(connection, ONE, "bulk")
        transaction.rollback()
    with app.begin() as connection:
        assert messages(connection) == []
        distributed.offer(connection, ONE, "bulk")
        assert len(messages(connection)) == 1


def test_a_rolled_back_savepoint_takes_its_message_along_and_no_other(app: Engine, distributed: Distributed) -> None:
    with app.begin() as connection:
        savepoint = connection.begin_nested()
        distributed.offer(connection, ONE, "bulk")
        savepoint.rollback()
        assert messages(connection) == []
        distributed.offer(connection, ONE, "bulk")
    with app.begin() as connection:
        assert len(messages(connection)) == 1


def test_an_offer_outside_of_a_transaction_is_refused(app: Engine, distributed: Distributed) -> None:
    with app.connect() as connection, pytest.raises(OfferOutsideTransaction):
        distributed.offer(connection, ONE, "bulk")


def test_it_needs_postgresql() -> None:
    with pytest.raises(NeedsPostgreSQL):
        Distributed("sqlite:///campaigns.db")


def test_handled_messages_are_removed(app: Engine, distributed: Distributed) -> None:
    looks = Looks()
    distributed.start(looks)
    with app.begin() as connection:
        distributed.offer(connection, ONE, "bulk")
        distributed.offer(connection, ONE, "timed")
    with app.connect() as connection:
        assert eventually(lambda: messages(connection) == [], connection)
    assert looks.count >= 3
    assert distributed.stop(PATIENCE)
    with app.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM procrastinate_workers")).scalar_one() == 0


def test_a_drain_with_more_to_do_is_followed_by_another_look(app: Engine, distributed: Distributed) -> None:
    looks = Looks()
    distributed.start(looks)
    assert looks.wait_for(1)
    looks.more_to_come = 3
    with app.begin() as connection:
        distributed.offer(connection, ONE, "bulk")
    assert looks.wait_for(5)


def test_the_listener_comes_back_after_the_server_cut_it_off(
    app: Engine, owner: Engine, distributed: Distributed
) -> None:
    looks = Looks()
    distributed.start(looks)
    with app.begin() as connection:
        distributed.offer(connection, ONE, "bulk")
    assert looks.wait_for(2)
    with owner.begin() as connection:
        cut = text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE '%procrastinate%'"
            " AND pid <> pg_backend_pid() AND application_name = '' AND datname = current_database()"
        )
        assert connection.execute(cut).all()
    before = looks.count
    app.dispose()
    with app.begin() as connection:
        distributed.offer(connection, ONE, "bulk")
    assert looks.wait_for(before + 1)


def test_messages_of_killed_workers_are_swept_away(app: Engine, owner: Engine, distributed: Distributed) -> None:
    with app.begin() as connection:
        distributed.offer(connection, ONE, "bulk")
        distributed.offer(connection, TWO, "bulk")
    with owner.begin() as connection:
        dead = text(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
        )
        worker = connection.scalar(dead)
        held = text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :id")
        connection.execute(held, {"id": worker})
        connection.execute(text("TRUNCATE procrastinate_periodic_defers"))
    looks = Looks()
    distributed.start(looks)
    with app.connect() as connection:
        assert eventually(lambda: messages(connection) == [], connection)


def eventually(condition: Callable[[], bool], connection: Connection) -> bool:
    """Whether it becomes true within the patience; between two looks the server waits, not we."""
    for _ in range(int(PATIENCE * 20)):
        if condition():
            return True
        connection.execute(text("SELECT pg_sleep(0.05)"))
        connection.rollback()
    return False


def test_the_schema_may_be_applied_again_and_taken_away(owner: Engine) -> None:
    with owner.connect() as connection, connection.begin() as transaction:
        apply_schema(connection, role=ROLE)
        apply_schema(connection, role="no_such_role")
        drop_schema(connection)
        drop_schema(connection)
        left = text("SELECT count(*) FROM pg_proc WHERE proname LIKE 'procrastinate%'")
        assert connection.execute(left).scalar_one() == 0
        apply_schema(connection, role=ROLE)
        transaction.rollback()


def test_the_role_may_use_the_queue_and_not_change_it(app: Engine) -> None:
    with app.connect() as connection, pytest.raises(ProgrammingError, match="must be owner"):
        connection.execute(text("DROP TABLE procrastinate_jobs"))


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
@pytest.mark.parametrize("busy", [False, True], ids=["idle", "in the middle of work"])
def test_a_worker_process_ends_well_on_sigterm(app: Engine, owner: Engine, busy: bool) -> None:
    address = owner.url.render_as_string(hide_password=False)
    arguments = [sys.executable, "-c", WORKER, address, ROLE, *(["busy"] if busy else [])]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "look\n"
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, output.splitlines()[-1]) == (0, "ended")
