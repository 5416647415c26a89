"""The program as real processes: pages in one, work in several; each piece is done once, and all stop when told."""

from __future__ import annotations

import json
import re
import signal
import urllib.request
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from campaigns.cli.program import Program
from campaigns.cli.root import root
from campaigns.services import tenants
from campaigns.services.quiet import settle
from campaigns.storage.models import Execution, Lead, Step
from campaigns.storage.transaction import Store, reading, system
from campaigns.tenancy import Tenancy
from tests.support.postgresql import PostgreSQL
from tests.support.processes import Process, Start

ROWS = 2500
Call = Callable[..., str]
WORKFLOW = {
    "format": 1,
    "settings": {},
    "triggers": [{"id": "t1", "type": "lead.created", "config": {}}],
    "sections": [
        {"id": "s1", "type": "lead.set_status", "config": {"status": "contacted"}},
        {"id": "s2", "type": "lead.add_points", "config": {"points": 5}},
    ],
}
pytestmark = pytest.mark.slow


@pytest.fixture
def leads(tmp_path: Path) -> str:
    path = tmp_path / "people.csv"
    path.write_text("email\n" + "".join(f"lead{number}@example.com\n" for number in range(ROWS)))
    return str(path)


@pytest.fixture
def workflow(tmp_path: Path) -> str:
    path = tmp_path / "welcome.json"
    path.write_text(json.dumps(WORKFLOW))
    return str(path)


def finish(process: Process, *, status: int = 0) -> str:
    """Wait for a command's end; return what it printed."""
    assert process.end() == status, "".join(process.lines)
    process.drained()
    return "".join(process.lines)


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """Return a function that does a command in this process, beside those that run; gives what it printed."""

    def do(*words: str, **settings: str) -> str:
        given = {"env_file": None, "home": tmp_path / "instance", "smtp_url": "memory:", "log_level": "error"}
        program = Program(lambda _runtime, _demo: Flask("pages"), {**given, **settings})
        result = CliRunner(catch_exceptions=False).invoke(root, list(words), obj=program)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    return do


def make_tenant(call: Call, key: str, workflow: str, **settings: str) -> None:
    call("tenant", "create", key, "--owner", "anna@example.com", **settings)
    call("workflow", "import", workflow, "--tenant", key, "--activate", **settings)


def address(process: Process) -> str:
    found = re.search(r"http://\S+", process.expect("answers at"))
    assert found is not None
    return found[0]


def stop(process: Process) -> str:
    process.signal(signal.SIGTERM)
    return finish(process)


def tenant_id(store: Store, key: str) -> UUID:
    with system(store) as session:
        return tenants.find_tenant(session, key).id


def check_each_once(store: Store, key: str) -> None:
    """Every lead is there once, went through once, and each of its steps happened once."""
    with reading(store, Tenancy(tenant_id(store, key))) as session:
        assert session.scalar(select(func.count()).select_from(Lead)) == ROWS
        assert session.scalar(select(func.count()).select_from(Lead).where(Lead.score == 5)) == ROWS
        statuses = session.execute(select(Execution.status, func.count()).group_by(Execution.status)).all()
        assert [tuple(row) for row in statuses] == [("finished", ROWS)]
        assert session.scalar(select(func.count(Execution.lead_id.distinct()))) == ROWS
        assert session.scalar(select(func.count()).select_from(Step)) == 2 * ROWS


def test_serve_answers_at_the_address_it_prints_and_stops_when_told(start: Start) -> None:
    serve = start("serve", "--port", "0")
    url = address(serve)
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.status == 200
    taken = start("serve", "--port", url.rpartition(":")[2])
    assert "--port: 127.0.0.1:" in finish(taken, status=1)
    assert '"in_time": true' in stop(serve)


def test_serve_and_two_workers_on_postgresql_share_the_work(
    start: Start, call: Call, postgresql: PostgreSQL, open_store: Callable[[str], Store], leads: str, workflow: str
) -> None:
    url = postgresql.fresh_database(migrated=False)
    settings = {"database_url": url, "dispatch": "distributed"}
    serve = start("serve", "--port", "0", **settings)
    address(serve)
    keys = ("north", "south", "east")
    for key in keys:
        make_tenant(call, key, workflow, **settings)
    workers = [start("worker", **settings) for _ in range(2)]
    for worker in workers:
        worker.expect("worker.started")
    for key in keys:
        call("leads", "import", leads, "--tenant", key, **settings)
    store = Store(open_store(url).database)  # by the system's clock: the processes know no other
    for key in keys:  # this process only waits: the work is the workers'
        settle(store, tenant_id(store, key), run_once=lambda: False)
    said = [stop(process) for process in (*workers, serve)]
    assert [int(found) > 0 for found in re.findall(r'"pieces": (\d+)', "".join(said))] == [True, True]
    for key in keys:
        check_each_once(store, key)
    store.database.dispose()
    postgresql.drop(url)


def test_serve_worker_and_import_work_beside_each_other_on_sqlite(
    start: Start, call: Call, open_store: Callable[[str], Store], tmp_path: Path, leads: str, workflow: str
) -> None:
    serve = start("serve", "--port", "0")
    address(serve)
    for key in ("acme", "queued"):
        make_tenant(call, key, workflow)
    worker = start("worker")
    worker.expect("worker.started")
    call("leads", "import", leads, "--tenant", "queued")
    told = finish(start("leads", "import", leads, "--tenant", "acme", "--wait", "--json"))
    assert json.loads(told)["created"] == ROWS
    store = Store(open_store(f"sqlite:///{tmp_path / 'instance' / 'campaigns.db'}").database)
    settle(store, tenant_id(store, "queued"), run_once=lambda: False)
    said = stop(worker) + stop(serve)
    assert "locked" not in said
    for key in ("acme", "queued"):
        check_each_once(store, key)


def test_a_worker_that_is_told_to_stop_leaves_nothing_half_done(
    start: Start, call: Call, open_store: Callable[[str], Store], tmp_path: Path, leads: str, workflow: str
) -> None:
    make_tenant(call, "acme", workflow)
    call("leads", "import", leads, "--tenant", "acme")
    for _ in range(2):
        worker = start("worker")
        worker.expect("worker.started")
        assert '"in_time": true' in stop(worker)
    call("worker", "--once")
    check_each_once(open_store(f"sqlite:///{tmp_path / 'instance' / 'campaigns.db'}"), "acme")
