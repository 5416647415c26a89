"""Possible duplicates: the same phone however it is written, the same name with a similar address; by index alone."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from campaigns.services import leads
from campaigns.services.duplicates import MOST, find_duplicates
from campaigns.services.lead_merges import merge


@pytest.fixture
def add(campaign):
    def made(email=None, **values):
        with campaign.write() as session:
            return leads.create_lead(session, {"email": email, **values}).id

    return made


def found(campaign, lead_id):
    with campaign.read() as session:
        return {one.lead.id: one.reason for one in find_duplicates(session, leads.get_lead(session, lead_id))}


def test_the_same_number_is_found_however_it_is_written(campaign, add):
    one = add("a@example.com", phone="+49 30 765 43 21")
    national, bare = add("b@example.com", phone="030/7654321"), add("c@example.com", phone="+49 (0)30 7654321")
    add("d@example.com", phone="+49 30 7654322")
    add("e@example.com", phone="4321")
    assert found(campaign, one) == {bare: "same phone"} | {national: "same phone"}
    with campaign.write() as session:
        leads.update_lead(session, national, {"phone": "+49 40 111222"})
    assert found(campaign, one) == {bare: "same phone"}


def test_a_number_that_came_by_import_is_found(campaign, add):
    one = add("a@example.com", phone="+49 30 7654321")
    campaign.imports("email,phone\nb@example.com,+49-30-7654321\n")
    assert list(found(campaign, one).values()) == ["same phone"]


def test_the_same_name_counts_with_the_same_beginning_of_the_address_or_none(campaign, add):
    names = {"first_name": "Ann", "last_name": "Lee"}
    one = add("ann_lee@example.com", **names)
    work = add("Ann_Lee@work.example", first_name="ANN", last_name="lee")
    bare = add(external_id="a-9", **names)
    add("annxlee@example.com", **names)  # "_" is no wildcard
    add("ann_lee@other.example", first_name="Ann", last_name="Leeds")
    assert found(campaign, one) == {work: "same name", bare: "same name"}
    assert set(found(campaign, bare)) >= {one, work}


def test_both_in_common_come_first_and_few_are_shown(campaign, add):
    one = add("ann@example.com", first_name="Ann", last_name="Lee", phone="+49 30 7654321")
    for number in range(MOST + 2):
        add(f"{number}@example.com", phone="+49 30 7654321")
    best = add("ann@work.example", first_name="Ann", last_name="Lee", phone="030 7654321")
    others = found(campaign, one)
    assert len(others) == MOST
    assert next(iter(others.items())) == (best, "same phone and same name")


def test_what_was_merged_and_what_is_anothers_tenant_is_none(campaign, add, north):
    one, other = add("a@example.com", phone="+49 30 7654321"), add("b@example.com", phone="+49 30 7654321")
    with north.write() as session:
        leads.create_lead(session, {"email": "c@example.com", "phone": "+49 30 7654321"})
    with campaign.write() as session:
        merge(session, one, other)
    assert found(campaign, one) == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_lead_is_looked_through(campaign, add):
    one = add("ann@example.com", first_name="Ann", last_name="Lee", phone="+49 30 7654321")
    asked = []
    event.listen(campaign.store.database.reader, "before_cursor_execute", lambda *given: asked.append(given[2:4]))
    with campaign.read() as session:
        lead = leads.get_lead(session, one)
        asked.clear()
        find_duplicates(session, lead)
        connection = session.connection()
        plans = [
            str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()) for sql, values in tuple(asked)
        ]
    assert "ix_leads_phone_key" in plans[0]
    assert "ix_leads_names" in plans[1]
