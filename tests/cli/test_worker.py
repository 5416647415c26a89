from __future__ import annotations

from campaigns.services import executions
from campaigns.storage.models import Lead
from tests.cli.conftest import Run
from tests.support.campaign import Campaign


def test_once_does_what_is_due_and_ends(run: Run, acme: Campaign) -> None:
    acme.workflow([{"id": "s1", "type": "list.add", "config": {"list": "hot"}}])
    acme.imports("email\nann@example.com\n", start_workflows=False)
    acme.workflow([{"id": "s1", "type": "lead.add_tag", "config": {"tag": "late"}}], key="second")
    with acme.write() as session:
        lead = session.query(Lead).one()
        executions.start_by_hand(session, "second", lead.id)
    assert acme.statuses() == {"ready": 1}
    assert run("worker", "--once").exit_code == 0
    assert acme.statuses() == {"finished": 1}


def test_once_with_nothing_to_do_ends_at_once(run: Run) -> None:
    assert run("worker", "--once").exit_code == 0


def test_inline_has_nothing_to_wait_for(run: Run) -> None:
    result = run("worker", dispatch="inline")
    assert result.exit_code == 2
    assert "--once" in result.stderr


def test_only_the_lanes_named_are_served(run: Run, acme: Campaign) -> None:
    acme.imports("email\nann@example.com\n", start_workflows=False)
    acme.workflow([{"id": "s1", "type": "lead.add_tag", "config": {"tag": "late"}}])
    with acme.write() as session:
        executions.start_by_hand(session, "flow", session.query(Lead).one().id)
    assert run("worker", "--once", "--lanes", "timed, bulk").exit_code == 0
    assert acme.statuses() == {"ready": 1}
    assert run("worker", "--once", "--lanes", "bulk,interactive").exit_code == 0
    assert acme.statuses() == {"finished": 1}


def test_a_lane_that_does_not_exist_is_told(run: Run) -> None:
    result = run("worker", "--once", "--lanes", "fast,bulk")
    assert result.exit_code == 2
    assert "'fast': name one or more of interactive, timed, bulk" in result.stderr
