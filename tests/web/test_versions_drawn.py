"""Two versions drawn side by side: what differs is marked on the cards, listed with both values, and led to."""

from __future__ import annotations

import copy

import pytest

from tests.support.builder_pages import DOCUMENT, save
from tests.support.lead_pages import empty_tenant

COMPARED = "/versions/compare?from=1&to=draft"


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme, "editor")


@pytest.fixture
def page(client):
    """Return the builder of a workflow whose version 1 is live; the draft differs in each way there is."""
    client.submit(client.get("/t/tenant-acme/workflows/-/new"), "main form", name="Welcome")
    first = copy.deepcopy(DOCUMENT)
    first["sections"] += [{"id": f"m{n}", "type": "lead.add_tag", "config": {"tag": f"t{n}"}} for n in (1, 2, 3)]
    page = save(client, client.follow(), first)
    client.submit(client.get(page.address + "/activation"), "form[action$='/activation']")
    other = copy.deepcopy(first) | {"settings": {"time_zone": "tenant"}}
    other["triggers"][0]["name"] = "Renamed"
    other["sections"][0]["branches"]["yes"][0]["config"]["status"] = "customer"
    tags = {item["id"]: item for item in other["sections"] if item["id"] in ("m1", "m2", "m3")}
    rest = [item for item in other["sections"] if item["id"] not in tags]
    added = {"id": "s9", "type": "lead.add_tag", "name": "Mark", "config": {"tag": "x"}}
    other["sections"] = [*rest, tags["m2"], tags["m1"], added]
    return save(client, page, other)


def marks(shown, side):
    """Return by id the marks of one side's cards, as words."""
    cards = shown.select(f"[id^='{side}-'][data-drawn]")
    found = {card["data-drawn"]: [mark.get_text(strip=True) for mark in card.select(".card-mark")] for card in cards}
    return {key: words for key, words in found.items() if words}


def test_each_card_says_what_became_of_it(client, page):
    shown = client.get(page.address + COMPARED)
    before, after = marks(shown, "before"), marks(shown, "after")
    assert before["m3"] == ["Removed"]
    assert after["s9"] == ["Added"]
    changed = DOCUMENT["sections"][0]["branches"]["yes"][0]["id"]
    trigger = DOCUMENT["triggers"][0]["id"]
    for side in (before, after):
        assert side[changed] == side[trigger] == ["Changed"]
        assert [key for key, words in side.items() if words == ["Moved"]] in (["m1"], ["m2"])
    assert all(icon for icon in shown.select(".card-mark") if icon.select_one("svg"))


def test_the_list_leads_to_each_card_and_shows_both_values(client, page):
    shown = client.get(page.address + COMPARED)
    targets = [link["href"].removeprefix("#") for link in shown.select(".told a[data-jump]")]
    assert len(targets) == 5
    assert all(shown.select_one(f"[id='{target}']") for target in targets)
    told = shown.select_one(".told-changed").get_text(" ", strip=True)
    assert "config · status" in told
    assert "customer" in told
    settings = next(p for p in shown.select(".told .panel") if p.h2.get_text(strip=True) == "Settings")
    assert "time zone" in settings.get_text()
    assert "tenant" in settings.get_text()


def test_a_card_leads_to_its_twin_and_one_without_to_nothing(client, page):
    shown = client.get(page.address + COMPARED)
    assert shown.select_one("#before-m1 a")["href"] == "#after-m1"
    assert shown.select_one("#after-m1 a")["href"] == "#before-m1"
    assert shown.select_one("#before-m3 a") is None
    assert shown.select_one("#after-s9 a") is None


def test_a_version_is_restored_from_there(client, page):
    shown = client.get(page.address + COMPARED)
    client.submit(shown, "form[action$='/1/restore']", live="false")
    assert "Nothing differs" in client.get(page.address + COMPARED).get_text()


def test_an_older_version_is_made_live_from_there(client, page):
    client.submit(client.get(page.address + "/activation"), "form[action$='/activation']")
    shown = client.get(page.address + "/versions/compare?from=1&to=2")
    assert "Live" in shown.select_one("#after-title").get_text()
    client.submit(shown, "form[action$='/1/restore']", live="true")
    shown = client.get(page.address + "/versions/compare?from=1&to=2")
    assert "Live" in shown.select_one("#before-title").get_text()


def test_a_viewer_compares_and_restores_nothing(acme, signed_in, client, page):
    shown = signed_in(acme, "viewer").get(page.address + COMPARED)
    assert shown.select(".drawing .card")
    assert shown.select_one("form[action$='/restore']") is None
