"""Lists, statuses, custom fields and tags as pages."""

from __future__ import annotations

import pytest

from campaigns.services import fields, leads, vocabulary
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Actor, Tenancy
from tests.support.lead_pages import empty_tenant


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def tenancy(acme, store):
    found = Tenancy(acme.tenant_id, Actor("user", acme.users["owner"], "Owner"))
    with writing(store, found) as session:
        vocabulary.create_list(session, name="Hot", key="hot")
        vocabulary.create_status(session, name="Won", key="won")
        fields.create_field(session, name="Plan", key="plan", type="choice", choices=["free", "paid"])
        leads.create_lead(session, {"email": "ann@example.org", "first_name": "Ann", "tags": ["a/b"]})
    return found


@pytest.fixture
def client(acme, signed_in, tenancy):
    return signed_in(acme)


@pytest.fixture
def base(acme):
    return f"/t/{acme.key}"


def toast(client):
    return client.follow().select_one("#toasts").get_text(" ", strip=True)


def test_a_list_is_made_renamed_and_deleted(store, tenancy, client, base):
    client.submit(client.get(f"{base}/lists/-/new"), f"form[action='{base}/lists']", name="New friends")
    assert client.response.location == f"{base}/lists/new-friends"
    page = client.get(f"{base}/lists/new-friends/edit")
    client.submit(page, f"form[action='{base}/lists/new-friends']", name="Old friends")
    assert client.follow().h1.get_text(strip=True) == "Old friends"
    page = client.get(f"{base}/lists/new-friends/delete")
    client.submit(page, f"form[action='{base}/lists/new-friends/delete']")
    assert "deleted" in toast(client)
    client.get(f"{base}/lists/new-friends", status=404)


def test_a_key_that_is_taken_is_said_at_its_field(client, base):
    page = client.get(f"{base}/lists/-/new")
    wrong = client.submit(page, f"form[action='{base}/lists']", status=422, name="Warm", key="hot")
    assert "taken" in wrong.select_one("#field-key-error").get_text()
    assert wrong.select_one("#field-name")["value"] == "Warm"


def test_leads_come_on_a_list_by_address_and_leave_it(client, base):
    page = client.get(f"{base}/lists/hot")
    assert "Nobody is on this list yet" in page.get_text()
    client.submit(page, f"form[action='{base}/lists/hot/add']", email=" ANN@example.org ")
    page = client.follow()
    assert [cell.get_text(strip=True) for cell in page.select("td.main")] == ["Ann"]
    assert "1 lead" in page.select_one(".page-lead").get_text()
    client.submit(page, f"form[action='{base}/lists/hot/add']", email="nobody@example.org")
    assert "There is no lead nobody@example.org" in toast(client)
    client.submit(page, f"form[action='{base}/lists/hot/remove']")
    assert "off the list" in toast(client)


def test_members_are_searched(client, base):
    client.submit(client.get(f"{base}/lists/hot"), f"form[action='{base}/lists/hot/add']", email="ann@example.org")
    assert len(client.part(f"{base}/lists/hot?q=ann").select("td.main")) == 1
    assert "No lead fits" in client.part(f"{base}/lists/hot?q=zoe").get_text()


def test_statuses_are_made_ordered_and_handed_the_default(store, tenancy, client, base):
    page = client.get(f"{base}/vocabulary/statuses/new")
    client.submit(page, f"form[action='{base}/vocabulary/statuses']", name="Hopeful")
    page = client.get(f"{base}/vocabulary/statuses/hopeful/edit")
    client.submit(page, f"form[action='{base}/vocabulary/statuses/hopeful']", default="true")
    move = f"form[action='{base}/vocabulary/statuses/hopeful/move']"
    client.submit(client.get(f"{base}/vocabulary"), move)
    with reading(store, tenancy) as session:
        found = [(row.key, row.is_default) for row in vocabulary.list_statuses(session)]
    assert found[-3:] == [("lost", False), ("hopeful", True), ("won", False)]


def test_a_field_keeps_its_type_and_gets_other_choices(store, tenancy, client, base):
    page = client.get(f"{base}/vocabulary/fields/plan/edit")
    assert page.select_one("[name=type]") is None
    client.submit(
        page, f"form[action='{base}/vocabulary/fields/plan']", name="Tariff", choices="free\r\n\r\npaid\r\ngold"
    )
    with reading(store, tenancy) as session:
        row = fields.get_field(session, "plan")
    assert (row.name, row.choices) == ("Tariff", ["free", "paid", "gold"])


def test_a_field_that_makes_no_sense_is_refused_at_its_place(client, base):
    page = client.get(f"{base}/vocabulary/fields/new")
    wrong = client.submit(page, f"form[action='{base}/vocabulary/fields']", status=422, name="Size", type="choice")
    assert "1 to" in wrong.select_one("#field-choices-error").get_text()


def test_what_is_in_use_is_not_deleted_and_says_so(client, base):
    page = client.get(f"{base}/vocabulary/statuses/new/delete")
    client.submit(page, "form:has(.button-danger)")
    assert "default" in toast(client)


def test_a_tag_with_a_slash_is_deleted_after_saying_how_many_lose_it(store, tenancy, client, base):
    page = client.get(f"{base}/vocabulary/tags/a/b/delete")
    assert "1 lead" in page.main.get_text()
    client.submit(page, "form:has(.button-danger)")
    with reading(store, tenancy) as session:
        assert "a/b" not in vocabulary.tag_sizes(session)


def test_a_viewer_is_offered_no_change(acme, signed_in, tenancy, base):
    viewer = signed_in(acme, "viewer")
    for path in ("lists", "lists/hot", "vocabulary"):
        assert viewer.get(f"{base}/{path}").select(f"main form[action^='{base}'][method=post]") == []
    viewer.get(f"{base}/vocabulary/tags/new", status=403)
