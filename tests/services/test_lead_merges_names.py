"""Whose the names of a merged lead are: events, saved leads and files find the kept one, and erasing takes all."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from campaigns.services import events, leads
from campaigns.services.events import Sent
from campaigns.services.lead_erasure import erase_lead
from campaigns.services.lead_merges import merge
from campaigns.storage.base import Base
from campaigns.storage.models import (
    Event,
    Lead,
)
from tests.support.trees import MOVE

POINTS = {"id": "p", "type": "lead.add_points", "config": {"points": 5}}
HEARD = [{"id": "t1", "type": "event.received", "config": {"name": "go"}}]


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
    add("canary@example.com", external_id="canary")


def test_a_lead_that_was_merged_into_frees_all_names_when_it_moves(campaign, north, add):
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
