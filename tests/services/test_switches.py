"""Workflows that are activated and deactivated at a set time: once, by the worker, and what keeps them is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from campaigns.errors import Invalid, NotFound
from campaigns.sections.registry import kinds
from campaigns.services import drafts, recovery, switches, versions, workflows
from campaigns.services.resuming import Resume
from campaigns.services.switches import Activation
from campaigns.storage.models import AuditEntry, Due, Execution, PlannedSwitch, Version, Workflow
from campaigns.storage.transaction import system
from tests.support.campaign import Campaign
from tests.support.workflows import add_leads

HOUR = timedelta(hours=1)
WAIT = {"id": "d1", "type": "flow.delay", "config": {"duration": {"days": 2}}}
HOT = {"id": "t1", "type": "list.added", "config": {"list": "hot"}}


def make(campaign: Campaign, *, triggers: list[Any] | None = None, sections: list[Any] | None = None) -> None:
    document = {"format": 1, "settings": {}, "triggers": [HOT] if triggers is None else triggers}
    document["sections"] = [WAIT] if sections is None else sections
    with campaign.write() as session:
        workflows.create_workflow(session, name="flow", key="flow", document=document, kinds=kinds())


def plan(campaign: Campaign, clock: Any, after: timedelta = HOUR, **wanted: Any) -> None:
    with campaign.write() as session:
        switches.plan_activation(session, "flow", clock.now() + after, Activation(**wanted))


def plan_end(campaign: Campaign, clock: Any, after: timedelta = HOUR, **wanted: Any) -> None:
    with campaign.write() as session:
        switches.plan_deactivation(session, "flow", clock.now() + after, **wanted)


def is_active(campaign: Campaign) -> bool:
    return bool(campaign.only(Workflow).is_active)


def actions(campaign: Campaign) -> list[str]:
    with campaign.read() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_it_is_activated_when_the_time_has_come_and_not_before(campaign: Campaign, clock):
    make(campaign)
    plan(campaign, clock, note="Season opens")
    clock.advance(HOUR - timedelta(seconds=1))
    campaign.run()
    assert not is_active(campaign)
    clock.advance(timedelta(seconds=1))
    campaign.run()
    assert is_active(campaign)
    assert campaign.only(Version).note == "Season opens"
    assert campaign.all(PlannedSwitch) == []
    assert actions(campaign)[-3:] == [
        "workflow.activate_planned",
        "workflow.activated",
        "workflow.activated_as_planned",
    ]


def test_what_is_activated_is_the_draft_as_it_is_then(campaign: Campaign, clock):
    make(campaign)
    plan(campaign, clock)
    with campaign.write() as session:
        changed = {"format": 1, "settings": {}, "triggers": [HOT], "sections": [WAIT | {"name": "Later"}]}
        drafts.save_draft(session, "flow", changed, kinds=kinds())
    clock.advance(HOUR)
    campaign.run()
    assert campaign.only(Version).document["sections"][0]["name"] == "Later"


def test_it_is_carried_out_once(campaign: Campaign, clock):
    make(campaign)
    plan(campaign, clock)
    clock.advance(HOUR)
    tenant = campaign.tenancy.tenant_id
    assert switches.run(campaign.store, tenant, kinds()) == 1
    with campaign.write() as session:
        versions.deactivate(session, "flow")
    assert switches.run(campaign.store, tenant, kinds()) == 0
    campaign.run()
    assert not is_active(campaign)


def test_leads_who_match_enter_with_it(campaign: Campaign, clock):
    add_leads(campaign.store, campaign.tenancy, 2, on_list="hot")
    make(campaign)
    plan(campaign, clock, enter=True)
    clock.advance(HOUR)
    campaign.run()
    assert campaign.statuses() == {"waiting": 2}


def test_a_draft_that_cannot_run_then_leaves_it_inactive_and_says_why(campaign: Campaign, clock):
    make(campaign, triggers=[])
    plan(campaign, clock)
    clock.advance(HOUR)
    campaign.run()
    assert not is_active(campaign)
    row = campaign.only(PlannedSwitch)
    assert "at least one trigger" in row.failed_because
    with campaign.read() as session:
        (told,) = workflows.describe(session, workflows.get_workflow(session, "flow"))["planned"]
    assert (told["turn"], told["failed"]) == ("activate", row.failed_because)
    clock.advance(HOUR)
    campaign.run()
    assert actions(campaign).count("workflow.activate_failed") == 1


def test_what_failed_is_forgotten_once_it_is_active(campaign: Campaign, clock):
    make(campaign, triggers=[])
    plan(campaign, clock)
    clock.advance(HOUR)
    campaign.run()
    with campaign.write() as session:
        valid = {"format": 1, "settings": {}, "triggers": [HOT], "sections": [WAIT]}
        drafts.save_draft(session, "flow", valid, kinds=kinds())
        versions.activate(session, "flow", kinds=kinds())
    assert campaign.all(PlannedSwitch) == []


def test_one_that_fails_keeps_no_other_from_its_turn(campaign: Campaign, clock):
    make(campaign, triggers=[])
    plan(campaign, clock)
    campaign.workflow([WAIT], triggers=[HOT], key="other")
    with campaign.write() as session:
        switches.plan_deactivation(session, "other", clock.now() + HOUR)
    clock.advance(2 * HOUR)
    campaign.run()
    assert not any(row.is_active for row in campaign.all(Workflow))


def test_it_is_deactivated_with_what_was_chosen_for_those_inside(campaign: Campaign, clock):
    add_leads(campaign.store, campaign.tenancy, 2, on_list="hot")
    make(campaign)
    with campaign.write() as session:
        switches.activate(session, "flow", Activation(enter=True), kinds=kinds())
    campaign.run()
    plan_end(campaign, clock, running="cancel")
    clock.advance(HOUR)
    campaign.run()
    assert not is_active(campaign)
    assert campaign.statuses() == {"cancelled": 2}


def test_a_pause_from_one_time_to_another(campaign: Campaign, clock):
    add_leads(campaign.store, campaign.tenancy, 2, on_list="hot")
    make(campaign)
    with campaign.write() as session:
        switches.activate(session, "flow", Activation(enter=True), kinds=kinds())
    campaign.run()
    plan_end(campaign, clock, running="hold")
    plan(campaign, clock, timedelta(days=5), resume=Resume("skip"))
    clock.advance(HOUR)
    campaign.run()
    assert campaign.statuses() == {"held": 2}
    clock.advance(timedelta(days=5))
    campaign.run()
    assert is_active(campaign)
    assert campaign.statuses() == {"stopped": 2}


def test_switching_by_hand_takes_the_place_of_the_plan(campaign: Campaign, clock):
    make(campaign)
    plan(campaign, clock)
    with campaign.write() as session:
        versions.activate(session, "flow", kinds=kinds())
    assert campaign.all(PlannedSwitch) == []
    plan_end(campaign, clock)
    with campaign.write() as session:
        versions.deactivate(session, "flow")
    assert campaign.all(PlannedSwitch) == []


def test_publishing_meanwhile_keeps_what_is_to_be_published_later(campaign: Campaign, clock):
    campaign.workflow([WAIT], triggers=[HOT])
    plan(campaign, clock)
    with campaign.write() as session:
        versions.activate(session, "flow", kinds=kinds())
    assert len(campaign.all(PlannedSwitch)) == 1


def test_the_last_plan_counts_and_can_be_cancelled(campaign: Campaign, clock):
    make(campaign)
    plan(campaign, clock)
    plan(campaign, clock, 3 * HOUR)
    assert campaign.only(PlannedSwitch).at == clock.now() + 3 * HOUR
    with campaign.write() as session:
        switches.cancel(session, "flow", "activate")
    clock.advance(4 * HOUR)
    campaign.run()
    assert not is_active(campaign)
    with campaign.write() as session, pytest.raises(NotFound):
        switches.cancel(session, "flow", "activate")


@pytest.mark.parametrize("after", [timedelta(0), -HOUR, timedelta(days=800)])
def test_a_time_that_is_not_to_come_is_refused(campaign: Campaign, clock, after):
    make(campaign)
    with pytest.raises(Invalid) as caught:
        plan(campaign, clock, after)
    assert [problem.path for problem in caught.value.problems] == ["/at"]


def test_one_that_nothing_wakes_is_found(campaign: Campaign, clock):
    make(campaign)
    plan(campaign, clock)
    with system(campaign.store, writes=True) as session:
        session.query(Due).filter_by(kind="switch").delete()
    clock.advance(HOUR)
    assert recovery.heal(campaign.store) == 1
    campaign.run()
    assert is_active(campaign)


def test_a_workflow_is_deleted_with_its_plans(campaign: Campaign, clock):
    make(campaign)
    plan(campaign, clock)
    with campaign.write() as session:
        workflows.delete_workflow(session, "flow")
    clock.advance(HOUR)
    campaign.run()
    assert campaign.all(PlannedSwitch) == []
    assert campaign.all(Execution) == []
