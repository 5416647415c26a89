"""A workflow in the browser: made, edited as a document, drawn as an outline, activated and switched off."""

from __future__ import annotations

import json

import pytest

from tests.support.lead_pages import empty_tenant

DOCUMENT = {
    "format": 1,
    "triggers": [{"id": "t1", "type": "lead.created", "config": {}}],
    "sections": [
        {
            "id": "s1",
            "type": "flow.if",
            "config": {"condition": {"field": "lead.score", "op": "gte", "value": 50}},
            "branches": {"yes": [{"id": "s2", "type": "lead.set_status", "config": {"status": "qualified"}}]},
        }
    ],
}


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme, "editor")


@pytest.fixture
def made(client, acme):
    """Return the page of a new workflow."""
    client.submit(client.get(f"/t/{acme.key}/workflows/new"), "main form", name="Welcome")
    return client.follow()


def save(client, page, document, status=303):
    text = document if isinstance(document, str) else json.dumps(document)
    return client.submit(page, "form[action$='/draft']", document=text, status=status)


def test_a_new_workflow_says_what_it_needs_before_it_can_be_activated(made):
    assert "a workflow needs at least one trigger" in made.get_text()
    assert made.select_one("form[action$='/activation'] button").has_attr("disabled")


def test_the_outline_is_drawn_from_the_document(client, made):
    save(client, made, DOCUMENT)
    text = client.follow().get_text(" ", strip=True)
    assert "Lead created" in text
    assert "Score is at least 50" in text
    assert "Qualified" in text


def test_a_wrong_document_comes_back_as_it_was_sent_with_its_problem_by_path(client, made):
    wrong = json.dumps(DOCUMENT | {"colour": "red"})
    page = save(client, made, wrong, status=422)
    assert "/colour" in page.get_text()
    assert page.select_one("textarea[name=document]").get_text(strip=True) == wrong
    assert save(client, page, "{", status=422).select_one("textarea[name=document]").get_text(strip=True) == "{"


def test_a_save_on_an_older_revision_is_refused_and_loses_nothing(client, made):
    save(client, made, DOCUMENT)
    page = save(client, made, DOCUMENT | {"sections": []}, status=412)
    assert "flow.if" not in page.select_one("textarea[name=document]").get_text()


def test_undo_and_redo_walk_the_revisions(client, made):
    save(client, made, DOCUMENT)
    client.submit(client.follow(), "form[action$='/undo']")
    page = client.follow()
    assert "Score is at least 50" not in page.get_text()
    client.submit(page, "form[action$='/redo']")
    assert "Score is at least 50" in client.follow().get_text()


def test_it_is_activated_and_switched_off(client, made):
    save(client, made, DOCUMENT)
    client.submit(client.follow(), "form[action$='/activation']")
    page = client.follow()
    assert "version 1" in page.get_text()
    client.submit(page, "form[action$='/deactivation']", running="hold")
    assert client.follow().select_one("form[action$='/deactivation']") is None


def test_the_list_shows_state_and_counts(client, made, acme):
    save(client, made, DOCUMENT)
    client.submit(client.follow(), "form[action$='/activation']")
    text = client.get(f"/t/{acme.key}/workflows").get_text(" ", strip=True)
    assert "Welcome" in text
    assert "Active" in text
    assert "Welcome" not in client.get(f"/t/{acme.key}/workflows?q=other").select_one("main").get_text()


def test_viewers_look_and_change_nothing(client, made, acme, signed_in):
    viewer = signed_in(acme, "viewer")
    page = viewer.get(f"/t/{acme.key}/workflows/welcome")
    assert page.select("main form") == []
