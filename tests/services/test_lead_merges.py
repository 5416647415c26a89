"""Two leads become one: what is kept of each, what goes on, and who is found by the names afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaigns.errors import Invalid, NotFound
from campaigns.ids import new_id
from campaigns.services import events, fields, leads, starts, tasks
from campaigns.services.events import Sent
from campaigns.services.lead_erasure import erase_lead
from campaigns.services.lead_merges import merge, outlook
from campaigns.services.timeline import timeline
from campaigns.storage.base import Base
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


def rows(campaign, table):
    with campaign.read() as session:
        found = Base.metadata.tables[table]
        return session.execute(select(found).where(found.c.tenant_id == campaign.tenancy.tenant_id)).mappings().all()


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


def test_events_by_the_old_names_reach_the_kept_lead(campaign, add):
    campaign.workflow([POINTS], triggers=HEARD)
    keep, gone = add(external_id="a-1"), add("old@example.com", external_id="a-2")
    merged(campaign, keep, gone)
    sent(campaign, {"email": "OLD@example.com"}, {"external_id": "a-2"}, {"email": "ann@example.com"})
    campaign.run()
    assert len(campaign.all(Lead)) == 1
    assert campaign.statuses() == {"finished": 3}
    assert described(campaign, keep)["score"] == 15


def test_saving_and_importing_by_the_old_names_changes_the_kept_lead_and_not_its_names(campaign, add):
    keep, gone = add(external_id="a-1"), add("old@example.com", external_id="a-2")
    merged(campaign, keep, gone)
    with campaign.write() as session:
        lead, created = leads.upsert_lead(session, {"email": "old@example.com", "first_name": "Ann"})
        assert (lead.id, created, lead.email) == (keep, False, "ann@example.com")
        lead, created = leads.upsert_lead(session, {"external_id": "a-2", "last_name": "Lee"})
        assert (lead.id, created, lead.external_id) == (keep, False, "a-1")
    campaign.imports("email,phone\nold@example.com,+49 30 7654321\nnew@example.com,\n")
    campaign.imports("external_id,email,last_name\na-2,ann@example.com,Smith\n")
    found = described(campaign, keep)
    assert (found["email"], found["external_id"], found["first_name"]) == ("ann@example.com", "a-1", "Ann")
    assert (found["phone"], found["last_name"]) == ("+49 30 7654321", "Smith")
    assert {lead.email for lead in campaign.all(Lead)} == {"ann@example.com", "new@example.com"}


def test_a_merged_address_can_be_taken_again_by_hand_and_by_nobody_else(campaign, add):
    keep, gone, other = add(), add("old@example.com"), add("bob@example.com")
    merged(campaign, keep, gone)
    with pytest.raises(Exception, match="address already"), campaign.write() as session:
        leads.update_lead(session, other, {"email": "old@example.com"})
    with campaign.write() as session:
        assert leads.update_lead(session, keep, {"email": "Old@example.com"}).email == "Old@example.com"
    with campaign.write() as session:
        assert leads.update_lead(session, other, {"email": "ann@example.com"}).email == "ann@example.com"


def test_leads_that_were_merged_one_after_another_are_one(campaign, add):
    first, second, third = add("1@example.com"), add("2@example.com"), add("3@example.com")
    merged(campaign, second, first)
    merged(campaign, third, second, email="other")
    sent(campaign, *({"email": f"{n}@example.com"} for n in (1, 2, 3)))
    assert [lead.email for lead in campaign.all(Lead)] == ["2@example.com"]
    assert {event.lead_id for event in campaign.all(Event)} == {third}


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


def test_erasing_the_kept_lead_erases_all_that_came_from_the_other(campaign, add):
    keep, gone, other = (
        add(),
        add("canary@example.com", first_name="canary", external_id="canary"),
        add("bob@example.com"),
    )
    campaign.imports("external_id,email\nx-9,canary@example.com\n")  # refused: a row that names it
    merged(campaign, keep, gone)
    with campaign.write() as session:
        erase_lead(session, keep)
    left = {row["id"] for row in rows(campaign, "leads")}
    assert left == {other}
    assert rows(campaign, "merged_leads") == []
    with campaign.read() as session:
        connection = session.connection()
        connection.info["unguarded"] = True
        everything = repr([connection.execute(select(table)).all() for table in Base.metadata.sorted_tables])
        connection.info.pop("unguarded")
    assert "canary" not in everything
    assert leads.create_lead is not None
    add("canary@example.com", external_id="canary")


def test_a_lead_that_was_merged_into_frees_all_names_when_it_moves(campaign, north, add):
    from tests.support.trees import MOVE

    campaign.workflow([MOVE], triggers=HEARD)
    keep, gone = add(), add("old@example.com", external_id="a-2")
    merged(campaign, keep, gone)
    sent(campaign, {"external_id": "a-2"})
    campaign.run()
    assert campaign.all(Lead) == []
    assert north.only(Lead).id == keep
    again = add("old@example.com")
    with north.write() as session:
        erase_lead(session, keep)
    assert {row["id"] for row in rows(campaign, "leads")} == {again}


def test_a_lead_that_came_and_was_merged_is_erased_where_it_came_from(campaign, north, add):
    from tests.support.trees import MOVE

    campaign.workflow([MOVE], triggers=HEARD)
    came = add()
    sent(campaign, {"email": "ann@example.com"})
    campaign.run()
    with north.write() as session:
        keep = leads.create_lead(session, {"email": "kept@example.com"}).id
        merge(session, keep, came)
        erase_lead(session, keep)
    assert rows(campaign, "leads") == []
    assert {row["lead_id"] for row in rows(campaign, "events")} == {None}
