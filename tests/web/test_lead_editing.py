"""Editing a lead while others change it too, and values that a form could spoil."""

from __future__ import annotations

from uuid import UUID

import pytest

from campaigns.services import fields, leads
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Actor, Tenancy
from tests.support.lead_pages import empty_tenant


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def tenancy(acme, store):
    """Return the tenant of the open pages, with custom fields; its owner acts."""
    found = Tenancy(acme.tenant_id, Actor("user", acme.users["owner"], "Owner"))
    with writing(store, found) as session:
        fields.create_field(session, name="City")
        fields.create_field(session, name="Size", type="choice", choices=["S", "M"])
    return found


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme)


@pytest.fixture
def ann(store, tenancy, acme):
    """Return the id of a lead and the address of its page."""
    values = {"email": "ann@example.org", "first_name": "Ann", "fields": {"city": "Bonn", "size": "M"}}
    with writing(store, tenancy) as session:
        lead_id = leads.create_lead(session, values).id
    return lead_id, f"/t/{acme.key}/leads/{lead_id}"


def change(store, tenancy, lead_id: UUID, **values) -> None:
    with writing(store, tenancy) as session:
        leads.update_lead(session, lead_id, values)


def now(store, tenancy, lead_id: UUID):
    with reading(store, tenancy) as session:
        return leads.lead_json(session, [leads.get_lead(session, lead_id)])[0]


def send(client, page, address, status=303, **values):
    return client.submit(page, f"form[action='{address}']", status=status, **values)


def test_what_others_changed_while_the_form_was_open_stays(store, tenancy, client, ann):
    lead_id, address = ann
    page = client.get(f"{address}/edit")
    change(store, tenancy, lead_id, phone="+49 228 1", score=40, fields={"city": "Berlin"})
    send(client, page, address, last_name="Lee")
    lead = now(store, tenancy, lead_id)
    assert (lead["last_name"], lead["score"], lead["fields"]["city"]) == ("Lee", 40, "Berlin")
    assert lead["phone"]


def test_a_value_that_both_changed_is_shown_with_both_and_saved_when_sent_again(store, tenancy, client, ann):
    lead_id, address = ann
    page = client.get(f"{address}/edit")
    change(store, tenancy, lead_id, fields={"city": "Berlin"}, score=7)
    typed = {"fields.city": "Köln", "last_name": "Lee"}
    again = send(client, page, address, status=422, **typed)
    assert "Meanwhile this became “Berlin”" in again.select_one("#field-fields\\.city-error").get_text()
    assert [again.select_one(f"[name='{name}']")["value"] for name in typed] == ["Köln", "Lee"]
    assert again.select_one("[name=score]")["value"] == "7"
    assert now(store, tenancy, lead_id)["fields"]["city"] == "Berlin"
    send(client, again, address)
    lead = now(store, tenancy, lead_id)
    assert (lead["fields"]["city"], lead["last_name"], lead["score"]) == ("Köln", "Lee", 7)


def test_what_is_wrong_with_one_value_hides_no_conflict_of_another(store, tenancy, client, ann):
    lead_id, address = ann
    page = client.get(f"{address}/edit")
    wrong = send(client, page, address, status=422, score="many", last_name="Lee")
    change(store, tenancy, lead_id, last_name="Low")
    again = send(client, wrong, address, status=422, score="5")
    assert "“Low”" in again.select_one("#field-last_name-error").get_text()
    assert again.select_one("[name=score]")["value"] == "5"


def test_both_making_the_same_change_is_no_conflict(store, tenancy, client, ann):
    lead_id, address = ann
    page = client.get(f"{address}/edit")
    change(store, tenancy, lead_id, fields={"city": "Köln"})
    send(client, page, address, **{"fields.city": "Köln"})


def test_a_form_that_nobody_touched_changes_nothing(store, tenancy, client, ann):
    lead_id, address = ann
    change(store, tenancy, lead_id, first_name="An\nn", fields={"city": "Bonn\n\n  am Rhein\r\nBRD"})
    before = now(store, tenancy, lead_id)
    send(client, client.get(f"{address}/edit"), address)
    assert now(store, tenancy, lead_id) == before


def test_text_of_several_lines_keeps_them_when_it_is_changed(store, tenancy, client, ann):
    lead_id, address = ann
    change(store, tenancy, lead_id, fields={"city": "Bonn\nam Rhein"})
    page = client.get(f"{address}/edit")
    assert page.select_one("textarea[name='fields.city']").get_text() == "Bonn\nam Rhein"
    send(client, page, address, **{"fields.city": "Bonn\r\nam Rhein\r\nBRD"})
    assert now(store, tenancy, lead_id)["fields"]["city"] == "Bonn\nam Rhein\nBRD"


def test_a_choice_that_is_offered_no_more_stays_until_another_is_chosen(store, tenancy, client, ann):
    lead_id, address = ann
    with writing(store, tenancy) as session:
        next(one for one in fields.list_fields(session) if one.key == "size").choices = ["S", "L"]
    page = client.get(f"{address}/edit")
    send(client, page, address, last_name="Lee")
    assert now(store, tenancy, lead_id)["fields"]["size"] == "M"
