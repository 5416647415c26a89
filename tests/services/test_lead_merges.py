"""Two leads become one: what is kept of each, what goes on, and who is found by the names afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.errors import Invalid, NotFound
from campaigns.ids import new_id
from campaigns.services import events, fields, leads, starts, tasks
from campaigns.services.events import Sent
from campaigns.services.lead_merges import merge, outlook
from campaigns.services.timeline import timeline
from campaigns.storage.models import (
    Enrolment,
    Event,
    Execution,
    Lead,
    Message,
    Note,
    PendingEvent,
    Step,
    Task,
    Token,
    Visit,
    WorkflowTotal,
)
from campaigns.storage.queries.due import shard_of

WAIT = {"id": "w", "type": "flow.delay", "config": {"duration": {"days": 1}}}
POINTS = {"id": "p", "type": "lead.add_points", "config": {"points": 5}}
HEARD = [{"id": "t1", "type": "event.received", "config": {"name": "go"}}]
BY_HAND = [{"id": "t1", "type": "manual", "config": {}}]


@pytest.fixture
def add(campaign):
    def made(email="ann@example.com", **values):
        with campaign.write() as session:
            return leads.create_lead(session, {"email": email, **values}).id

    return made


def described(campaign, lead_id):
    with campaign.read() as session:
        return leads.lead_json(session, [leads.get_lead(session, lead_id)])[0]


def merged(campaign, keep, gone, **choices):
    with campaign.write() as session:
        merge(session, keep, gone, choices)
    return described(campaign, keep)


def sent(campaign, *names, event="go"):
    with campaign.write() as session:
        taken = events.take(session, [Sent(event, name) for name in names])
    assert taken.problems == []


def test_without_a_choice_the_kept_lead_keeps_what_it_has_and_takes_what_it_lacks(campaign, add):
    keep = add(first_name="Ann", score=3, tags=["a"], status="qualified")
    gone = add(
        "old@example.com", first_name="Anna", last_name="Lee", external_id="a-2", score=8, tags=["b"], lists=["hot"]
    )
    found = merged(campaign, keep, gone)
    assert (found["email"], found["first_name"], found["last_name"]) == ("ann@example.com", "Ann", "Lee")
    assert (found["external_id"], found["status"], found["score"]) == ("a-2", "qualified", 8)
    assert (found["tags"], found["lists"]) == (["a", "b"], ["hot"])


def test_each_field_can_be_chosen(campaign, add):
    with campaign.write() as session:
        fields.create_field(session, key="city", name="City", type="text")
    keep = add(score=9, status="qualified", fields={"city": "Rome"})
    gone = add("old@example.com", score=2, status="lost", phone="+49 30 7654321", fields={"city": "Berlin"})
    found = merged(campaign, keep, gone, email="other", city="other", score="other", status="other", phone="keep")
    assert (found["email"], found["fields"], found["score"]) == ("old@example.com", {"city": "Berlin"}, 2)
    assert (found["status"], found["phone"]) == ("lost", None)
    assert "ann@example.com" in campaign.only(Note).text


def test_the_other_one_is_gone_like_one_that_moved(campaign, add):
    keep, gone = add(), add("old@example.com")
    merged(campaign, keep, gone)
    for again in (lambda s: leads.get_lead(s, gone), lambda s: merge(s, keep, gone), lambda s: merge(s, gone, keep)):
        with pytest.raises(NotFound), campaign.write() as session:
            again(session)
    with campaign.write() as session:
        taken = events.take(session, [Sent("go", {"id": str(gone)})])
    assert taken.problems[0][1].path == "/lead/id"


def test_one_lead_and_unknown_fields_and_choices_and_leads_are_refused(campaign, add):
    keep, gone = add(), add("old@example.com", external_id="a-2")
    with pytest.raises(Invalid) as caught, campaign.write() as session:
        merge(session, keep, keep)
    assert caught.value.problems[0].path == "/lead"
    with pytest.raises(Invalid) as caught, campaign.write() as session:
        merge(session, keep, gone, {"town": "keep", "email": "mine"})
    assert [one.path for one in caught.value.problems] == ["/fields/town", "/fields/email"]
    for pair in ((keep, new_id()), (new_id(), gone)):
        with pytest.raises(NotFound), campaign.write() as session:
            merge(session, *pair)
    nameless = add(None, external_id="a-3")
    with pytest.raises(Invalid), campaign.write() as session:
        merge(session, nameless, keep, {"email": "keep", "external_id": "other"})
    assert len(campaign.all(Lead)) == 3


def test_what_changes_of_the_kept_lead_leaves_one_event_as_by_hand(campaign, add):
    campaign.workflow([POINTS], triggers=[{"id": "t1", "type": "list.added", "config": {"list": "hot"}}])
    keep, gone = add(), add("old@example.com", last_name="Lee", tags=["b"])
    with campaign.write() as session:
        leads.set_lists(session, gone, ["hot"])
    before = {event.id for event in campaign.all(Event)}
    merged(campaign, keep, gone)
    (made,) = [event for event in campaign.all(Event) if event.id not in before]
    assert (made.lead_id, made.name, made.hop) == (keep, "lead.changed", 0)
    assert made.changes == {"fields": {"last_name": [None, "Lee"]}, "tags_added": ["b"], "lists_added": ["hot"]}
    campaign.run()
    assert described(campaign, keep)["score"] == 10  # the other one's own event, and the kept one's


def test_nothing_that_changes_leaves_no_event(campaign, add):
    keep, gone = add(), add("old@example.com")
    before = len(campaign.all(Event))
    merged(campaign, keep, gone)
    assert len(campaign.all(Event)) == before


def test_the_whole_history_is_the_kept_leads(campaign, add):
    campaign.workflow([{"id": "e", "type": "email.send", "config": {"template": "welcome"}}, POINTS])
    keep, gone = add(), add("old@example.com")
    campaign.run()
    with campaign.write() as session:
        tasks.create_task(session, gone, {"title": "Call"})
        session.add(Note(lead_id=gone, text="Likes tea", at=session.now))
        events.take(session, [Sent("go", {"email": "old@example.com"}, session="v1")])
    merged(campaign, keep, gone)
    for model in (Event, Execution, Message, Task, Note, Visit):
        assert {row.lead_id for row in campaign.all(model)} == {keep}, model
    with campaign.read() as session:
        texts = [item["text"] for item in timeline(session, keep).items]
    assert {"Likes tea", "Event go"} <= set(texts)
    assert sum("Welcome" in text for text in texts) >= 2
    assert "Merged with old@example.com." in texts


def test_what_both_are_in_ends_once_and_the_rest_goes_on(campaign, add, clock):
    campaign.workflow([WAIT, POINTS], key="one")
    campaign.workflow([WAIT, POINTS], key="two", limits={"per_lead_active": 2})
    keep, gone = add(), add("old@example.com")
    campaign.run()
    with campaign.read() as session:
        found = outlook(session, keep, gone)
    assert (found.ending, found.going_on) == (1, 1)
    merged(campaign, keep, gone)
    assert campaign.statuses() == {"waiting": 3, "stopped": 1}
    (ended,) = [row for row in campaign.all(Execution) if row.status == "stopped"]
    assert (ended.reason, ended.lead_id) == ("merged", keep)
    (step,) = [row for row in campaign.all(Step) if row.execution_id == ended.id and row.outcome == "stopped"]
    assert (step.section, step.receipt["reason"]) == (
        "w",
        "merged with a lead that is in this workflow already (per_lead_active)",
    )
    assert {row.shard for row in campaign.all(Token)} == {shard_of(keep)}
    assert {(row.lead_id, row.active, row.ever) for row in campaign.all(Enrolment)} == {(keep, 1, 2), (keep, 2, 2)}
    clock.advance(timedelta(days=2))
    campaign.run()
    assert described(campaign, keep)["score"] == 15
    assert {row.active for row in campaign.all(WorkflowTotal)} == {0}
    assert {row.active for row in campaign.all(Enrolment)} == {0}


def test_an_execution_that_waits_for_an_event_hears_it_of_the_kept_lead(campaign, add):
    wait = {"id": "w", "type": "flow.wait", "config": {
        "for": [{"name": "came", "trigger": {"type": "event.received", "config": {"name": "go"}}}],
        "timeout": {"days": 3}}, "branches": {"came": [POINTS], "timeout": []}}  # fmt: skip
    campaign.workflow([wait], triggers=BY_HAND)
    keep, gone = add(), add("old@example.com")
    with campaign.write() as session:
        starts.start_by_hand(session, "flow", gone)
    campaign.run()
    merged(campaign, keep, gone)
    sent(campaign, {"email": "ann@example.com"})
    campaign.run()
    assert campaign.statuses() == {"finished": 1}
    assert described(campaign, keep)["score"] == 5


def test_an_event_that_still_waits_for_its_batch_is_worked_on_for_the_kept_lead(campaign, add):
    campaign.workflow([POINTS], triggers=HEARD)
    keep, gone = add(), add("old@example.com")
    sent(campaign, {"email": "old@example.com"})
    merged(campaign, keep, gone)
    assert {row.shard for row in campaign.all(PendingEvent)} == {shard_of(keep)}
    campaign.run()
    assert described(campaign, keep)["score"] == 5


def test_how_often_each_was_in_a_workflow_counts_together(campaign, add):
    campaign.workflow([POINTS], triggers=HEARD, limits={"per_lead_ever": 2})
    keep, gone = add(), add("old@example.com")
    sent(campaign, {"email": "ann@example.com"}, {"email": "old@example.com"})
    campaign.run()
    merged(campaign, keep, gone)
    sent(campaign, {"email": "ann@example.com"})
    campaign.run()
    assert campaign.statuses() == {"finished": 2}
