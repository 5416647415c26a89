"""The brake's second rule: a workflow that does far more in an hour than in its last 7 days is stopped."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.services import events, insight, storm_hours, versions
from campaigns.services.events import Sent
from campaigns.services.runner import Runner
from campaigns.storage.models import AuditEntry, Message, OutboxItem, Workflow, WorkflowHour, WorkflowTotal
from tests.support.campaign import Campaign
from tests.support.databases import NOON
from tests.support.lines import hours
from tests.support.programs import item
from tests.support.sending import BY_EVENT

TAG = [item("lead.add_tag", "a", tag="seen")]
MAIL = [item("email.send", "m", template="welcome")]
MANY = storm_hours.AT_LEAST + 100


def come(campaign: Campaign, count: int, *, of: str = "p") -> None:
    """Let another system tell of so many leads."""
    with campaign.write() as session:
        events.take(session, [Sent("go", {"email": f"{of}{n}@example.com"}, None, {}) for n in range(count)])


def hour(campaign: Campaign, clock, count: int, *, of: str = "p") -> None:
    """An hour in which so many come, looked at when it begins and when they are through."""
    clock.advance(timedelta(hours=1))
    campaign.worker.tick()
    come(campaign, count, of=of)
    campaign.run()
    campaign.worker.tick()


def past(campaign: Campaign, clock, *, each: int = 2, count: int = 30) -> None:
    for _ in range(count):
        hour(campaign, clock, each)


def test_more_than_five_times_the_mean_of_an_hour_stops_the_workflow(campaign: Campaign, clock):
    campaign.workflow([*TAG, hours("d", 1)], triggers=[BY_EVENT])
    past(campaign, clock)
    assert campaign.only(Workflow).is_active
    hour(campaign, clock, MANY, of="q")
    workflow = campaign.only(Workflow)
    assert not workflow.is_active
    assert workflow.stopped_because.startswith(f"{MANY} starts that nobody had asked for came within an hour")
    assert campaign.statuses()["held"] == MANY
    with campaign.read() as session:
        assert next(one.kind for one in insight.attention(session, insight.dashboard(session))) == "stopped"
    written = [entry for entry in campaign.all(AuditEntry) if entry.action == "workflow.deactivated"]
    assert [entry.detail["because"] for entry in written] == [workflow.stopped_because]


def test_a_person_lets_it_go_on_and_it_stays_so_for_as_much_again(campaign: Campaign, clock):
    campaign.workflow([*TAG, hours("d", 1)], triggers=[BY_EVENT])
    past(campaign, clock)
    hour(campaign, clock, MANY, of="q")
    with campaign.write() as session:
        versions.activate(session, "flow")
    campaign.worker.tick()
    assert campaign.only(Workflow).is_active
    hour(campaign, clock, MANY, of="r")
    assert campaign.only(Workflow).is_active
    assert campaign.only(Workflow).stopped_because == ""


def test_mails_count_for_themselves(campaign: Campaign, clock):
    campaign.workflow(TAG, triggers=[BY_EVENT])
    for _ in range(30):
        clock.advance(timedelta(hours=1))
        campaign.worker.tick()
        with_mails(campaign, mails=2, starts=900)
    clock.advance(timedelta(hours=1))
    campaign.worker.tick()
    with_mails(campaign, mails=MANY, starts=900)
    assert campaign.only(Workflow).is_active
    campaign.worker.tick()
    assert campaign.only(Workflow).stopped_because.startswith(f"{MANY} mails that nobody had asked for")


def with_mails(campaign: Campaign, *, mails: int, starts: int) -> None:
    """Let the counters have come so far as if so much had been done."""
    with campaign.write() as session:
        total = session.query(WorkflowTotal).one()
        total.unasked_mails += mails
        total.unasked += starts


def test_planned_mails_of_a_workflow_that_was_stopped_rest_and_go_when_it_goes_on(campaign: Campaign, clock):
    campaign.workflow(MAIL, triggers=[BY_EVENT])
    come(campaign, 3)
    runner = Runner(campaign.store, campaign.kinds)  # does all that is due but the mails
    while runner.run_once():
        pass
    with campaign.write() as session:
        versions.deactivate(session, "flow", running="hold", because="it storms")
    campaign.run()
    assert campaign.transport.sent == []
    assert {message.state for message in campaign.all(Message)} == {"planned"}
    with campaign.write() as session:
        versions.activate(session, "flow")
    campaign.run()
    assert len(campaign.transport.sent) == 3
    assert campaign.all(OutboxItem) == []
    assert campaign.only(WorkflowTotal).unasked_mails == 3


def test_imports_and_what_has_no_history_are_never_a_storm(campaign: Campaign, clock):
    campaign.workflow(MAIL)
    past(campaign, clock, each=0, count=2)
    campaign.imports("email\n" + "".join(f"p{n}@example.com\n" for n in range(MANY)))
    total = campaign.only(WorkflowTotal)
    assert (total.started, total.unasked, total.unasked_mails) == (MANY, 0, 0)
    campaign.workflow(TAG, triggers=[BY_EVENT], key="other")
    hour(campaign, clock, MANY)  # by others, and there is no mean yet
    assert all(row.is_active for row in campaign.all(Workflow))


def test_what_an_import_sets_going_elsewhere_counts_only_when_a_lead_comes_again(campaign: Campaign):
    campaign.workflow([item("list.add", "l", list="hot")], key="first")
    campaign.workflow(TAG, triggers=[{"id": "t1", "type": "list.added", "config": {"list": "hot"}}], key="second")
    campaign.imports("email\nann@example.com\nbob@example.com\n")
    assert {row.started: row.unasked for row in campaign.all(WorkflowTotal)} == {2: 0}


def test_the_hours_of_a_workflow_stay_few(campaign: Campaign, clock):
    campaign.workflow(TAG, triggers=[BY_EVENT])
    for _ in range(200):
        clock.advance(timedelta(hours=1))
        storm_hours.look(campaign.store)
    assert len(campaign.all(WorkflowHour)) == 192


def counters(*each: int) -> list:
    """A counter at the beginning of each hour, told how much came in each."""
    sums = [sum(each[:place]) for place in range(len(each) + 1)]
    return [(NOON + timedelta(hours=place), value) for place, value in enumerate(sums)]


@pytest.mark.parametrize(
    ("each", "most"),
    [
        ([200] * 48, 1000),  # five times the mean
        ([2] * 48, 500),  # no storm under 500
        ([2] * 20, None),  # not for a day yet
        ([0] * 160, None),  # nothing to compare with
        ([0] * 40 + [900] + [0] * 7, None),  # seven hours ago for the first time
        ([1, *[0] * 24, 4000, *[0] * 22], 8000),  # mails all at once: twice as many are none
    ],
)
def test_how_much_may_be_done_in_an_hour(each, most):
    history = counters(*each)
    assert storm_hours.most_an_hour(history, history[-1][0]) == most
