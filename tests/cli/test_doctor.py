from __future__ import annotations

import json
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from campaigns.services import health
from campaigns.storage.transaction import Store, writing
from tests.cli.conftest import Run
from tests.support.acting import acting_kinds
from tests.support.campaign import Campaign
from tests.support.programs import item


def states(run: Run, **settings: object) -> dict[str, str]:
    return {one["check"]: one["state"] for one in json.loads(run("doctor", "--json", **settings).stdout)}


def test_all_is_well_on_a_fresh_installation(run: Run, acme: Campaign) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = states(run, smtp_url=f"smtp://127.0.0.1:{server.getsockname()[1]}")
    assert set(found.values()) == {"ok"}
    assert set(found) == {"settings", "database", "tenancy", "work", "plugins", "sections", "mail", "folder"}


def test_an_empty_database_is_no_failure(run: Run) -> None:
    result = run("doctor")
    assert result.exit_code == 0
    assert "the database is empty" in result.stdout


@pytest.mark.parametrize(
    ("settings", "check"),
    [
        ({"smtp_url": "smtp://127.0.0.1:1"}, "mail"),
        ({"plugins": "no_such_module"}, "plugins"),
        ({"database_url": "postgresql://nobody@127.0.0.1:1/none"}, "database"),
    ],
)
def test_what_fails_is_named(run: Run, settings: dict[str, str], check: str) -> None:
    assert states(run, **settings)[check] == "failed"
    assert run("doctor", **settings).exit_code == 1


def test_overdue_work_is_told(run: Run, acme: Campaign) -> None:
    with writing(acme.store, acme.tenancy) as session:
        session.make_due("run", [3], lane="timed", at=session.now - timedelta(hours=1))
    assert states(run)["work"] == "warning"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_is_asked_about_its_locks(open_store, database_url: str) -> None:
    store: Store = open_store(database_url)
    found = health.check_tenancy(store)
    assert (found.state, "campaigns_app is bound" in found.message) == ("ok", True)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    assert health.check_folder(tmp_path / "missing").state == "failed"


def test_a_version_that_misses_its_plugin_is_told(run: Run, acme: Campaign) -> None:
    acme.kinds = acting_kinds()
    acme.workflow([item("test.act", "a")])
    assert states(run)["sections"] == "failed"
    assert "acme/flow (version 1) needs test.act" in run("doctor").stdout
