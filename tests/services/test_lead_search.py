"""Finding leads: text, filters, order, pages; on a hundred thousand leads quickly enough for a page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.errors import Invalid
from campaigns.services import fields, leads, vocabulary
from campaigns.services.lead_search import list_leads, read_wanted, search_leads
from campaigns.storage.transaction import reading, writing
from tests.support.workflows import counted, make_tenant

PEOPLE = [
    {"email": "ann@example.org", "first_name": "Ann", "last_name": "Lee", "score": 10,
     "fields": {"city": "Berlin", "age": 30}},
    {"email": "bob_1@example.org", "first_name": "Bob", "last_name": "Öztürk", "score": 20,
     "fields": {"city": "Bern", "vip": True}},
    {"email": "cid%x@example.org", "external_id": "C-3", "last_name": "Adams", "status": "lost", "tags": ["vip"]},
    {"external_id": "4", "first_name": "Dee", "score": 40, "lists": ["hot"],
     "owner": "anna@acme.example", "fields": {"age": 30.5}},
]  # fmt: skip
NAMES = {"ann@example.org": "ann", "bob_1@example.org": "bob", "cid%x@example.org": "cid", None: "dee"}


@pytest.fixture
def tenancy(store, clock):
    found = make_tenant(store)
    with writing(store, found) as session:
        fields.create_field(session, name="City")
        fields.create_field(session, name="Age", type="number")
        fields.create_field(session, name="Vip", type="boolean")
        vocabulary.create_list(session, name="Hot")
    for person in PEOPLE:
        with writing(store, found) as session:
            leads.create_lead(session, person)
        clock.advance(timedelta(days=1))
    return found


def names(store, tenancy, *, sort="created_at", **given):
    with reading(store, tenancy) as session:
        found = search_leads(session, read_wanted(session, given), sort=sort)
        assert found.total == len(found.leads)
        return [NAMES[lead.email] for lead in found.leads]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ["ann", "bob", "cid", "dee"]),
        ({"q": "LEE ann"}, ["ann"]),
        ({"q": "ÖZTÜRK"}, ["bob"]),
        ({"q": "example.org"}, ["ann", "bob", "cid"]),
        ({"q": "b_1"}, ["bob"]),
        ({"q": "d%x"}, ["cid"]),
        ({"q": "%"}, ["cid"]),
        ({"q": "C-3"}, ["cid"]),
        ({"q": "' OR 1=1 --"}, []),
        ({"q": "\\"}, []),
        ({"status": "lost"}, ["cid"]),
        ({"status": "unheard-of"}, []),
        ({"list": "hot"}, ["dee"]),
        ({"tag": "vip"}, ["cid"]),
        ({"owner": "anna@acme.example"}, ["dee"]),
        ({"owner": "none"}, ["ann", "bob", "cid"]),
        ({"score_min": "10", "score_max": "20"}, ["ann", "bob"]),
        ({"created_from": "2026-03-05", "created_to": "2026-03-06"}, ["bob", "cid"]),
        ({"field": "city", "value": "berlin"}, ["ann"]),
        ({"field": "city", "op": "contains", "value": "BER"}, ["ann", "bob"]),
        ({"field": "age", "value": "30"}, ["ann"]),
        ({"field": "age", "value": "30.5"}, ["dee"]),
        ({"field": "vip", "value": "yes"}, ["bob"]),
        ({"email": "ANN@example.org"}, ["ann"]),
        ({"external_id": "4"}, ["dee"]),
        ({"q": "example", "status": "new", "score_min": "15"}, ["bob"]),
    ],
)
def test_leads_are_found(store, tenancy, given, expected):
    assert names(store, tenancy, **given) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("-created_at", ["dee", "cid", "bob", "ann"]),
        ("score", ["cid", "ann", "bob", "dee"]),
        ("-score", ["dee", "bob", "ann", "cid"]),
        ("email", ["ann", "bob", "cid", "dee"]),
        ("-status", ["cid", "dee", "bob", "ann"]),
        ("-updated_at", ["dee", "cid", "bob", "ann"]),
    ],
)
def test_leads_are_sorted(store, tenancy, sort, expected):
    assert names(store, tenancy, sort=sort) == expected


def test_those_without_a_name_come_last_both_ways(store, tenancy):
    assert names(store, tenancy, sort="name")[-1] == "dee"
    assert names(store, tenancy, sort="-name")[-1] == "dee"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"score_min": "many"}, "/score_min"),
        ({"score_max": "9" * 30}, "/score_max"),
        ({"created_from": "yesterday"}, "/created_from"),
        ({"created_to": "9999-12-31"}, "/created_to"),
        ({"email": "nobody"}, "/email"),
        ({"field": "nope", "value": "1"}, "/field"),
        ({"field": "age", "value": "old"}, "/value"),
        ({"field": "age", "op": "like", "value": "1"}, "/op"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(store, tenancy, given, path):
    with reading(store, tenancy) as session, pytest.raises(Invalid) as caught:
        read_wanted(session, given)
    assert [problem.path for problem in caught.value.problems] == [path]


def test_only_named_columns_sort(store, tenancy):
    with reading(store, tenancy) as session, pytest.raises(Invalid):
        search_leads(session, read_wanted(session, {}), sort="tenant_id")


def test_pages_follow_each_other_and_know_the_total(store, tenancy):
    with reading(store, tenancy) as session:
        wanted = read_wanted(session, {})
        first = search_leads(session, wanted, sort="score", limit=3)
        second = search_leads(session, wanted, sort="score", limit=3, offset=3)
        assert (first.total, second.total) == (4, 4)
        assert [lead.score for lead in (*first.leads, *second.leads)] == [0, 10, 20, 40]
        cursor = list_leads(session, wanted, limit=3)
        rest = list_leads(session, wanted, after=cursor[-1].id, limit=3)
        assert [lead.score for lead in (*cursor, *rest)] == [10, 20, 0, 40]


def test_another_tenants_leads_are_never_found(store, tenancy):
    other = make_tenant(store, "other")
    for given in (
        {},
        {"q": "ann"},
        {"list": "hot"},
        {"tag": "vip"},
        {"status": "lost"},
        {"owner": "anna@acme.example"},
    ):
        assert names(store, other, **given) == []


def test_a_page_takes_three_queries(store, tenancy):
    with counted(store, tenancy) as (session, statements):
        search_leads(session, read_wanted(session, {"q": "a"}), limit=2)
    assert len(statements) == 3
