"""Telling the leads of a schedule: page by page, also when it is cut off, done by several, or ended in the midst."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from campaigns.sections.registry import kinds
from campaigns.services import schedules, versions
from campaigns.storage.models import Schedule
from tests.support.campaign import Campaign
from tests.support.schedules import DAILY, add, look, next_at, on, schedule, told


class Killed(Exception):
    """What nobody catches: the process ends here."""


def tell_pages(campaign: Campaign, count: int, *, most: int) -> None:
    """Look, and be killed once `count` pages are committed and the next one is written."""
    written = []

    def kill(*given: Any) -> None:
        written.extend([1] if given[2].lstrip().startswith("INSERT INTO events") else [])
        if len(written) > count:
            raise Killed

    engine = campaign.store.database.writer
    event.listen(engine, "after_cursor_execute", kill)
    try:
        with pytest.raises(Killed):
            schedules.look(campaign.store, kinds(), most=most)
    finally:
        event.remove(engine, "after_cursor_execute", kill)


@pytest.mark.parametrize("pages", [0, 1, 3])
def test_a_look_that_was_killed_goes_on_where_it_was_and_tells_nobody_twice(campaign, clock, pages):
    schedule(campaign, DAILY | {"leads": {"list": "hot"}})
    campaign.imports("email\n" + "".join(f"p{n}@example.com\n" for n in range(450)), list="hot")
    clock.advance(timedelta(days=1))
    tell_pages(campaign, pages, most=100)
    assert len(told(campaign)) == 100 * pages
    clock.advance(timedelta(days=2))  # two more times come before it goes on
    assert look(campaign) == 450 - 100 * pages
    assert len({one.lead_id for one in told(campaign)}) == len(told(campaign)) == 450
    assert look(campaign) == (450 if pages else 0)  # what was begun is ended first; the missed ones come as one
    assert look(campaign) == 0


def test_two_that_look_at_once_tell_once(campaign: Campaign, clock):
    schedule(campaign, DAILY)
    campaign.imports("email\n" + "".join(f"p{n}@example.com\n" for n in range(300)))
    clock.advance(timedelta(days=1))
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _n: schedules.look(campaign.store, kinds(), most=50), range(4)))
    campaign.run()
    assert sum(counts) == 300
    assert campaign.statuses() == {"finished": 300}


def test_thousands_take_as_few_statements_as_hundreds(campaign: Campaign, clock):
    schedule(campaign, DAILY)
    campaign.imports("email\n" + "".join(f"p{n}@example.com\n" for n in range(2500)))
    clock.advance(timedelta(days=1))
    counted: list[str] = []
    for engine in {campaign.store.database.reader, campaign.store.database.writer}:
        event.listen(engine, "before_cursor_execute", lambda *given: counted.append(given[2]))
    assert schedules.look(campaign.store, kinds()) == 2500
    assert len(counted) < 100  # a page of a thousand leads wakes sixteen shards


def test_an_idle_look_asks_once_and_writes_nothing(campaign: Campaign, clock):
    schedule(campaign, DAILY)
    add(campaign)
    clock.advance(timedelta(hours=3))
    statements: list[str] = []
    for engine in {campaign.store.database.reader, campaign.store.database.writer}:
        event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert schedules.look_in(campaign.store, kinds(), campaign.tenancy.tenant_id) == 0
    assert len([one for one in statements if "schedules" in one]) == 1
    assert [one for one in statements if "leads" in one or one.lstrip().startswith(("UPDATE", "INSERT"))] == []


def test_deactivation_ends_it_also_in_the_midst_of_telling(campaign: Campaign, clock):
    schedule(campaign, DAILY)
    for n in range(5):
        add(campaign, f"p{n}@example.com")
    clock.advance(timedelta(days=1))
    tell_pages(campaign, 1, most=2)
    with campaign.write() as session:
        versions.deactivate(session, "flow")
    assert campaign.all(Schedule) == []
    clock.advance(timedelta(days=3))
    assert look(campaign) == 0
    with campaign.write() as session:
        versions.activate(session, "flow", kinds=kinds())
    assert look(campaign) == 0  # what came in between is gone, as with every trigger
    assert len(told(campaign)) == 2
    assert next_at(campaign) == on("2026-03-09T09:00")
