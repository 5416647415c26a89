"""The JSON tab while others edit: what they saved stays, and what both changed is chosen."""

from __future__ import annotations

import json

import pytest

from tests.support.builder_pages import DOCUMENT, change, save
from tests.support.lead_pages import empty_tenant


@pytest.fixture
def client(store, signed_in):
    return signed_in(empty_tenant(store), "editor")


@pytest.fixture
def page(client):
    client.submit(client.get("/t/tenant-acme/workflows/-/new"), "main form", name="Welcome")
    return save(client, client.follow(), DOCUMENT)


def opened(client, page):
    shown = client.get(page.address + "/document")
    return shown, json.loads(shown.select_one("textarea[name=document]").get_text())


def status_of(document):
    return document["sections"][0]["branches"]["yes"][0]["config"]["status"]


def test_what_somebody_did_on_the_canvas_meanwhile_stays(client, page):
    tab, mine = opened(client, page)
    change(client, page, "disable", "s1")
    mine["sections"][0]["branches"]["yes"][0]["config"]["status"] = "customer"
    client.submit(tab, "form[action$='/draft']", document=json.dumps(mine))
    assert "together with what others have changed" in client.follow().get_text()
    _, now = opened(client, page)
    assert (now["sections"][0]["disabled"], status_of(now)) == (True, "customer")


def test_what_both_changed_is_shown_side_by_side_and_chosen(client, page):
    tab, mine = opened(client, page)
    other, theirs = opened(client, page)
    theirs["sections"][0]["branches"]["yes"][0]["config"]["status"] = "lost"
    client.submit(other, "form[action$='/draft']", document=json.dumps(theirs))
    mine["sections"][0]["branches"]["yes"][0]["config"]["status"] = "customer"
    asked = client.submit(tab, "form[action$='/draft']", document=json.dumps(mine), status=412)
    assert [text.get_text() for text in asked.select(".clash .choice-text")] == ["Keep theirs", "Take mine"]
    assert status_of(opened(client, page)[1]) == "lost"
    client.submit(asked, "form[action$='/draft']", **{"clash:s2": "mine"})
    assert status_of(opened(client, page)[1]) == "customer"


def test_an_unknown_revision_is_said_and_the_text_stays(client, page):
    tab, mine = opened(client, page)
    answer = client.submit(tab, "form[action$='/draft']", revision="77", status=404)
    assert "There is no revision 77" in answer.get_text()
    assert json.loads(answer.select_one("textarea[name=document]").get_text()) == mine
