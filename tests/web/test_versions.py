"""The versions of a workflow: any two are compared, and each with the draft."""

from __future__ import annotations

import copy

import pytest

from tests.support.builder_pages import DOCUMENT, save
from tests.support.lead_pages import empty_tenant


@pytest.fixture
def client(store, signed_in):
    return signed_in(empty_tenant(store), "editor")


@pytest.fixture
def page(client):
    """Return the builder of a workflow whose version 1 is live and whose draft differs in a section and a setting."""
    client.submit(client.get("/t/tenant-acme/workflows/-/new"), "main form", name="Welcome")
    page = save(client, client.follow(), DOCUMENT)
    client.submit(client.get(page.address + "/activation"), "form[action$='/activation']")
    other = copy.deepcopy(DOCUMENT) | {"settings": {"time_zone": "tenant"}}
    other["sections"][0]["branches"]["yes"][0]["config"]["status"] = "customer"
    other["sections"].append({"id": "s9", "type": "lead.add_tag", "name": "Mark", "config": {"tag": "x"}})
    return save(client, page, other)


def told(shown):
    """Return the cards of the page: by title what stands in them."""
    panels = shown.select("main .panel")
    return {p.select_one("h2").get_text(strip=True): p.get_text(" ", strip=True) for p in panels if p.select_one("h2")}


def test_a_version_is_compared_with_the_draft_from_the_list(client, page):
    client.submit(client.get(page.address + "/versions"), "form[action$='/compare']", status=200)
    shown = client.get(page.address + "/versions/compare?from=1&to=draft")
    cards = told(shown)
    assert "Mark" in cards["Added"]
    assert "Set status" in cards["Changed"]
    assert "Settings" in cards
    assert "Removed" not in cards


def test_turned_around_what_was_added_is_removed(client, page):
    assert "Mark" in told(client.get(page.address + "/versions/compare?from=draft&to=1"))["Removed"]


def test_the_same_differs_in_nothing(client, page):
    assert "Nothing differs" in client.get(page.address + "/versions/compare?from=1&to=1").get_text()


@pytest.mark.parametrize("query", ["from=9&to=draft", "from=x", "to=99999999999"])
def test_a_version_that_there_is_not_is_not_found(client, page, query):
    client.get(f"{page.address}/versions/compare?{query}", status=404)
