"""Schedules are planned by activation, and come to each of their leads once: in their zone, also after a stop."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from campaigns.engine.kinds import Vocabulary
from campaigns.errors import Invalid
from campaigns.sections.registry import kinds
from campaigns.services import drafts, events, leads, versions, workflows
from campaigns.services.timeline_words import event_words
from campaigns.storage.models import Execution, Lead, Schedule, Tenant, Workflow
from campaigns.storage.transaction import system
from campaigns.tenancy import Tenancy
from tests.support.campaign import Campaign, add_list, new_tenant
from tests.support.schedules import DAILY, POINTS, add, look, next_at, on, schedule, told, triggers


def publish(campaign: Campaign, *configs: dict[str, Any], key: str = "flow") -> None:
    """Give the workflow these schedules instead, and activate it."""
    document = {"format": 1, "settings": {}, "triggers": triggers(*configs), "sections": POINTS}
    with campaign.write() as session:
        drafts.save_draft(session, key, document)
        versions.activate(session, key, kinds=kinds())


def test_activation_plans_the_next_time_and_nothing_comes_before(campaign: Campaign, clock):
    schedule(campaign, {"cron": "0 9 * * mon", "leads": {"all": True}})
    add(campaign)
    assert next_at(campaign) == on("2026-03-09T09:00")
    assert look(campaign) == 0
    clock.at = on("2026-03-09T08:59:59")
    assert look(campaign) == 0
    clock.advance(timedelta(seconds=1))
    assert look(campaign) == 1
    (one,) = told(campaign)
    assert one.occurred_at == clock.now()
    assert one.properties == {"trigger": "t1", "due_at": "2026-03-09T09:00:00Z"}
    assert (one.source, one.source_id) == ("system", campaign.only(Workflow).id)
    assert campaign.only(Lead).score == 1
    assert next_at(campaign) == on("2026-03-16T09:00")
    assert look(campaign) == 0


def test_it_comes_again_and_again(campaign: Campaign, clock):
    schedule(campaign, DAILY)
    add(campaign)
    for _day in range(5):
        clock.advance(timedelta(days=1))
        assert look(campaign) == 1
    assert campaign.only(Lead).score == 5


def test_only_the_leads_on_the_list_are_told(campaign: Campaign, clock):
    schedule(campaign, DAILY | {"leads": {"list": "hot"}})
    hot = add(campaign, "hot@example.com", "hot")
    add(campaign, "cold@example.com")
    left = add(campaign, "left@example.com", "hot")
    with campaign.write() as session:
        leads.update_lead(session, left, {"lists": []})
    clock.advance(timedelta(days=1))
    assert look(campaign) == 1
    assert campaign.only(Execution).lead_id == hot


def test_a_list_without_leads_is_told_to_nobody_and_comes_again(campaign: Campaign, clock):
    schedule(campaign, DAILY | {"leads": {"list": "hot"}})
    clock.advance(timedelta(days=1))
    assert look(campaign) == 0
    assert next_at(campaign) == on("2026-03-06T09:00")
    add(campaign, "hot@example.com", "hot")
    clock.advance(timedelta(days=1))
    assert look(campaign) == 1


def test_who_comes_after_the_time_waits_for_the_next(campaign: Campaign, clock):
    schedule(campaign, DAILY)
    schedule(campaign, DAILY | {"leads": {"list": "hot"}}, key="hot")
    add(campaign, "early@example.com", "hot")
    clock.advance(timedelta(hours=22))  # 10:00 of the 5th, and nobody has looked since noon of the 4th
    late = add(campaign, "late@example.com", "hot")
    assert look(campaign) == 2
    assert late not in {one.lead_id for one in told(campaign)}
    clock.advance(timedelta(days=1))
    assert look(campaign) == 4


def test_missed_times_come_once_as_the_latest_of_them(campaign: Campaign, clock):
    schedule(campaign, {"cron": "*/5 * * * *", "leads": {"all": True}})
    add(campaign)
    clock.advance(timedelta(days=40, minutes=7))
    assert look(campaign) == 1
    assert told(campaign)[0].occurred_at == on("2026-04-13T12:05")
    assert next_at(campaign) == on("2026-04-13T12:10")
    assert look(campaign) == 0


def test_the_tenants_zone_counts_and_a_change_of_it_plans_anew(campaign: Campaign, clock):
    schedule(campaign, DAILY)
    schedule(campaign, DAILY | {"time_zone": "Europe/Berlin"}, key="berlin")
    add(campaign)
    with system(campaign.store, writes=True) as session:
        session.execute(update(Tenant).values(time_zone="Asia/Tokyo"))
    assert look(campaign) == 0
    assert sorted(one.next_at for one in campaign.all(Schedule)) == [on("2026-03-05T00:00"), on("2026-03-05T08:00")]
    clock.advance(timedelta(hours=12))
    assert look(campaign) == 1
    clock.advance(timedelta(hours=8))
    assert look(campaign) == 1
    assert look(campaign) == 0


def test_a_time_that_the_clocks_skip_comes_after_the_gap_and_one_shown_twice_comes_once(campaign: Campaign, clock):
    schedule(campaign, {"every": "day", "at": "02:30", "time_zone": "Europe/Berlin", "leads": {"all": True}})
    add(campaign)
    for day, moment in (("2026-03-29", "2026-03-29T01:00"), ("2026-10-25", "2026-10-25T00:30")):
        clock.at = on(f"{day}T00:00") - timedelta(hours=12)
        look(campaign)
        assert next_at(campaign) == on(moment)
        clock.at = on(moment)
        assert look(campaign) == 1
        clock.advance(timedelta(hours=1))
        assert look(campaign) == 0


def test_a_schedule_is_for_its_own_trigger_alone(campaign: Campaign, clock):
    schedule(campaign, DAILY, DAILY | {"at": "18:00"})
    schedule(campaign, DAILY | {"at": "20:00"}, key="evening")
    add(campaign)
    started = []
    for moment in ("2026-03-04T18:00", "2026-03-04T20:00", "2026-03-05T09:00"):
        clock.at = on(moment)
        assert look(campaign) == 1
        started.append(len(campaign.all(Execution)))
    assert started == [1, 2, 3]
    assert len({one.workflow_id for one in campaign.all(Execution)}) == 2


def test_an_event_of_that_name_from_outside_starts_nothing(campaign: Campaign):
    schedule(campaign, DAILY)
    with campaign.write() as session:
        sent = events.Sent("schedule.due", {"email": "ann@example.com"}, properties={"trigger": "t1"})
        assert [problem.path for _, problem in events.take(session, [sent]).problems] == ["/name"]
    campaign.run()
    assert campaign.all(Execution) == []


def test_a_filter_decides_after_the_schedule(campaign: Campaign, clock):
    high = {"field": "lead.score", "op": "gte", "value": 5}
    campaign.workflow(POINTS, triggers=[triggers(DAILY)[0] | {"filter": high}])
    add(campaign)
    clock.advance(timedelta(days=1))
    assert look(campaign) == 1
    assert campaign.all(Execution) == []


def test_a_workflow_goes_with_its_schedule(campaign: Campaign):
    schedule(campaign, DAILY)
    with campaign.write() as session:
        versions.deactivate(session, "flow")
        workflows.delete_workflow(session, "flow")
    assert campaign.all(Schedule) == []


def test_a_new_version_plans_anew_and_what_had_come_still_comes(campaign: Campaign, clock):
    schedule(campaign, DAILY, DAILY | {"at": "23:00"})
    add(campaign)
    publish(campaign, DAILY | {"at": "08:00"})
    assert next_at(campaign) == on("2026-03-05T08:00")
    publish(campaign, DAILY | {"at": "10:00"})
    clock.at = on("2026-03-05T10:30")
    publish(campaign, DAILY | {"at": "09:00"})
    assert look(campaign) == 1
    assert told(campaign)[0].occurred_at == on("2026-03-05T10:00")
    assert next_at(campaign) == on("2026-03-06T09:00")


def test_a_rule_that_is_moved_to_an_hour_that_has_passed_waits_for_tomorrow(campaign: Campaign, clock):
    schedule(campaign, DAILY | {"at": "18:00"})
    add(campaign)
    publish(campaign, DAILY)
    assert look(campaign) == 0
    assert next_at(campaign) == on("2026-03-05T09:00")


def test_a_trigger_that_is_no_schedule_any_more_has_none(campaign: Campaign):
    schedule(campaign, DAILY)
    document = {"format": 1, "settings": {}, "sections": POINTS}
    document["triggers"] = [{"id": "t1", "type": "lead.created", "config": {}}]
    with campaign.write() as session:
        drafts.save_draft(session, "flow", document)
        versions.activate(session, "flow", kinds=kinds())
    assert campaign.all(Schedule) == []


def test_a_disabled_schedule_is_not_planned(campaign: Campaign):
    created = {"id": "t2", "type": "lead.created", "config": {}}
    campaign.workflow(POINTS, triggers=[triggers(DAILY)[0] | {"disabled": True}, created])
    assert campaign.all(Schedule) == []


def test_a_list_that_is_gone_keeps_the_workflow_from_being_activated(campaign: Campaign):
    with pytest.raises(Invalid) as caught:
        schedule(campaign, DAILY | {"leads": {"list": "gone"}})
    assert [problem.path for problem in caught.value.problems] == ["/triggers/0/config/leads/list"]


def test_another_tenants_leads_are_not_told(campaign: Campaign, clock, store):
    other = replace(campaign, tenancy=Tenancy(new_tenant(store, "other")))
    with other.write() as session:
        add_list(session, "hot")
    add(other, "theirs@example.com", "hot")
    mine = add(campaign, "mine@example.com", "hot")
    schedule(campaign, DAILY, DAILY | {"leads": {"list": "hot"}})
    clock.advance(timedelta(days=1))
    assert look(campaign) == 2
    assert {one.lead_id for one in told(campaign)} == {mine}
    assert told(other) == []


def test_the_leads_timeline_says_it_in_words():
    assert event_words("schedule.due", None, "system", Vocabulary()) == "A schedule came"


def test_the_workers_tick_looks(campaign: Campaign, clock):
    schedule(campaign, DAILY)
    add(campaign)
    clock.advance(timedelta(days=1))
    campaign.worker.tick()
    campaign.run()
    assert len(campaign.all(Execution)) == 1
