"""Who is inside after a new version: chosen in the publish dialog or under Versions, and taken back there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.services import executions
from campaigns.storage.models import Execution, Version
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Tenancy
from tests.support.builder_pages import save
from tests.support.lead_pages import empty_tenant
from tests.support.workflows import add_leads, delay, document, set_status, work


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def tenancy(acme):
    return Tenancy(acme.tenant_id)


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme, "editor")


@pytest.fixture
def page(client, acme, store, tenancy):
    """Return the builder of a live workflow with two leads in a delay, and a draft that ends in another way."""
    client.submit(client.get(f"/t/{acme.key}/workflows/-/new"), "main form", name="Welcome")
    page = save(client, client.follow(), document(delay(), set_status("lost")))
    client.submit(client.get(page.address + "/activation"), "form[action$='/activation']")
    leads = add_leads(store, tenancy, 2)
    with writing(store, tenancy) as session:
        for lead in leads:
            executions.start_by_hand(session, "welcome", lead)
    work(store)
    return save(client, page, document(delay(), set_status("customer")))


def inside(store, tenancy):
    """Return (version, status) of every execution."""
    with reading(store, tenancy) as session:
        rows = session.query(Version.number, Execution.status).join(Execution, Execution.version_id == Version.id)
        return sorted((number, status) for number, status in rows)


def publish(client, page, **choices):
    asked = client.get(page.address + "/activation")
    client.submit(asked, "form[action$='/activation']", **choices)
    return asked


def test_the_publish_dialog_offers_a_choice_for_each_place(client, page, store, tenancy):
    asked = publish(client, page)
    row = asked.select_one("tr:has(select[name='inside:1:d1'])").get_text(" ", strip=True)
    assert row.startswith("1 Delay 2 Stay on version 1 Move to the same section Leave")
    assert inside(store, tenancy) == [(1, "waiting")] * 2


def test_publishing_moves_those_for_whom_that_was_chosen(client, page, store, tenancy):
    publish(client, page, **{"inside:1:d1": "move"})
    assert "2 leads moved" in client.follow().get_text()
    assert inside(store, tenancy) == [(2, "waiting")] * 2


def test_those_who_would_not_fit_can_only_stay_or_leave(client, page, store, tenancy):
    asked = client.get(save(client, page, document(set_status("customer"))).address + "/activation")
    assert "Can't move: this section is not there any more." in asked.get_text()
    assert [option["value"] for option in asked.select("[name='inside:1:d1'] option")] == ["stay", "leave"]


def test_under_versions_they_are_moved_later_and_that_is_taken_back(client, page, store, tenancy):
    publish(client, page)
    rows = client.get(page.address + "/versions")
    client.submit(rows, "form[action$='/moves']", **{"inside:1:d1": "move"})
    moved = client.follow()
    assert inside(store, tenancy) == [(2, "waiting")] * 2
    assert moved.select_one("form[action$='/moves']") is None
    client.submit(moved, "form[action$='/undo']")
    assert "2 leads returned" in client.follow().get_text()
    assert inside(store, tenancy) == [(1, "waiting")] * 2


def test_leaving_is_said_and_taken_back(client, page, store, tenancy):
    publish(client, page, **{"inside:1:d1": "leave"})
    assert "2 leads leave in an hour" in client.follow().get_text()
    assert inside(store, tenancy) == [(1, "held")] * 2
    client.submit(client.get(page.address + "/versions"), "form[action$='/undo']")
    assert inside(store, tenancy) == [(1, "waiting")] * 2


def test_choosing_nothing_says_so(client, page):
    publish(client, page)
    client.submit(client.get(page.address + "/versions"), "form[action$='/moves']")
    assert "Everybody stays" in client.follow().get_text()


def test_after_an_hour_there_is_no_button_and_the_call_says_why(client, page, clock):
    publish(client, page, **{"inside:1:d1": "move"})
    rows = client.get(page.address + "/versions")
    clock.advance(timedelta(hours=1))
    assert client.get(page.address + "/versions").select_one("form[action$='/undo']") is None
    client.submit(rows, "form[action$='/undo']")
    assert "any more" in client.follow().get_text()


def test_the_path_of_a_lead_says_that_it_was_moved(client, page, store, tenancy, acme):
    publish(client, page, **{"inside:1:d1": "move"})
    with reading(store, tenancy) as session:
        execution_id = session.query(Execution.id).first()[0]
    shown = client.get(f"/t/{acme.key}/executions/{execution_id}").get_text(" ", strip=True)
    assert "Moved to another version" in shown
    assert "from version 1 to version 2" in shown


def test_viewers_see_who_moved_and_change_nothing(client, page, acme, signed_in):
    publish(client, page, **{"inside:1:d1": "move"})
    viewer = signed_in(acme, "viewer")
    shown = viewer.get(page.address + "/versions")
    assert "Moves" in shown.get_text()
    assert shown.select_one("form[action$='/undo']") is None
    token = shown.select_one("meta[name='csrf-token']")
    viewer.post(page.address + "/moves", data={"csrf_token": token["content"] if token else ""}, status=403)
