"""Dates of leads are found when they are reached: once each, in whatever zone, also after a stop."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, select, update

from campaigns.sections.registry import kinds
from campaigns.services import dates_reached, fields, leads, versions
from campaigns.storage.models import DateReached, Event, Execution, Lead, LeadField, Subscription, Tenant
from campaigns.storage.transaction import system
from tests.support.campaign import Campaign

NINE = {"field": "birthday", "time_of_day": "09:00", "time_zone": "tenant"}
POINTS = [{"id": "s1", "type": "lead.add_points", "config": {"points": 1}}]


@pytest.fixture(autouse=True)
def date_fields(campaign: Campaign) -> None:
    with campaign.write() as session:
        fields.create_field(session, name="Birthday", type="date")
        fields.create_field(session, name="Renewal", type="datetime")


def wait_for_dates(campaign: Campaign, *configs: dict[str, Any], **settings: Any) -> None:
    triggers = [{"id": f"t{n}", "type": "lead.date_reached", "config": c} for n, c in enumerate(configs, 1)]
    campaign.workflow(POINTS, triggers=triggers, **settings)


def add(campaign: Campaign, email: str = "ann@example.com", **values: Any) -> Any:
    with campaign.write() as session:
        return leads.create_lead(session, {"email": email, "fields": values}).id


def look(campaign: Campaign) -> int:
    """Do what a tick does, then all the work that is due; return how many were told of."""
    count = dates_reached.look(campaign.store, kinds())
    campaign.run()
    return count


def started(campaign: Campaign) -> int:
    return len(campaign.all(Execution))


def test_a_date_starts_its_lead_at_the_time_of_day_and_not_before(campaign: Campaign, clock):
    wait_for_dates(campaign, NINE)
    add(campaign, birthday="2026-03-05")
    clock.advance(timedelta(hours=20, minutes=59))
    assert look(campaign) == 0
    clock.advance(timedelta(minutes=1))
    assert look(campaign) == 1
    told = next(one for one in campaign.all(Event) if one.name == "lead.date_reached")
    assert told.occurred_at == clock.now()
    assert told.properties == {"field": "birthday", "date": "2026-03-05", "years": 0, "trigger": "t1"}
    assert campaign.only(Lead).score == 1
    clock.advance(timedelta(days=400))
    assert look(campaign) == 0


def test_each_year_starts_once(campaign: Campaign, clock):
    wait_for_dates(campaign, NINE | {"yearly": True})
    add(campaign, birthday="1990-03-05")
    for years in (36, 37):
        clock.advance(timedelta(days=1))
        assert look(campaign) == 1
        assert look(campaign) == 0
        assert {one.properties["years"] for one in campaign.all(Event) if one.properties} >= {years}
        clock.advance(timedelta(days=364))
    assert campaign.only(Lead).score == 2


def test_offsets_before_and_after_are_days_of_their_own(campaign: Campaign, clock):
    before, after = ({"offset": {side: {"days": 3}}} for side in ("before", "after"))
    wait_for_dates(campaign, NINE | before, NINE | after)
    add(campaign, birthday="2026-03-08")
    seen = []
    for _day in range(9):
        clock.advance(timedelta(days=1))
        seen += [clock.now().day] * look(campaign)
    assert seen == [5, 11]


def test_the_leads_own_zone_counts(campaign: Campaign, clock):
    with campaign.write() as session:
        session.add(LeadField(key="time_zone", name="Zone", type="text", created_at=session.now))
    wait_for_dates(campaign, NINE | {"time_zone": "lead"})
    add(campaign, "tokyo@example.com", birthday="2026-03-05", time_zone="Asia/Tokyo")
    add(campaign, "utc@example.com", birthday="2026-03-05")
    add(campaign, "odd@example.com", birthday="2026-03-05", time_zone="Mars/X")
    clock.advance(timedelta(hours=12))
    assert look(campaign) == 1
    clock.advance(timedelta(hours=9))
    assert look(campaign) == 2


def test_a_change_of_zone_does_not_tell_twice(campaign: Campaign, clock):
    wait_for_dates(campaign, NINE)
    add(campaign, birthday="2026-03-05")
    clock.advance(timedelta(hours=21))
    assert look(campaign) == 1
    with system(campaign.store, writes=True) as session:
        session.execute(update(Tenant).values(time_zone="America/New_York"))
    clock.advance(timedelta(hours=6))
    assert look(campaign) == 0


def test_a_date_with_a_time_is_reached_at_that_time(campaign: Campaign, clock):
    wait_for_dates(campaign, {"field": "lead.renewal", "offset": {"before": {"hours": 1}}})
    add(campaign, renewal="2026-03-04T14:30:00Z")
    clock.advance(timedelta(minutes=89))
    assert look(campaign) == 0
    clock.advance(timedelta(minutes=1))
    assert look(campaign) == 1


def test_a_built_in_date_counts_as_well(campaign: Campaign, clock):
    wait_for_dates(campaign, {"field": "created_at", "offset": {"after": {"days": 30}}})
    add(campaign)
    clock.advance(timedelta(days=30))
    assert look(campaign) == 1
    assert look(campaign) == 0


def test_a_stop_is_caught_up_with(campaign: Campaign, clock):
    wait_for_dates(campaign, NINE)
    add(campaign, "ann@example.com", birthday="2026-03-06")
    add(campaign, "bob@example.com", birthday="2026-03-20")
    clock.advance(timedelta(days=30))
    assert look(campaign) == 2
    occurred = sorted(one.occurred_at.day for one in campaign.all(Event) if one.name == "lead.date_reached")
    assert occurred == [6, 20]


def test_what_is_entered_after_its_moment_does_not_count(campaign: Campaign, clock):
    wait_for_dates(campaign, NINE)
    early = add(campaign, "early@example.com", birthday="2026-03-09")
    kept = add(campaign, "kept@example.com", birthday="2026-03-05")
    clock.advance(timedelta(hours=22))  # 10:00 on the 5th, and nobody has looked since noon of the 4th
    add(campaign, "late@example.com", birthday="2026-03-05")
    with campaign.write() as session:
        leads.update_lead(session, early, {"fields": {"birthday": "2026-03-05"}})
        leads.update_lead(session, kept, {"first_name": "Kim"})
    clock.advance(timedelta(minutes=5))
    assert look(campaign) == 1
    assert campaign.only(Execution).lead_id == kept


def test_what_comes_before_its_moment_counts_however_late(campaign: Campaign, clock):
    wait_for_dates(campaign, NINE)
    clock.advance(timedelta(hours=20, minutes=59))
    assert look(campaign) == 0
    lead_id = add(campaign, birthday="2026-03-09")
    with campaign.write() as session:
        leads.update_lead(session, lead_id, {"fields": {"birthday": "2026-03-05"}})
    clock.advance(timedelta(minutes=1))
    assert look(campaign) == 1


def test_nothing_from_before_the_activation_starts(campaign: Campaign, clock):
    add(campaign, birthday="2026-03-04")
    wait_for_dates(campaign, NINE)
    assert look(campaign) == 0
    add(campaign, "next@example.com", birthday="2026-03-05")
    with campaign.write() as session:
        versions.deactivate(session, "flow")
    clock.advance(timedelta(days=1))
    assert look(campaign) == 0
    with campaign.write() as session:
        versions.activate(session, "flow", kinds=kinds())
    clock.advance(timedelta(minutes=1))
    assert look(campaign) == 0
    assert started(campaign) == 0


def test_a_workflow_is_told_of_its_own_dates_alone(campaign: Campaign, clock):
    wait_for_dates(campaign, NINE)
    wait_for_dates(campaign, NINE | {"time_of_day": "18:00"}, key="evening")
    add(campaign, birthday="2026-03-05")
    clock.advance(timedelta(hours=22))
    assert look(campaign) == 1
    assert started(campaign) == 1
    clock.advance(timedelta(hours=8))
    assert look(campaign) == 1
    assert len({one.workflow_id for one in campaign.all(Execution)}) == 2


def test_a_filter_decides_after_the_date(campaign: Campaign, clock):
    trigger = {"id": "t1", "type": "lead.date_reached", "config": NINE}
    high = {"field": "lead.score", "op": "gte", "value": 5}
    campaign.workflow(POINTS, triggers=[trigger | {"filter": high}])
    add(campaign, birthday="2026-03-05")
    clock.advance(timedelta(days=1))
    assert look(campaign) == 1
    assert started(campaign) == 0


def test_two_that_look_at_once_tell_once(campaign: Campaign, clock):
    wait_for_dates(campaign, NINE)
    rows = "email,birthday\n" + "".join(f"p{n}@example.com,2026-03-05\n" for n in range(300))
    campaign.imports(rows)
    clock.advance(timedelta(days=1))
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _n: dates_reached.look(campaign.store, kinds()), range(4)))
    campaign.run()
    assert sum(counts) == 300
    assert campaign.statuses() == {"finished": 300}


def test_a_look_that_was_cut_off_is_done_again_without_doubling(campaign: Campaign, clock):
    wait_for_dates(campaign, NINE)
    add(campaign, "ann@example.com", birthday="2026-03-05")
    clock.advance(timedelta(days=1))
    assert look(campaign) == 1
    with campaign.write() as session:  # as if the process had ended before it noted how far it came
        session.execute(update(Subscription).where(Subscription.tenant_id == session.tenant_id).values(through=None))
    assert look(campaign) == 0
    assert started(campaign) == 1


def test_what_was_told_is_forgotten_when_nobody_looks_back_as_far(campaign: Campaign, clock):
    wait_for_dates(campaign, NINE)
    add(campaign, birthday="2026-03-05")
    clock.advance(timedelta(days=1))
    assert look(campaign) == 1
    assert len(campaign.all(DateReached)) == 1
    for _day in range(10):
        clock.advance(timedelta(days=1))
        assert look(campaign) == 0
    assert campaign.all(DateReached) == []


def test_thousands_take_as_few_statements_as_hundreds(campaign: Campaign, clock):
    wait_for_dates(campaign, NINE)
    campaign.imports("email,birthday\n" + "".join(f"p{n}@example.com,2026-03-{5 + n % 2:02}\n" for n in range(1800)))
    clock.advance(timedelta(days=1))
    counted: list[str] = []
    engines = {campaign.store.database.reader, campaign.store.database.writer}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", lambda *given: counted.append(given[2]))
    assert dates_reached.look(campaign.store, kinds()) == 900
    assert len(counted) < 80  # a page of a thousand leads wakes sixteen shards, whatever it holds


def test_an_idle_look_reads_no_lead_and_writes_nothing(campaign: Campaign, clock):
    wait_for_dates(campaign, NINE)
    add(campaign, birthday="2026-03-05")
    clock.advance(timedelta(hours=3))
    statements: list[str] = []
    for engine in {campaign.store.database.reader, campaign.store.database.writer}:
        event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert dates_reached.look(campaign.store, kinds()) == 0
    assert [one for one in statements if "leads" in one or one.lstrip().startswith(("UPDATE", "INSERT"))] == []


def test_an_erased_lead_takes_what_was_told_along(campaign: Campaign, clock):
    wait_for_dates(campaign, NINE)
    add(campaign, birthday="2026-03-05")
    clock.advance(timedelta(days=1))
    assert look(campaign) == 1
    with campaign.write() as session:
        session.execute(update(Execution).where(Execution.tenant_id == session.tenant_id).values(lead_id=None))
        session.execute(delete(Lead).where(Lead.tenant_id == session.tenant_id))
        assert session.scalars(select(DateReached)).all() == []


def test_the_workers_tick_looks(campaign: Campaign, clock):
    wait_for_dates(campaign, NINE)
    add(campaign, birthday="2026-03-05")
    clock.advance(timedelta(days=1))
    campaign.worker.tick()
    campaign.run()
    assert started(campaign) == 1
