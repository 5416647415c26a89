from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.services.quiet import is_quiet, settle
from tests.support.campaign import Campaign

DELAY = [{"id": "d1", "type": "flow.delay", "config": {"duration": {"days": 2}}}]


def test_a_tenant_with_work_that_is_due_is_not_quiet(campaign: Campaign) -> None:
    campaign.start_import("email\nann@example.com\n")
    assert not is_quiet(campaign.store, campaign.tenancy.tenant_id)
    campaign.run()
    assert is_quiet(campaign.store, campaign.tenancy.tenant_id)


def test_what_waits_for_its_time_is_quiet(campaign: Campaign) -> None:
    campaign.workflow(DELAY)
    campaign.imports("email\nann@example.com\n")
    assert campaign.statuses() == {"waiting": 1}
    assert is_quiet(campaign.store, campaign.tenancy.tenant_id)


def test_settle_works_until_it_is_quiet_and_no_longer(campaign: Campaign) -> None:
    campaign.start_import("email\nann@example.com\n")
    looks: list[int] = []
    settle(
        campaign.store,
        campaign.tenancy.tenant_id,
        run_once=campaign.worker.run_once,
        looked=lambda: looks.append(1),
        rest=lambda _seconds: pytest.fail("nobody else holds the work"),
    )
    assert looks
    assert is_quiet(campaign.store, campaign.tenancy.tenant_id)


def test_settle_rests_while_somebody_else_works(campaign: Campaign) -> None:
    with campaign.write() as session:
        session.make_due("run", [1], lane="bulk", at=session.now - timedelta(seconds=1))
    rests: list[float] = []

    def rest(seconds: float) -> None:
        rests.append(seconds)
        campaign.run()  # the other worker ends

    settle(campaign.store, campaign.tenancy.tenant_id, run_once=lambda: False, rest=rest)
    assert len(rests) == 1
