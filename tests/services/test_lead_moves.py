"""A lead goes to another tenant of its tree: whole, and nothing of it goes on where it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaigns.errors import NotFound
from campaigns.ids import new_id
from campaigns.services import fields, insight, leads, starts, tasks, vocabulary
from campaigns.storage.models import (
    Enrolment,
    Event,
    Execution,
    Lead,
    LeadTag,
    ListMember,
    Membership,
    Message,
    Note,
    Step,
    Task,
    Token,
    User,
    WorkflowTotal,
)  # fmt: skip
from campaigns.storage.transaction import system
from tests.support.trees import ARRIVED, MOVE, POINTS, rows_of

WAIT = {"id": "w", "type": "flow.delay", "config": {"duration": {"days": 1}}}
MAIL = {"id": "e", "type": "email.send", "config": {"template": "welcome"}}


def test_a_lead_moves_with_its_id_and_starts_what_waits_there(campaign, north, add):
    north.workflow([POINTS], triggers=ARRIVED)
    campaign.workflow([MOVE, POINTS])
    lead_id = add(first_name="Ann", external_id="a-1", status="qualified", score=3, tags=["vip"])
    campaign.run()
    assert campaign.all(Lead) == []
    moved = north.only(Lead)
    assert (moved.id, moved.email, moved.external_id, moved.first_name) == (lead_id, "ann@example.com", "a-1", "Ann")
    assert moved.score == 10
    assert [row.tag for row in north.all(LeadTag)] == ["vip"]
    with north.read() as session:
        assert leads.lead_json(session, [leads.get_lead(session, lead_id)])[0]["status"] == "qualified"
        assert leads.find_lead(session, email_key="ann@example.com") is not None
    arrived = next(event for event in north.all(Event) if event.name == "lead.moved")
    assert (arrived.hop, arrived.source, arrived.changes) == (1, "execution", {"moved": ["acme", "north"]})
    assert arrived.properties == {"from": "acme", "to": "north"}
    assert north.statuses() == {"finished": 1}


def test_the_execution_that_moved_it_is_stopped_and_keeps_its_step(campaign, north, add):
    campaign.workflow([MOVE, POINTS])
    add()
    campaign.run()
    ended = campaign.only(Execution)
    assert (ended.status, ended.reason) == ("stopped", "moved")
    assert campaign.steps() == [("m", "done")]
    totals = campaign.only(WorkflowTotal)
    assert (totals.active, totals.stopped, totals.finished) == (0, 1, 0)
    assert campaign.only(Enrolment).active == 0


def test_everything_else_of_the_lead_ends_in_the_old_tenant(campaign, north, add, clock):
    campaign.workflow([WAIT, POINTS], key="long")
    campaign.workflow([MAIL, WAIT], key="mails")
    lead_id, other = add(), add("bob@example.com")
    while campaign.worker._runner().run_once():  # the mails stay planned
        pass
    campaign.workflow([MOVE], triggers=[{"id": "t1", "type": "manual", "config": {}}], key="go")
    with campaign.write() as session:
        starts.start_by_hand(session, "go", lead_id)
    while campaign.worker._runner().run_once():
        pass
    ended = {row.lead_id: set() for row in campaign.all(Execution)}
    for row in campaign.all(Execution):
        ended[row.lead_id].add((row.status, row.reason))
    assert ended == {lead_id: {("stopped", "moved")}, other: {("waiting", "")}}
    assert len(campaign.all(Token)) == 2
    mails = {row.lead_id: (row.state, row.reason) for row in campaign.all(Message)}
    assert mails == {lead_id: ("skipped", "moved"), other: ("planned", "")}
    clock.advance(timedelta(days=2))
    campaign.run()
    assert north.only(Lead).score == 0
    assert {row.active for row in campaign.all(WorkflowTotal)} == {0}


def test_a_mail_planned_on_the_way_is_still_sent(campaign, north, add):
    campaign.workflow([MAIL, MOVE])
    add(first_name="Ann")
    campaign.run()
    assert [mail.subject for mail in campaign.transport.sent] == ["Hello Ann"]
    assert north.only(Lead).email == "ann@example.com"


def test_where_the_address_exists_nothing_moves_and_it_goes_on(campaign, north, add):
    campaign.workflow([MOVE, POINTS])
    add("ANN@example.com", to=north)
    lead_id = add("ann@example.com")
    campaign.run()
    assert campaign.steps() == [("m", "exists"), ("p", "done")]
    assert campaign.only(Lead).id == lead_id
    assert campaign.statuses() == {"finished": 1}
    assert north.only(Lead).email == "ANN@example.com"
    with campaign.read() as session:
        assert session.scalars(select(Step.receipt).where(Step.section == "m")).one()["taken"] == "email"


def test_where_the_external_id_exists_nothing_moves_either(campaign, north, add):
    campaign.workflow([MOVE])
    add("other@example.com", to=north, external_id="a-1")
    add("ann@example.com", external_id="a-1")
    campaign.run()
    assert campaign.steps() == [("m", "exists")]


def test_an_address_set_on_the_way_counts(campaign, north, add):
    new = {"id": "f", "type": "lead.set_field", "config": {"field": "email", "value": "taken@example.com"}}
    campaign.workflow([new, MOVE])
    add("taken@example.com", to=north)
    add("ann@example.com")
    campaign.run()
    assert campaign.steps() == [("f", "done"), ("m", "waiting"), ("m", "exists")]


def test_fields_of_the_same_key_and_type_go_along_and_the_rest_into_a_note(campaign, north, add):
    for where, given in (
        (campaign, {"city": "text", "size": "number", "plan": "choice", "colour": "text"}),
        (north, {"city": "text", "size": "text", "plan": "choice"}),
    ):
        with where.write() as session:
            for key, kind in given.items():
                choices = [] if kind != "choice" else ["free", "pro"] if where is campaign else ["free"]
                fields.create_field(session, name=key.title(), key=key, type=kind, choices=choices)
    campaign.workflow([{"id": "l", "type": "list.add", "config": {"list": "hot"}}, MOVE])
    add(fields={"city": "Berlin", "size": 4, "plan": "pro", "colour": "red"})
    campaign.run()
    assert north.only(Lead).fields == {"city": "Berlin"}
    assert north.only(Note).text == "Came from acme. Colour: red; Plan: pro; Size: 4; On the lists there: Hot"
    assert campaign.all(ListMember) == north.all(ListMember) == []


def test_an_owner_stays_where_they_are_a_member_and_a_status_where_it_exists(campaign, north, add):
    both, here = new_id(), new_id()
    with system(campaign.store, writes=True) as session:
        for user_id, name in ((both, "both"), (here, "here")):
            address = f"{name}@acme.example"
            session.add(User(id=user_id, email=address, email_key=address, name=name, created_at=session.now))
    for where, users in ((campaign, (both, here)), (north, (both,))):
        with where.write() as session:
            session.add_all(Membership(user_id=one, role="editor", created_at=session.now) for one in users)
    with campaign.write() as session:
        vocabulary.create_status(session, name="Odd", key="odd")
    campaign.workflow([MOVE])
    kept = add("kept@example.com", owner="both@acme.example", status="lost")
    lost = add("lost@example.com", owner="here@acme.example", status="odd")
    campaign.run()
    with north.read() as session:
        shown = {row["id"]: row for row in leads.lead_json(session, session.scalars(select(Lead)).all())}
    assert (shown[str(kept)]["owner"], shown[str(kept)]["status"]) == ("both@acme.example", "lost")
    assert (shown[str(lost)]["owner"], shown[str(lost)]["status"]) == (None, "new")


def test_open_tasks_go_along_and_what_was_done_stays_with_the_history(campaign, north, add):
    both, here = (member(campaign, name) for name in ("both", "here"))
    with north.write() as session:
        session.add(Membership(user_id=both, role="editor", created_at=session.now))
    campaign.workflow([MOVE], triggers=[{"id": "t1", "type": "manual", "config": {}}])
    lead_id, other = add(), add("bob@example.com")
    with campaign.write() as session:
        for title, person in (("Call", "both"), ("Write", "here"), ("Done", "here")):
            values = {"title": title, "text": "Soon", "assignee": f"{person}@acme.example", "due_at": "2026-03-31"}
            made = tasks.create_task(session, lead_id, values)
        tasks.update_task(session, made.task.id, {"done": True})
        tasks.create_task(session, other, {"title": "Stays"})
        starts.start_by_hand(session, "flow", lead_id)
    campaign.run()
    gone = [(row.title, row.lead_id, row.user_id, row.text, row.due_at) for row in north.all(Task)]
    due = made.task.due_at
    assert sorted(gone) == [("Call", lead_id, both, "Soon", due), ("Write", lead_id, None, "Soon", due)]
    assert sorted((row.title, row.user_id) for row in campaign.all(Task)) == [("Done", here), ("Stays", None)]
    with campaign.read() as session:
        assert [row.task.title for row in tasks.search_tasks(session, tasks.Wanted()).rows] == ["Stays"]


def member(campaign, name):
    user_id, address = new_id(), f"{name}@acme.example"
    with system(campaign.store, writes=True) as session:
        session.add(User(id=user_id, email=address, email_key=address, name=name, created_at=session.now))
    with campaign.write() as session:
        session.add(Membership(user_id=user_id, role="editor", created_at=session.now))
    return user_id


def test_what_is_left_holds_history_and_is_no_lead_any_more(campaign, north, add):
    campaign.workflow([MOVE])
    lead_id = add()
    campaign.run()
    assert rows_of(campaign) == 1
    assert {event.name for event in campaign.all(Event)} == {"lead.created"}
    with campaign.read() as session:
        with pytest.raises(NotFound):
            leads.get_lead(session, lead_id)
        assert insight.dashboard(session).leads == 0
        assert vocabulary.status_sizes(session)["new"] == 0
    with campaign.write() as session, pytest.raises(NotFound):
        starts.start_by_hand(session, "flow", lead_id)
    again = add("ann@example.com")
    assert again != lead_id
    campaign.run()
    assert campaign.steps()[-1] == ("m", "exists")


def test_of_two_workflows_of_one_event_none_runs_after_the_move(campaign, north, add):
    campaign.workflow([MOVE], key="a")
    campaign.workflow([POINTS], key="b")
    add()
    campaign.run()
    ended = [row.status for row in campaign.all(Execution)]
    assert ended.count("stopped") == 1
    assert north.only(Lead).score == 7 * ended.count("finished")
