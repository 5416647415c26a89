"""A worker of some lanes does the work of those alone, and all of them together do everything."""

from datetime import timedelta

import pytest

from campaigns.engine.events import LANES
from campaigns.ids import new_id
from campaigns.sections.registry import kinds
from campaigns.services import claims, executions
from campaigns.storage.models import Import, Lead, Message, PendingEvent
from campaigns.storage.queries import due
from campaigns.worker import Worker
from tests.support.campaign import Campaign

POINTS = {"id": "s1", "type": "lead.add_points", "config": {"points": 1}}
WAIT = {"id": "s0", "type": "flow.delay", "config": {"duration": {"hours": 1}}}
MAIL = {"id": "s1", "type": "email.send", "config": {"template": "welcome"}}
LEADS = "email\n" + "".join(f"p{n}@example.com\n" for n in range(40))


def drain(campaign: Campaign, *lanes: str) -> None:
    worker = Worker(campaign.store, kinds(), campaign.transport, campaign.uploads, lanes=lanes)
    for _ in range(50):
        if not worker.run_once():
            return
    raise AssertionError("a worker of some lanes is kept busy by the work of others")


def start_by_hand(campaign: Campaign, key: str) -> None:
    lead = campaign.all(Lead)[0].id
    with campaign.write() as session:
        executions.start_by_hand(session, key, lead)


def test_imports_and_what_they_start_are_left_to_the_bulk_lane(campaign: Campaign) -> None:
    campaign.workflow([POINTS])
    campaign.start_import(LEADS)
    drain(campaign, "interactive", "timed")
    assert (campaign.only(Import).status, campaign.all(Lead)) == ("pending", [])
    drain(campaign, "bulk")
    assert campaign.statuses() == {"finished": 40}
    assert campaign.all(PendingEvent) == []


def test_what_somebody_waits_for_is_done_in_the_midst_of_bulk_work(campaign: Campaign) -> None:
    campaign.workflow([POINTS], triggers=[{"id": "t1", "type": "manual", "config": {}}], key="by-hand")
    campaign.workflow([POINTS])
    campaign.start_import(LEADS)
    while campaign.worker._import_chunk():
        pass
    assert len(campaign.all(PendingEvent)) == 40
    start_by_hand(campaign, "by-hand")
    drain(campaign, "interactive")
    assert campaign.statuses() == {"finished": 1}
    assert len(campaign.all(PendingEvent)) == 40
    drain(campaign, "bulk")
    assert campaign.statuses() == {"finished": 41}
    assert sorted(lead.score for lead in campaign.all(Lead)) == [1] * 39 + [2]


def test_what_is_due_by_the_clock_goes_before_bulk_work_of_its_shard(campaign: Campaign, clock) -> None:
    campaign.workflow([WAIT, POINTS])
    campaign.imports(LEADS)
    campaign.workflow([POINTS], key="more")
    campaign.start_import(LEADS.replace("@", "@more."))
    while campaign.worker._import_chunk():
        pass
    clock.advance(timedelta(hours=1))
    lease = claims.claim(campaign.store, "run", new_id())
    assert lease is not None
    with campaign.write() as session:
        settled = due.settle(session.connection(), lease, now=session.now, keep=False)
    assert (settled.more, LANES[settled.lane]) == (True, "timed")
    drain(campaign, "timed")
    assert campaign.statuses() == {"finished": 40}
    assert len(campaign.all(PendingEvent)) == 40


@pytest.mark.parametrize(("lanes", "sent"), [(["interactive", "bulk"], 0), (["timed"], 40)])
def test_mails_are_timed(campaign: Campaign, lanes: list[str], sent: int) -> None:
    campaign.workflow([MAIL])
    campaign.start_import(LEADS)
    while campaign.worker._import_chunk() or campaign.worker._runner().run_once():
        pass
    drain(campaign, *lanes)
    assert len(campaign.transport.sent) == sent
    assert {message.state for message in campaign.all(Message)} == {"handed_over" if sent else "planned"}
