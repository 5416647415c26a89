"""Visits: kept until their lead is known, then the lead's in their order, once; data that outlives the step."""

from __future__ import annotations

from campaigns.services import events
from campaigns.services.events import Sent
from campaigns.storage.models import Event, Lead, Step, Visit
from tests.support.campaign import Campaign
from tests.support.programs import item
from tests.support.sending import ANN, BY_EVENT, tags

SEEN = {"id": "t1", "type": "event.received", "config": {"name": "page"}}


def send(campaign: Campaign, name: str, *, visit: str = "v1", email: str | None = None, **properties) -> None:
    with campaign.write() as session:
        lead = {"email": email} if email else {}
        assert events.take(session, [Sent(name, lead, None, properties, None, visit)]).accepted == 1
    campaign.run()


def test_events_of_a_visit_wait_for_its_lead_and_come_in_their_order(campaign: Campaign):
    keep = item("state.set", "s", values={"at": {"template": "{{ event.at }}"}})
    campaign.workflow([keep], triggers=[SEEN])
    send(campaign, "page", at="/a")
    send(campaign, "page", at="/b")
    assert (campaign.statuses(), campaign.all(Lead)) == ({}, [])
    send(campaign, "page", email=ANN, at="/c")
    assert campaign.statuses() == {"finished": 3}
    assert [step.receipt["values"]["at"] for step in campaign.all(Step)] == ["/a", "/b", "/c"]
    assert {event.lead_id for event in campaign.all(Event)} == {campaign.only(Lead).id}
    send(campaign, "page", at="/d")
    assert campaign.statuses() == {"finished": 4}
    assert campaign.only(Visit).kept == []


def test_visits_are_apart(campaign: Campaign):
    campaign.workflow([item("lead.add_tag", "s", tag="seen")], triggers=[SEEN])
    send(campaign, "page", visit="v1")
    send(campaign, "other", visit="v2", email=ANN)
    assert campaign.statuses() == {}
    send(campaign, "page", visit="v2")
    assert tags(campaign) == ["seen"]


def test_a_visit_that_another_lead_takes_over_is_theirs_from_then_on(campaign: Campaign):
    campaign.workflow([item("lead.add_points", "s", points=1)], triggers=[SEEN])
    send(campaign, "page", email=ANN)
    send(campaign, "page", email="bob@example.com")
    send(campaign, "page")
    assert {lead.email: lead.score for lead in campaign.all(Lead)} == {ANN: 1, "bob@example.com": 2}


def test_data_of_the_visit_is_set_with_the_step_and_read_by_later_events(campaign: Campaign):
    first = item("session.set", "s", values={"source": {"template": "{{ event.source_name }}"}, "n": 1})
    campaign.workflow([first], triggers=[BY_EVENT])
    google = {"field": "session.source", "op": "eq", "value": "google"}
    campaign.workflow(
        [item("flow.if", "i", condition=google, branches={"yes": [item("lead.add_tag", "y", tag="google")]})],
        triggers=[SEEN], key="second",
    )  # fmt: skip
    send(campaign, "go", email=ANN, source_name="google")
    assert campaign.only(Visit).data == {"source": "google", "n": 1}
    send(campaign, "page")
    assert tags(campaign) == ["google"]
    send(campaign, "page", visit="v2", email=ANN)
    assert campaign.statuses() == {"finished": 3}


def test_the_next_section_sees_what_was_set_and_the_id_is_known(campaign: Campaign):
    both = item("state.set", "k", values={"seen": {"template": "{{ session.id }}/{{ session.a }}"}})
    campaign.workflow([item("session.set", "s", values={"a": 2}), both], triggers=[SEEN])
    send(campaign, "page", email=ANN)
    assert [step.receipt["values"] for step in campaign.all(Step) if step.section == "k"] == [{"seen": "v1/2"}]
