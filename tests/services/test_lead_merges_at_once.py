"""Two that merge the same leads at once, and what comes in meanwhile: nothing is lost, nobody waits in a circle."""

from __future__ import annotations

import pytest

from campaigns.errors import NotFound
from campaigns.services import events, leads
from campaigns.services.events import Sent
from campaigns.services.lead_merges import merge
from campaigns.services.runner import Runner
from campaigns.storage.models import Event, Lead
from tests.support.locks import in_thread, waiting_for_a_lock

POINTS = {"id": "p", "type": "lead.add_points", "config": {"points": 5}}
HEARD = [{"id": "t1", "type": "event.received", "config": {"name": "go"}}]


@pytest.fixture
def pair(campaign):
    campaign.workflow([POINTS], triggers=HEARD)
    with campaign.write() as session:
        made = [leads.create_lead(session, {"email": f"{name}@example.com"}).id for name in ("ann", "old")]
        events.take(session, [Sent("other", {"email": "ann@example.com"})])
    campaign.run()
    return made


def merged(campaign, keep, gone):
    try:
        with campaign.write() as session:
            merge(session, keep, gone)
    except NotFound:
        return "gone"
    return "merged"


def test_two_merges_that_cross_leave_one_lead(campaign, pair):
    one, other = pair
    answers = [in_thread(lambda pair=pair: merged(campaign, *pair)) for pair in ((one, other), (other, one))]
    assert sorted(answer() for answer in answers) == ["gone", "merged"]
    assert len(campaign.all(Lead)) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_second_of_two_waits_and_finds_one_gone(campaign, pair, database_url):
    one, other = pair
    with campaign.write() as session:
        merge(session, one, other)
        second = in_thread(lambda: merged(campaign, other, one))
        assert waiting_for_a_lock(database_url)
    assert second() == "gone"
    assert campaign.only(Lead).id == one


def send(campaign, name):
    with campaign.write() as session:
        return events.take(session, [Sent("go", name)]).problems


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_event_that_comes_during_a_merge_is_the_kept_leads(campaign, pair, database_url):
    one, other = pair
    with campaign.write() as session:  # so that each shard has a row that says when it has work
        events.take(session, [Sent("go", {"email": f"{name}@example.com"}) for name in ("ann", "old")])
    campaign.run()
    with campaign.write() as session:
        merge(session, one, other)
        sent = in_thread(lambda: send(campaign, {"email": "old@example.com"}))
        assert waiting_for_a_lock(database_url)
    assert sent() == []
    assert {event.lead_id for event in campaign.all(Event)} == {one}
    campaign.run()
    assert campaign.only(Lead).score == 10  # five of what each had, and five for the new event


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_merge_waits_for_an_event_that_is_being_recorded(campaign, pair, database_url):
    one, other = pair
    with campaign.write() as session:
        events.take(session, [Sent("go", {"email": f"{name}@example.com"}) for name in ("ann", "old")])
    campaign.run()
    with campaign.write() as session:
        events.take(session, [Sent("go", {"email": "old@example.com"})])
        second = in_thread(lambda: merged(campaign, one, other))
        assert waiting_for_a_lock(database_url)
    assert second() == "merged"
    assert {event.lead_id for event in campaign.all(Event)} == {one}
    campaign.run()
    assert campaign.only(Lead).score == 10  # five of what each had, and five for the new event


def test_what_a_worker_has_read_before_the_merge_is_not_written_after_it(campaign, pair):
    one, other = pair
    with campaign.write() as session:
        events.take(session, [Sent("go", {"email": "old@example.com"})])
    runner = Runner(campaign.store, campaign.kinds)
    assert merged(campaign, one, other) == "merged"
    while runner.run_once():
        pass
    assert campaign.only(Lead).score == 5
