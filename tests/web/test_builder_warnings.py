"""What is hardly meant, and why the brake has stopped a workflow, on its page and before it is published."""

from __future__ import annotations

import pytest

from campaigns.services import versions
from campaigns.storage.transaction import writing
from campaigns.tenancy import Tenancy
from tests.support.builder_pages import save
from tests.support.lead_pages import empty_tenant
from tests.support.programs import item

DOCUMENT = {
    "format": 1,
    "triggers": [{"id": "t1", "type": "event.received", "config": {"name": "go"}}],
    "sections": [
        item("event.emit", "s1", name="go") | {"only_if": {"field": "lead.score", "op": "gte", "value": 1}},
        item("flow.stop", "s2"),
        item("log.note", "s3", text="never") | {"name": "Lost"},
    ],
}


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme, "editor")


@pytest.fixture
def page(client, acme):
    client.submit(client.get(f"/t/{acme.key}/workflows/-/new"), "main form", name="Welcome")
    return save(client, client.follow(), DOCUMENT)


def test_warnings_lead_to_their_sections_and_are_no_problems(page):
    lines = page.select("#warnings li")
    assert [line.select_one("a")["href"] for line in lines] == ["#section-s3", "#section-s1"]
    assert [line.select_one("a").get_text() for line in lines] == ["Lost", "Emit event"]
    assert page.select_one("#problems") is None


def test_they_are_told_before_it_is_published_and_keep_nobody_from_it(client, page):
    asked = client.get(page.select_one("#toggle")["href"])
    assert "nobody comes to this section" in asked.get_text()
    client.submit(asked, "form[action$='/activation']")
    assert client.follow().select_one("#toggle")["aria-checked"] == "true"


def test_a_workflow_that_was_stopped_says_why_and_goes_on_from_there(client, page, store, acme):
    client.submit(client.get(page.select_one("#toggle")["href"]), "form[action$='/activation']")
    with writing(store, Tenancy(acme.tenant_id)) as session:
        versions.deactivate(session, "welcome", running="hold", because="it storms")
    told = client.get(f"/t/{acme.key}/workflows/welcome").select_one("#stopped")
    assert "It was stopped: it storms. Nobody enters, and those inside are held." in told.get_text()
    client.submit(client.get(told.select_one("#go-on")["href"]), "form[action$='/activation']")
    assert client.follow().select_one("#stopped") is None
