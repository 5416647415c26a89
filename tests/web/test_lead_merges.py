"""Merging two leads as a person does it: found, seen side by side, chosen, done. Without a script."""

from __future__ import annotations

from uuid import UUID, uuid4

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
        fields.create_field(session, name="City")
        vocabulary.create_list(session, name="Hot", key="hot")
    return found


@pytest.fixture
def base(acme):
    return f"/t/{acme.key}/leads"


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme)


@pytest.fixture
def pair(store, tenancy) -> tuple[UUID, UUID]:
    kept = {"email": "ann@example.org", "first_name": "Ann", "phone": "+49 30 7654321", "fields": {"city": "Rome"}}
    other = {"email": "old@example.org", "phone": "030 7654321", "lists": ["hot"], "tags": ["vip"], "score": 7,
             "fields": {"city": "Berlin"}}  # fmt: skip
    with writing(store, tenancy) as session:
        return leads.create_lead(session, kept).id, leads.create_lead(session, other).id


def one(store, tenancy, lead_id):
    with reading(store, tenancy) as session:
        return leads.lead_json(session, [leads.get_lead(session, lead_id)])[0]


def link_of(page, text):
    return next(link for link in page.select("main a") if link.get_text(strip=True) == text)


def test_from_the_lead_by_its_duplicate_to_one_lead(store, tenancy, client, base, pair):
    keep, other = pair
    page = client.get(f"{base}/{keep}")
    assert "same phone" in page.get_text()
    compare = page.find("a", attrs={"aria-label": "Compare with old@example.org"})
    page = client.get(compare["href"])
    chosen = {radio["name"]: radio["value"] for radio in page.select("main input[type=radio][checked]")}
    assert chosen == {
        "choice.email": "keep", "choice.first_name": "keep", "choice.phone": "keep", "choice.score": "other",
        "choice.city": "keep",
    }  # fmt: skip
    text = " ".join(page.get_text().split())
    assert "It is put on 1 list: Hot." in text
    assert "It gets 1 tag: vip." in text
    client.submit(page, f"form[action='{base}/{keep}/merge']", **{"choice.city": "other"})
    shown = client.follow()
    assert "Merged with old@example.org" in shown.get_text()
    found = one(store, tenancy, keep)
    assert (found["fields"], found["score"], found["lists"], found["phone"]) == (
        {"city": "Berlin"}, 7, ["hot"], "+49 30 7654321",
    )  # fmt: skip
    client.get(f"{base}/{other}", status=404)


def test_the_other_lead_is_searched_for_and_may_be_the_one_that_is_kept(client, base, pair):
    keep, other = pair
    page = client.get(f"{base}/{keep}")
    page = client.get(link_of(page, "Merge with another lead…")["href"])
    assert not page.select("#found a")
    page = client.get(f"{base}/{keep}/merge?q=example")
    links = [link["href"] for link in page.select("#found a")]
    assert links == [f"{base}/{keep}/merge?lead={other}"]
    page = client.get(links[0])
    swap = link_of(page, "Keep the other one")
    assert swap["href"] == f"{base}/{other}/merge?lead={keep}"
    page = client.get(f"{base}/{keep}/merge?q=nobody")
    assert "No other lead fits" in page.get_text()


def test_choices_that_leave_no_name_come_again_with_what_is_wrong(store, tenancy, client, base, pair):
    with writing(store, tenancy) as session:
        bare = leads.create_lead(session, {"external_id": "x-1"}).id
    page = client.get(f"{base}/{bare}/merge?lead={pair[0]}")
    chosen = {"choice.email": "keep", "choice.external_id": "other"}
    page = client.submit(page, f"form[action='{base}/{bare}/merge']", **chosen, status=422)
    assert "A lead needs an email address or an external id." in page.get_text()
    checked = {radio["name"]: radio["value"] for radio in page.select("input[type=radio][checked]")}
    assert checked.items() >= chosen.items()
    assert one(store, tenancy, bare)["email"] is None


def test_unknown_leads_are_not_found_and_one_is_no_pair(client, base, pair):
    for other in (uuid4(), "nobody"):
        client.get(f"{base}/{pair[0]}/merge?lead={other}", status=404)
    client.get(f"{base}/{uuid4()}/merge", status=404)
    client.get(f"{base}/{pair[0]}/merge?lead={pair[0]}", status=422)


def test_who_may_only_look_merges_nothing(acme, signed_in, base, pair):
    viewer = signed_in(acme, "viewer")
    page = viewer.get(f"{base}/{pair[0]}")
    assert "Possible duplicates" in page.get_text()
    assert "merge" not in str(page.select("main a")).lower()
    viewer.get(f"{base}/{pair[0]}/merge", status=403)
