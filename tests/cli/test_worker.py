from __future__ import annotations

from tests.cli.conftest import Run
from tests.support.campaign import Campaign


def test_once_does_what_is_due_and_ends(run: Run, acme: Campaign) -> None:
    acme.workflow([{"id": "s1", "type": "list.add", "config": {"list": "hot"}}])
    acme.imports("email\nann@example.com\n", start_workflows=False)
    acme.workflow([{"id": "s1", "type": "lead.add_tag", "config": {"tag": "late"}}], key="second")
    with acme.write() as session:
        from campaigns.services import executions
        from campaigns.storage.models import Lead

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
