"""Story tests as pages: kept from a trial, listed, run, deleted; the publish dialog names what fails."""

from __future__ import annotations

import copy

import pytest
from sqlalchemy import select

from campaigns.storage.models import AuditEntry
from campaigns.storage.transaction import reading
from campaigns.tenancy import Tenancy
from tests.support.builder_pages import DOCUMENT, save
from tests.support.lead_pages import empty_tenant

STRICT = copy.deepcopy(DOCUMENT)
STRICT["sections"][0]["config"]["condition"]["value"] = 90


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme, "editor")


@pytest.fixture
def builder(client, acme):
    client.submit(client.get(f"/t/{acme.key}/workflows/-/new"), "main form", name="Welcome")
    return save(client, client.follow(), DOCUMENT)


def keep(client, builder, name="Hot lead", **values):
    """Keep the trial of a lead with 60 points as a test; return the list of tests."""
    page = client.get(builder.select_one("#try")["href"])
    token = page.select_one("#trial-form [name=csrf_token]")["value"]
    form = {"csrf_token": token, "who": "made", "score": "60", "starts_at": "2026-03-02T08:00"}
    asked = client.part(builder.address + "/tests/new", method="POST", data=form)
    sent = {
        "csrf_token": token, "name": name, "blocks": "true", "trial": asked.select_one("[name=trial]")["value"],
        "check": [box["value"] for box in asked.select("[name=check][checked]")], **values,
    }  # fmt: skip
    return client.raw.post(builder.address + "/tests", data=sent)


def test_what_holds_is_ticked_and_the_rest_offered(client, builder):
    page = client.get(builder.select_one("#try")["href"])
    token = page.select_one("#trial-form [name=csrf_token]")["value"]
    asked = client.part(builder.address + "/tests/new", method="POST", data={"csrf_token": token, "score": "60"})
    ticked = [box.parent.get_text(strip=True) for box in asked.select("[name=check][checked]")]
    assert ticked == ["passes “If”, then “Set status”", "ends at “Set status”", "ends as finished"]
    assert "does not pass “Finish”" in asked.get_text()


def test_a_test_is_listed_run_shown_and_deleted(client, builder):
    assert keep(client, builder).status_code == 303
    listed = client.get(builder.address + "/tests")
    assert "Hot lead" in listed.get_text()
    assert listed.select_one(".story .state-good").get_text() == "Passes"
    save(client, builder, STRICT)
    client.submit(listed, "form[action$='/tests/run']")
    failing = client.get(builder.address + "/tests")
    assert "but it does not pass “Set status”" in failing.select_one(".story-failures").get_text()
    shown = client.submit(failing, "form[action$='/show']", status=200)
    assert [line["data-section"] for line in shown.select("[data-line]")] == ["t1", "s1", "s3", ""]
    client.submit(failing, "form[action$='/delete']")
    assert "No tests yet" in client.get(builder.address + "/tests").get_text()


def test_a_name_is_needed_and_unique_and_what_was_chosen_stays(client, builder):
    assert keep(client, builder).status_code == 303
    for name, said in (("", "name"), ("Hot lead", "already")):
        answer = keep(client, builder, name=name, blocks="false")
        assert answer.status_code == 422
        assert said in answer.text
    assert keep(client, builder, name="Nothing", check=[]).status_code == 422
    assert keep(client, builder, name="Broken", trial="{").status_code == 422


def test_the_dialog_names_what_fails_and_blocks(client, builder):
    keep(client, builder)
    asked = client.get(builder.select_one("#toggle")["href"])
    assert asked.select_one("#story-results .state-good")
    save(client, builder, STRICT)
    refused = client.submit(asked, "form[action$='/activation']", status=422)
    assert "Hot lead" in refused.select_one("#story-results").get_text()
    assert "but it does not pass “Set status”" in refused.get_text()
    assert client.get(builder.address).select_one("#toggle")["aria-checked"] == "false"


def test_who_has_seen_it_may_publish_anyway_and_that_is_recorded(client, builder, acme, store):
    keep(client, builder)
    save(client, builder, STRICT)
    asked = client.get(builder.select_one("#toggle")["href"])
    assert "Activate anyway" in asked.get_text()
    client.submit(asked, "form[action$='/activation']")
    assert client.get(builder.address).select_one("#toggle")["aria-checked"] == "true"
    with reading(store, Tenancy(acme.tenant_id)) as session:
        assert session.scalars(select(AuditEntry).where(AuditEntry.action == "workflow.published_anyway")).one()


def test_a_test_that_warns_is_named_and_does_not_block(client, builder):
    keep(client, builder, blocks="false")
    save(client, builder, STRICT)
    asked = client.get(builder.select_one("#toggle")["href"])
    assert "Fails, warns" in asked.get_text()
    assert "Activate anyway" not in asked.get_text()
    client.submit(asked, "form[action$='/activation']")
    assert client.get(builder.address).select_one("#toggle")["aria-checked"] == "true"
