"""The list of workflows: state and counts, the switch, copying, exporting, deleting."""

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
def base(acme):
    return f"/t/{acme.key}/workflows"


@pytest.fixture
def listed(client, base):
    """Return the list with one workflow."""
    client.submit(client.get(f"{base}/-/new"), "main form", name="Welcome")
    save(client, client.follow(), DOCUMENT)
    return client.get(base)


def test_a_name_is_needed(client, base):
    page = client.submit(client.get(f"{base}/-/new"), "main form", name=" ", status=422)
    assert page.select_one("[name=name]")["aria-invalid"] == "true"


def test_the_switch_asks_and_the_list_shows_the_state(client, base, listed):
    switch = listed.select_one("tbody .toggle")
    assert switch["aria-checked"] == "false"
    client.submit(client.get(switch["href"]), "form[action$='/activation']")
    assert client.get(base).select_one("tbody .toggle")["aria-checked"] == "true"


def test_it_is_found_by_its_name(client, base, listed):
    assert "Welcome" in client.get(f"{base}?q=welc").select_one("tbody").get_text()
    assert client.get(f"{base}?q=other").select_one("tbody") is None


def test_a_copy_has_the_same_sections_and_is_not_active(client, base, listed):
    client.submit(listed, "form[action$='/duplicate']")
    page = client.follow()
    assert "Welcome (copy)" in page.get_text()
    assert cards(page) == cards(client.get(f"{base}/welcome"))
    assert page.select_one("#toggle")["aria-checked"] == "false"


def test_the_export_is_the_document(client, base, listed):
    answer = client.raw.get(f"{base}/welcome/export")
    assert json.loads(answer.text)["sections"] == DOCUMENT["sections"]
    assert answer.headers["Content-Disposition"] == "attachment; filename=welcome.json"


def test_deleting_says_what_goes_and_an_active_one_stays(client, base, listed):
    asked = client.get(f"{base}/welcome/delete")
    client.submit(client.get(f"{base}/welcome/activation"), "form[action$='/activation']")
    assert "deactivate it first" in client.get(f"{base}/welcome/delete").get_text()
    client.submit(asked, "form[action$='/delete']")
    assert "is active" in client.follow().get_text()
    client.submit(client.get(f"{base}/welcome/deactivation"), "form[action$='/deactivation']")
    client.submit(asked, "form[action$='/delete']")
    assert "deleted with its history" in client.follow().get_text()
    client.get(f"{base}/welcome", status=404)


def test_a_workflow_and_a_section_may_be_called_new(client, base):
    client.submit(client.get(f"{base}/-/new"), "main form", name="New")
    document = {"format": 1, "sections": [{"id": "new", "type": "lead.add_tag", "config": {"tag": "hot"}}]}
    page = save(client, client.follow(), document)
    assert page.address == f"{base}/new"
    assert client.get(f"{base}/new/sections/new").select_one("[name='config.tag']")["value"] == "hot"
