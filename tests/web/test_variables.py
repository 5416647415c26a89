"""Liquid in a section's dialog: what may be picked, what a text gives for a lead, and for which leads it is shown."""

from __future__ import annotations

import pytest

from campaigns.services import fields, leads, workflows
from campaigns.storage.transaction import writing
from campaigns.tenancy import Tenancy
from tests.support.factories import digest
from tests.support.lead_pages import empty_tenant

DOCUMENT = {
    "format": 1,
    "triggers": [{"id": "t1", "type": "event.received", "config": {"name": "order"}}],
    "sections": [
        {"id": "s1", "type": "state.set", "config": {"values": {"offer": {"template": "{{ event.plan }}"}}}},
        {"id": "s2", "type": "log.note", "config": {"text": "Hello"}},
    ],
}


@pytest.fixture
def acme(store):
    found = empty_tenant(store)
    with writing(store, Tenancy(found.tenant_id)) as session:
        fields.create_field(session, name="Favourite colour", key="colour", type="text")
        workflows.create_workflow(session, name="Welcome", document=DOCUMENT)
        leads.create_lead(session, {"email": "ada@acme.example", "first_name": "Ada"})
        leads.create_lead(
            session, {"email": "bob@acme.example", "first_name": "<b>Bob</b>", "fields": {"colour": "red"}}
        )
    return found


@pytest.fixture
def client(acme, signed_in, app):
    app.config["WTF_CSRF_ENABLED"] = False
    return signed_in(acme, "editor")


@pytest.fixture
def here(acme):
    return f"/t/{acme.key}/workflows/welcome/sections"


def said(client, here, text, **more):
    part = client.part(f"{here}/-/preview", method="POST", data={"text": text, **more})
    return " ".join(part.get_text().split())


def test_the_list_offers_the_leads_fields_and_what_the_workflow_uses(client, here):
    offered = client.part(f"{here}/-/variables")
    picked = {one["data-variable"]: one["data-inner"] for one in offered.select("[data-variable]")}
    assert picked["{{ lead.colour }}"] == "lead.colour"
    assert {"{{ lead.email }}", "{{ event.plan }}", "{{ state.offer }}", "{{ now }}"} <= set(picked)
    assert picked["{{ lead.first_name | default: 'there' }}"] == " | default: 'there'"
    assert "Favourite colour" in offered.get_text()


def test_each_variable_and_example_of_a_filter_can_be_filled_in(client, here):
    offered = client.part(f"{here}/-/variables")
    texts = [one["data-variable"] for one in offered.select("[data-variable]")]
    assert [
        text
        for text in texts
        if "preview-bad" in str(client.part(f"{here}/-/preview", method="POST", data={"text": text}))
    ] == []


def test_a_text_is_shown_as_the_lead_that_was_changed_last_has_it_and_escaped(client, here):
    part = client.part(
        f"{here}/-/preview", method="POST", data={"text": "Hi {{ lead.first_name }}, {{ lead.colour | upcase }}"}
    )
    assert part.select_one(".preview-text").get_text() == "Hi <b>Bob</b>, RED"


def test_another_lead_is_found_and_chosen(client, here):
    found = client.part(f"{here}/-/leads?q=ada")
    (chosen,) = found.select("[data-preview-lead]")
    assert said(client, here, "Hi {{ lead.first_name }}", lead=chosen["data-preview-lead"]).startswith(
        "for Ada: Hi Ada"
    )
    assert "No lead is found." in client.part(f"{here}/-/leads?q=nobody").get_text()


def test_what_is_unknown_missing_or_known_later_is_told_apart(client, here):
    assert "there is nothing called lead.shoe" in said(client, here, "{{ lead.shoe }}")
    assert "No value for lead.phone." in said(client, here, "{{ lead.phone }}")
    later = said(client, here, "Plan {{ event.plan }}")
    assert "event.plan: known only when it runs." in later
    assert "No value" not in later
    assert "never closed" in said(client, here, "{% if lead.email %}")
    assert "no filter named shout" in said(client, here, "{{ lead.email | shout }}")
    assert "too long" in said(client, here, "x" * 1_000_000)


def test_nothing_is_stored_and_other_peoples_leads_do_not_exist(client, here, acme, store):
    rival = empty_tenant(store, "rival")
    with writing(store, Tenancy(rival.tenant_id)) as session:
        theirs = leads.create_lead(session, {"email": "eve@rival.example"}).id
    before = digest(store, acme.tenant_id)
    said(client, here, "{{ lead.email }}")
    assert digest(store, acme.tenant_id) == before
    for wrong in (str(theirs), "no-id"):
        answer = client.raw.post(f"{here}/-/preview", data={"text": "{{ lead.email }}", "lead": wrong})
        assert answer.status_code == 404


def test_viewers_are_not_offered_it_and_may_not_ask(here, acme, signed_in, client):
    viewer = signed_in(acme, "viewer")
    assert viewer.raw.post(f"{here}/-/preview", data={"text": "x"}).status_code == 403
    assert viewer.part(f"{here}/s2").select("#variables") == []
    assert client.part(f"{here}/s2").select("#variables") != []


def test_fields_that_are_filled_in_offer_variables_and_others_do_not(client, here):
    assert client.part(f"{here}/s2").select("[data-liquid-for='config.text']")
    assert client.part(f"{here}/s1").select("[data-liquid-for='config.values.0.value']")
    assert not client.part(f"{here}/-/new?type=lead.add_tag&at=start").select("[data-liquid-for]")
    assert not client.part(f"{here}/-/new?type=http.call&at=start").select("[data-liquid-for^='config.headers']")
