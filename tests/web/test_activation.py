"""The switch: what activating and deactivating would do is said in numbers, and then done."""

from __future__ import annotations

import pytest

from tests.support.builder_pages import DOCUMENT, change, save
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


def switch(client, page):
    return client.get(page.select_one("#toggle")["href"])


def test_it_says_what_will_listen_and_then_listens(client, page):
    asked = switch(client, page)
    assert "Lead created" in asked.get_text()
    client.submit(asked, "form[action$='/activation']", note="First try")
    active = client.follow()
    assert active.select_one("#toggle")["aria-checked"] == "true"
    assert "Version 1" in active.get_text()
    versions = client.get(page.address + "/versions").get_text(" ", strip=True)
    assert "First try" in versions
    assert "Live" in versions


def test_publishing_says_what_differs_from_what_is_live(client, page):
    client.submit(switch(client, page), "form[action$='/activation']")
    change(client, client.follow(), "delete", "s2")
    edited = client.follow()
    assert "Draft differs" in edited.get_text()
    asked = client.get(edited.select_one("#publish")["href"])
    assert "Publish changes" in asked.get_text()
    assert asked.select_one(".facts").get_text(" ", strip=True) == "Removed Set status"


def test_a_draft_that_cannot_run_is_not_published_by_force(client, page):
    asked = switch(client, page)
    change(client, page, "delete", "t1")
    answer = client.submit(asked, "form[action$='/activation']", status=422)
    assert "a workflow needs at least one trigger" in answer.get_text()
    assert client.get(page.address).select_one("#toggle")["aria-checked"] == "false"


def test_deactivating_asks_nothing_where_nobody_is_inside(client, page):
    client.submit(switch(client, page), "form[action$='/activation']")
    asked = switch(client, client.follow())
    assert "Nobody is inside" in asked.get_text()
    client.submit(asked, "form[action$='/deactivation']")
    assert client.follow().select_one("#toggle")["aria-checked"] == "false"


def test_for_htmx_the_dialog_ends_on_the_page(client, page):
    href = page.select_one("#toggle")["href"]
    token = client.part(href).select_one("[name=csrf_token]")["value"]
    client.part(href, method="POST", data={"csrf_token": token})
    assert client.response.headers["HX-Redirect"] == page.address


def test_a_version_becomes_the_draft_again_or_goes_live_again(client, page):
    client.submit(switch(client, page), "form[action$='/activation']")
    change(client, client.follow(), "delete", "s1")
    client.submit(client.get(client.follow().select_one("#publish")["href"]), "form[action$='/activation']")
    rows = client.get(page.address + "/versions")
    client.submit(rows, "form[action$='/versions/1/restore']", live="false")
    shown = client.follow()
    assert shown.select_one("#section-s1") is not None
    assert "Draft differs from version 2" in shown.get_text()
    client.submit(rows, "form[action$='/versions/1/restore']", live="true")
    assert "Draft differs" not in client.follow().get_text()


def test_viewers_see_the_state_and_no_switch(page, acme, signed_in):
    viewer = signed_in(acme, "viewer")
    shown = viewer.get(page.address)
    assert shown.select_one("#toggle") is None
    assert "Inactive" in shown.get_text()
    viewer.get(page.address + "/activation", status=403)
