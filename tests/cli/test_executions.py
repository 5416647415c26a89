from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run
from tests.support.campaign import Campaign

DELAY = [{"id": "d1", "type": "flow.delay", "config": {"duration": {"days": 2}}}]


@pytest.fixture
def waiting(run: Run, acme: Campaign) -> str:
    """Return the id of an execution that waits."""
    acme.workflow(DELAY)
    acme.imports("email\nann@example.com\n")
    return str(json.loads(run("executions", "list", "--tenant", "acme", "--json").stdout)[0]["id"])


def test_list_filters_by_status_and_section(run: Run, acme: Campaign, waiting: str) -> None:
    for words, count in ((["--status", "waiting"], 1), (["--status", "failed"], 0), (["--section", "d1"], 1)):
        assert len(json.loads(run("executions", "list", "--tenant", "acme", "--json", *words).stdout)) == count
    assert waiting in run("executions", "list", "--tenant", "acme").stdout


def test_show_tells_the_steps(run: Run, waiting: str) -> None:
    found = json.loads(run("executions", "show", waiting, "--tenant", "acme", "--json").stdout)
    assert (found["status"], found["tokens"][0]["section"]) == ("waiting", "d1")
    assert "status: waiting" in run("executions", "show", waiting, "--tenant", "acme").stdout


def test_cancel_ends_it_once(run: Run, waiting: str) -> None:
    assert run("executions", "cancel", waiting, "--tenant", "acme").stdout == "cancelled\n"
    again = run("executions", "cancel", waiting, "--tenant", "acme")
    assert (again.exit_code, again.stdout) == (1, "")
    assert "ended already" in again.stderr


def test_only_what_failed_can_be_retried(run: Run, waiting: str) -> None:
    result = run("executions", "retry", waiting, "--tenant", "acme")
    assert result.exit_code == 1
    assert "Only a failed execution" in result.stderr


def test_what_is_no_id_is_a_wrong_use(run: Run, acme: Campaign) -> None:
    assert run("executions", "show", "42", "--tenant", "acme").exit_code == 2


def test_filters_that_name_nothing_are_refused(run, acme):
    assert run("executions", "list", "--tenant", "acme", "--status", "gone").exit_code == 2
    missing = run("executions", "list", "--tenant", "acme", "--workflow", "nope")
    assert (missing.exit_code, missing.stderr) == (1, "Error: There is no workflow nope.\n")
