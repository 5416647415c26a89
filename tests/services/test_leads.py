"""Leads: what may be written, who wins, and that every change leaves exactly one event."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from campaigns.errors import Conflict, Invalid, NotFound
from campaigns.services import fields, leads, vocabulary
from campaigns.services.lead_bulk import Action, Selection, act
from campaigns.storage.models import Event, Lead, PendingEvent
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Actor, Tenancy
from tests.support.workflows import add_leads, counted, delay, document, make, make_tenant

ANN = {"email": "Ann@Example.org", "first_name": "Ann", "score": 7, "tags": ["vip"], "fields": {"city": "Berlin"}}


@pytest.fixture
def tenancy(store):
    found = make_tenant(store)
    with writing(store, found) as session:
        fields.create_field(session, name="City")
        fields.create_field(session, name="Age", type="number")
        fields.create_field(session, name="Plan", type="choice", choices=["free", "paid"])
        vocabulary.create_list(session, name="Hot")
        vocabulary.create_list(session, name="Cold")
    return found


def create(store, tenancy, **values):
    with writing(store, tenancy) as session:
        return leads.create_lead(session, {**ANN, **values})


def update(store, tenancy, lead, **values):
    with writing(store, tenancy) as session:
        return leads.update_lead(session, lead.id, values)


def shown(store, tenancy, lead):
    with reading(store, tenancy) as session:
        return leads.lead_json(session, [leads.get_lead(session, lead.id)])[0]


def events(store, tenancy):
    with reading(store, tenancy) as session:
        return [(event.name, event.changes) for event in session.scalars(select(Event).order_by(Event.id))]


def problems(caught):
    return {problem.path for problem in caught.value.problems}


def test_a_lead_is_answered_in_the_shape_of_the_contract(store, tenancy):
    lead = create(store, tenancy, lists=["hot"], owner="ANNA@acme.example", phone="+49 30 1234567")
    assert shown(store, tenancy, lead) == {
        "id": str(lead.id), "email": "Ann@Example.org", "external_id": None, "first_name": "Ann", "last_name": None,
        "phone": "+49 30 1234567", "status": "new", "owner": "anna@acme.example", "tags": ["vip"], "lists": ["hot"],
        "score": 7, "fields": {"city": "Berlin"}, "created_at": "2026-03-04T12:00:00Z",
        "updated_at": "2026-03-04T12:00:00Z",
    }  # fmt: skip


def test_creating_is_one_event_with_the_lists(store, tenancy):
    create(store, tenancy, lists=["hot"])
    assert events(store, tenancy) == [("lead.created", {"lists_added": ["hot"]})]


def test_who_caused_an_event_is_told(store, tenancy):
    create(store, tenancy)
    key = Tenancy(tenancy.tenant_id, Actor("api_key", tenancy.tenant_id))
    create(store, key, email="bob@example.org")
    with reading(store, tenancy) as session:
        found = session.execute(select(Event.source, Event.source_id).order_by(Event.id)).all()
    assert [tuple(row) for row in found] == [("manual", tenancy.actor.id), ("api", tenancy.tenant_id)]


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"email": "no address"}, "/email"),
        ({"email": 7}, "/email"),
        ({"email": None}, "/email"),
        ({"email": "a@b.example\x00"}, "/email"),
        ({"phone": "call me"}, "/phone"),
        ({"first_name": "x" * 256}, "/first_name"),
        ({"score": 1.5}, "/score"),
        ({"score": True}, "/score"),
        ({"score": 2**40}, "/score"),
        ({"status": "unheard-of"}, "/status"),
        ({"status": None}, "/status"),
        ({"owner": "stranger@example.org"}, "/owner"),
        ({"tags": "x" * 101}, "/tags"),
        ({"tags": [1]}, "/tags"),
        ({"tags": ["vip", "a, b"]}, "/tags/1"),
        ({"tags": ["a;b"]}, "/tags/0"),
        ({"lists": ["hot", "warm"]}, "/lists/1"),
        ({"lists": "hot"}, "/lists"),
        ({"fields": {"a/b~c": 1}}, "/fields/a~1b~0c"),
        ({"fields": {"age": "ten"}}, "/fields/age"),
        ({"fields": {"plan": "gold"}}, "/fields/plan"),
        ({"fields": []}, "/fields"),
        ({"id": "x"}, "/id"),
        ({"tenant_id": "x"}, "/tenant_id"),
        ({"created_at": "2020-01-01"}, "/created_at"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(store, tenancy, values, path):
    with writing(store, tenancy) as session, pytest.raises(Invalid) as caught:
        leads.create_lead(session, {**ANN, **values})
    assert problems(caught) == {path}
    assert events(store, tenancy) == []


def test_all_problems_are_told_at_once(store, tenancy):
    with writing(store, tenancy) as session, pytest.raises(Invalid) as caught:
        leads.create_lead(session, {"email": "x", "score": "1", "fields": {"age": "x", "nope": 1}})
    assert problems(caught) == {"/email", "/score", "/fields/age", "/fields/nope"}


def test_two_leads_never_have_one_address_or_external_id(store, tenancy):
    first = create(store, tenancy, external_id="1")
    second = create(store, tenancy, email="bob@example.org", external_id="2")
    for values, path in (({"email": "ANN@example.ORG"}, "/email"), ({"external_id": "1"}, "/external_id")):
        for write in (
            lambda session, values=values: leads.create_lead(session, {"external_id": "3", **values}),
            lambda session, values=values: leads.update_lead(session, second.id, values),
        ):
            with pytest.raises(Conflict) as caught, writing(store, tenancy) as session:
                write(session)
            assert problems(caught) == {path}
    assert shown(store, tenancy, first)["external_id"] == "1"
    assert len(events(store, tenancy)) == 2


def test_an_address_with_an_international_domain_is_found_again(store, tenancy):
    lead = create(store, tenancy)
    update(store, tenancy, lead, email="ann@bücher.example")
    with writing(store, tenancy) as session:
        again, new = leads.upsert_lead(session, {"email": "Ann@BÜCHER.example"})
    assert (again.id, new) == (lead.id, False)


def test_the_external_id_decides_before_the_address(store, tenancy):
    with writing(store, tenancy) as session:
        lead, new = leads.upsert_lead(session, {"email": "a@example.org", "external_id": "1"})
        assert new
        moved, new = leads.upsert_lead(session, {"email": "b@example.org", "external_id": "1"})
        assert (moved.id, moved.email, new) == (lead.id, "b@example.org", False)
        other, new = leads.upsert_lead(session, {"email": "a@example.org"})
        assert new
        named, new = leads.upsert_lead(session, {"email": "A@example.org", "external_id": "2"})
        assert (named.id, named.external_id, new) == (other.id, "2", False)
    for values in ({"external_id": "1", "email": "a@example.org"}, {"external_id": "3", "email": "a@example.org"}):
        with pytest.raises(Conflict), writing(store, tenancy) as session:
            leads.upsert_lead(session, values)


def test_all_who_create_one_lead_in_the_same_moment_succeed(store, tenancy):
    found, gate = [], threading.Barrier(8)

    def create_one(number):
        gate.wait()
        with writing(store, tenancy) as session:
            lead, new = leads.upsert_lead(session, {"email": "one@example.org", "fields": {"age": number}})
            found.append((lead.id, new))

    threads = [threading.Thread(target=create_one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({lead_id for lead_id, _ in found}) == 1
    assert sorted(new for _, new in found) == [False] * 7 + [True]
    names = [name for name, _ in events(store, tenancy)]
    assert sorted(names) == ["lead.created"] + ["lead.field_changed"] * 7


def test_only_what_is_given_changes_and_null_empties(store, tenancy):
    lead = create(store, tenancy, last_name="Lee")
    update(store, tenancy, lead, first_name=None, fields={"age": 30})
    update(store, tenancy, lead, fields={"city": None, "plan": "paid"})
    found = shown(store, tenancy, lead)
    assert (found["first_name"], found["last_name"], found["score"]) == (None, "Lee", 7)
    assert found["fields"] == {"age": 30, "plan": "paid"}


def test_a_change_is_one_event_with_all_of_it_and_raises_the_revision_by_one(store, tenancy, clock):
    lead = create(store, tenancy)
    clock.advance(timedelta(seconds=60))
    after = update(
        store, tenancy, lead,
        score=50, status="qualified", owner="anna@acme.example", tags=["new"], lists=["hot"], fields={"city": "Bonn"},
    )  # fmt: skip
    assert (after.revision, (after.updated_at - after.created_at).total_seconds()) == (1, 60)
    assert events(store, tenancy)[1:] == [
        (
            "lead.changed",
            {
                "fields": {"score": [7, 50], "city": ["Berlin", "Bonn"]},
                "status": ["new", "qualified"],
                "owner": [None, "anna@acme.example"],
                "tags_added": ["new"],
                "tags_removed": ["vip"],
                "lists_added": ["hot"],
            },
        )
    ]


@pytest.mark.parametrize(
    ("values", "name", "changes"),
    [
        ({"score": 8}, "lead.field_changed", {"fields": {"score": [7, 8]}}),
        ({"status": "lost"}, "lead.status_changed", {"status": ["new", "lost"]}),
        ({"owner": "anna@acme.example"}, "lead.owner_changed", {"owner": [None, "anna@acme.example"]}),
        ({"tags": ["vip", "x"]}, "lead.tag_added", {"tags_added": ["x"]}),
        ({"tags": []}, "lead.tag_removed", {"tags_removed": ["vip"]}),
        ({"lists": ["cold"]}, "list.added", {"lists_added": ["cold"]}),
    ],
)
def test_a_change_of_one_thing_has_its_own_name_and_a_revision(store, tenancy, values, name, changes):
    lead = create(store, tenancy)
    assert update(store, tenancy, lead, **values).revision == 1
    assert events(store, tenancy)[1:] == [(name, changes)]


def test_nothing_changed_leaves_nothing(store, tenancy):
    lead = create(store, tenancy, lists=["hot"])
    after = update(store, tenancy, lead, **ANN, lists=["hot"], status="new", owner=None)
    assert after.revision == 0
    assert len(events(store, tenancy)) == 1


def test_single_things_are_changed_by_name(store, tenancy):
    lead = create(store, tenancy)
    with writing(store, tenancy) as session:
        leads.set_status(session, lead.id, "lost")
        leads.assign_owner(session, lead.id, "anna@acme.example")
        leads.add_tag(session, lead.id, " b ")
        leads.remove_tag(session, lead.id, "vip")
        leads.set_lists(session, lead.id, ["hot", "cold"])
        leads.set_lists(session, lead.id, ["cold"])
    found = shown(store, tenancy, lead)
    assert (found["status"], found["owner"], found["tags"], found["lists"]) == (
        "lost",
        "anna@acme.example",
        ["b"],
        ["cold"],
    )
    assert len(events(store, tenancy)) == 7


def test_another_tenants_lead_is_not_there(store, tenancy):
    lead, other = create(store, tenancy), make_tenant(store, "other")
    for write in (
        lambda session: leads.get_lead(session, lead.id),
        lambda session: leads.update_lead(session, lead.id, {"score": 1}),
        lambda session: leads.add_tag(session, lead.id, "x"),
    ):
        with pytest.raises(NotFound), writing(store, other) as session:
            write(session)
    with writing(store, other) as session:
        assert leads.create_lead(session, {"email": ANN["email"]}).id != lead.id
        done = act(session, Selection(ids=(lead.id,)), Action("add_tag", "x"))
    assert done.changed == 0


def test_an_event_that_a_workflow_wants_is_queued_with_the_change(store, tenancy):
    make(store, tenancy, document(delay(), triggers=[{"id": "t", "type": "list.added", "config": {"list": "hot"}}]))
    lead = create(store, tenancy)
    with reading(store, tenancy) as session:
        assert session.scalars(select(PendingEvent)).all() == []
    update(store, tenancy, lead, lists=["hot"])
    with reading(store, tenancy) as session:
        assert len(session.scalars(select(PendingEvent)).all()) == 1


def test_leads_are_described_with_four_queries_however_many(store, tenancy):
    add_leads(store, tenancy, 30, on_list="hot")
    with counted(store, tenancy) as (session, statements):
        found = session.scalars(select(Lead)).all()
        described = leads.lead_json(session, found)
    assert len(statements) == 5
    assert len(described) == 30
    assert all(lead["lists"] == ["hot"] for lead in described)
