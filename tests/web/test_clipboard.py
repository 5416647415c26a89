"""Copying and pasting sections without scripts: the text that is answered, and what a form with it does."""

from __future__ import annotations

import json

import pytest

from tests.support.builder_pages import DOCUMENT, cards, save
from tests.support.lead_pages import empty_tenant


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


def copied(client, page, **query):
    return client.raw.get(page.address + "/clipboard", query_string=query)


def test_sections_are_answered_as_text(client, page):
    answer = copied(client, page, section="s2 gone")
    assert answer.content_type.startswith("text/plain")
    assert [item["id"] for item in json.loads(answer.text)["sections"]] == ["s2"]
    assert copied(client, page, section="gone").status_code == 404


def test_a_whole_workflow_is_answered_as_an_outline(client, page):
    text = copied(client, page, **{"as": "outline"}).text
    assert text == "When Lead created\nIf score >= 50\n  yes:\n    Set status to qualified\n  no:\n    Finish"


def test_text_of_sections_is_pasted(client, page):
    text = copied(client, page, section="s2").text
    client.submit(page, "#paste", at="start", text=text)
    assert cards(client.follow()) == ["Lead created", "Set status", "If", "Set status", "Finish"]


def test_what_can_not_stand_there_is_refused_with_the_reason(client, page):
    text = copied(client, page, section="s2").text
    refused = client.submit(page, "#paste", at="after:s3", text=text, status=409)
    assert "Nothing comes after the end" in refused.get_text()
    broken = '{"format": 1, "sections": [{"id": "x", "type": "log.note", "config": {"txt": 1}}]}'
    assert "This can't be done" in client.submit(page, "#paste", at="start", text=broken, status=422).get_text()


def test_other_text_is_shown_as_an_outline_first_and_then_inserted(client, page):
    shown = client.submit(page, "#paste", at="start", text="Note hello\nJump around", status=200)
    rows = [row.select_one(".found-name").get_text() for row in shown.select(".outline-row")]
    assert rows == ["Note", "Not understood"]
    client.submit(shown, "main form", go="insert")
    after = client.follow()
    assert cards(after) == ["Lead created", "Note", "Unfinished", "If", "Set status", "Finish"]
    assert "was not understood" in after.select_one("#problems").get_text()


def test_an_outline_says_what_is_missing_here(client, page):
    shown = client.submit(page, "#paste", at="start", text="If score > 50\n  Add to list nobody\n  Dance", status=200)
    assert [told.get_text() for told in shown.select(".outline-problem")] == ["there is no list nobody"]


def test_sections_are_extracted_by_a_form(client, page):
    asked = client.get(page.address + "/extraction?section=s2")
    client.submit(asked, "main form", name="Qualify")
    assert cards(client.follow()) == ["Lead created", "If", "Qualify", "Finish"]
    wrong = client.get(page.address + "/extraction?section=s3", status=409)
    assert "would end the new workflow alone" in wrong.get_text()


def test_sections_are_found_on_a_page(client, page):
    found = client.get(page.address + "/find?q=qualified")
    assert [hit["data-hit"] for hit in found.select("[data-hit]")] == ["s2"]
