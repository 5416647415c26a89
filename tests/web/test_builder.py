"""A workflow in the browser: its canvas, what can be done to a section, its document, undo and redo."""

from __future__ import annotations

import json
import re

import pytest

from campaigns.sections.examples import example
from campaigns.sections.registry import kinds
from campaigns.services import leads
from campaigns.storage.transaction import writing
from campaigns.tenancy import Tenancy
from tests.support.builder_pages import DOCUMENT, cards, change, save
from tests.support.lead_pages import empty_tenant
from tests.support.workflows import work


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme, "editor")


@pytest.fixture
def made(client, acme):
    """Return the page of a new workflow."""
    client.submit(client.get(f"/t/{acme.key}/workflows/-/new"), "main form", name="Welcome")
    return client.follow()


@pytest.fixture
def page(client, made):
    """Return the page of a workflow with a branch."""
    return save(client, made, DOCUMENT)


def test_a_new_workflow_says_what_it_needs_before_it_can_be_activated(client, made):
    assert "a workflow needs at least one trigger" in made.select_one("#problems").get_text()
    asked = client.get(made.select_one("#toggle")["href"])
    assert "a workflow needs at least one trigger" in asked.get_text()
    assert asked.select("form[action$='/activation'] button[type=submit]") == []


def test_the_canvas_is_drawn_from_the_document(page):
    assert cards(page) == ["Lead created", "If", "Set status", "Finish"]
    assert "Score is at least 50" in page.select_one("#section-s1").get_text()
    assert "Qualified" in page.select_one("#section-s2").get_text()
    assert [name.get_text() for name in page.select(".branch-name")] == ["yes", "no"]


def test_an_open_end_is_drawn_as_finish_and_a_closed_one_has_no_plus(client, page):
    assert page.select_one("[data-at='after:s3']") is None
    assert page.select_one(".pole-finish") is not None
    change(client, page, "delete", "s2")
    ended = {"id": "s4", "type": "flow.finish", "config": {}}
    document = json.loads(json.dumps(DOCUMENT))
    document["sections"][0]["branches"]["yes"] = [ended]
    assert save(client, client.follow(), document).select_one(".pole-finish") is None


@pytest.mark.parametrize(
    ("word", "section", "place", "expected"),
    [
        ("duplicate", "s2", "", ["Lead created", "If", "Set status", "Set status", "Finish"]),
        ("delete", "s1", "", ["Lead created"]),
        ("move", "s2", "start", ["Lead created", "Set status", "If", "Finish"]),
        ("up", "s2", "", ["Lead created", "Set status", "If", "Finish"]),
        ("down", "s2", "", ["Lead created", "If", "Finish", "Set status"]),
    ],
)
def test_a_section_is_changed_and_the_canvas_shows_it(client, page, word, section, place, expected):
    change(client, page, word, section, place)
    assert cards(client.follow()) == expected


def test_a_section_is_switched_off_and_on(client, page):
    change(client, page, "disable", "s2")
    off = client.follow()
    assert "is-disabled" in off.select_one("#section-s2")["class"]
    change(client, off, "enable", "s2")
    assert "is-disabled" not in client.follow().select_one("#section-s2")["class"]


def test_for_htmx_a_change_answers_the_builder_alone_and_says_what_was_done(client, page):
    part = change(client, page, "delete", "s2", answer="part")
    assert part.select_one("#builder") is not None
    assert cards(part) == ["Lead created", "If", "Finish"]
    fired = json.loads(client.response.headers["HX-Trigger"])
    assert fired["showToast"]["message"] == "Deleted “Set status”."
    assert re.search(r"/undo\?revision=\d+$", fired["showToast"]["undo"])


@pytest.mark.parametrize(
    ("word", "section", "place", "reason"),
    [
        ("up", "s1", "", "It is the first already."),
        ("move", "s1", "in:s1:yes", "can't move into itself"),
        ("move", "s3", "start", "would never be reached"),
        ("delete", "gone", "", "There is no section gone any more."),
        ("explode", "s1", "", "There is no such change."),
    ],
)
def test_what_cannot_be_done_is_said_beside_the_canvas_as_it_is(client, page, word, section, place, reason):
    refused = change(client, page, word, section, place, answer="refused")
    assert reason in refused.get_text()
    assert cards(refused) == cards(page)


def test_undo_and_redo_walk_the_revisions(client, page):
    change(client, page, "delete", "s1")
    client.submit(client.follow(), "form[action$='/undo']")
    restored = client.follow()
    assert cards(restored) == cards(page)
    client.submit(restored, "form[action$='/redo']")
    assert cards(client.follow()) == ["Lead created"]


def test_a_toasts_undo_takes_back_its_own_change_or_says_why_not(client, page):
    token = {"csrf_token": page.select_one("#change [name=csrf_token]")["value"]}
    change(client, page, "duplicate", "s2", answer="part")
    first = told(client)["undo"]
    change(client, page, "delete", "s1", answer="part")
    second = told(client)["undo"]
    refused = client.part(first, method="POST", data=token)
    assert "Another change came after this one" in told(client)["message"]
    assert cards(refused) == ["Lead created"]
    assert cards(client.part(second, method="POST", data=token)) == [*cards(page)[:3], "Set status", "Finish"]
    client.part(second, method="POST", data=token)
    assert "Another change came after this one" in told(client)["message"]


def test_what_changes_nothing_offers_no_undo(client, page):
    change(client, page, "enable", "s2", answer="part")
    assert told(client)["message"] == "Enabled “Set status”."
    assert "undo" not in told(client)


def told(client):
    """Return the toast that the last answer fired."""
    return json.loads(client.response.headers["HX-Trigger"])["showToast"]


def test_counts_are_answered_of_the_sections_shown_alone(client, page, acme, store):
    client.submit(client.get(page.select_one("#toggle")["href"]), "form[action$='/activation']")
    with writing(store, Tenancy(acme.tenant_id)) as session:
        leads.create_lead(session, {"email": "ann@example.com", "score": 72})
    work(store)
    before = client.get(page.address).select_one("#revision")["value"]
    change(client, page, "delete", "s2")
    after = client.follow().select_one("#revision")["value"]
    address = f"/t/{acme.key}/workflows/welcome/counts?seen=other&revision="
    assert counted(client.part(address + before)) == {"t1", "s1", "s2", "s3"}
    assert client.response.headers["Draft-Revision"] == before
    assert counted(client.part(address + after)) == {"t1", "s1", "s3"}


def counted(part):
    return {found["id"].removeprefix("counts-") for found in part.select(".card-counts")}


def test_counts_are_answered_when_they_differ_from_what_was_seen(client, page, acme):
    client.submit(client.get(page.select_one("#toggle")["href"]), "form[action$='/activation']")
    live = client.follow().select_one("#live")
    assert client.part(live["hx-get"], status=204).get_text() == ""
    answer = client.part(f"/t/{acme.key}/workflows/welcome/counts?seen=other")
    assert answer.select_one("#live")["hx-get"] == live["hx-get"]


def test_a_wrong_document_comes_back_as_it_was_sent_with_its_problem_by_path(client, made):
    wrong = json.dumps(DOCUMENT | {"colour": "red"})
    page = save(client, made, wrong, status=422)
    assert "/colour" in page.get_text()
    assert page.select_one("textarea[name=document]").get_text(strip=True) == wrong
    again = client.submit(page, "form[action$='/draft']", document="{", status=422)
    assert again.select_one("textarea[name=document]").get_text(strip=True) == "{"


def test_a_save_on_an_older_revision_loses_nothing(client, made):
    old = client.get(made.address + "/document")
    save(client, made, DOCUMENT)
    client.submit(old, "form[action$='/draft']", document=json.dumps(DOCUMENT | {"sections": []}))
    shown = client.follow().select_one("textarea[name=document]").get_text()
    assert json.loads(shown)["sections"] == DOCUMENT["sections"]


def test_a_section_whose_type_is_gone_is_drawn_as_a_placeholder(client, page, store, acme, app):
    runtime = app.extensions["runtime"]
    runtime.kinds = {name: kind for name, kind in runtime.kinds.items() if name != "lead.set_status"}
    shown = client.get(page.address)
    assert "not installed any more" in shown.select_one("#section-s2").get_text()


def test_viewers_look_and_change_nothing(page, acme, signed_in):
    viewer = signed_in(acme, "viewer")
    shown = viewer.get(f"/t/{acme.key}/workflows/welcome")
    assert shown.select("main form") == []
    assert shown.select(".add, [data-more]") == []
    assert cards(shown) == cards(page)


def everything():
    """Return a document with a section of every type, one after the other, and what each of them may carry."""
    sections, triggers = [], []
    for number, (name, kind) in enumerate(sorted(kinds().items())):
        found = example(name, is_trigger=kind.is_trigger)
        found["id"] = f"x{number}"
        if name == "flow.goto":
            found["config"]["section"] = "x0" if kind.is_trigger else found["id"]
        found.pop("branches", None)
        (triggers if kind.is_trigger else sections).append(found)
    fork = next(item for item in sections if item["type"] == "flow.fork")
    fork["branches"] = {"mail": [{"id": "in-mail", "type": "log.note", "config": {"text": "x"}}], "call": []}
    heard = {"id": "t99", "type": "event.received", "config": {"name": "clicked"}}
    inside = {"id": "in-heard", "type": "log.note", "config": {"text": "y"}}
    sections[0]["listeners"] = [{**heard, "sections": [inside]}]
    return {"format": 1, "triggers": triggers, "sections": sections}


def test_every_type_is_drawn_and_opened(client, made):
    document = everything()
    page = save(client, made, document)
    for item in [*document["triggers"], *document["sections"]]:
        card = page.select_one(f"#section-{item['id']}")
        assert card is not None, item["type"]
        assert client.get(card.select_one("a.card-name")["href"]).select_one("main form.form") is not None
    assert page.select_one("#section-in-mail") is not None
    assert "clicked" in page.select_one(".listener > .card").get_text()
    assert page.select_one(".listener #section-in-heard") is not None


def test_a_new_fork_has_two_branches_and_keeps_them_when_it_is_changed(client, page):
    new = client.get(f"{page.address}/sections/-/new?type=flow.fork&at=after:s1")
    client.submit(new, "main form", name="Both")
    shown = client.get(page.address)
    assert [name.get_text() for name in shown.select(".branch-name")] == ["yes", "no", "first", "second"]
    fork = next(card for card in shown.select(".card") if "Both" in card.get_text())
    opened = client.get(fork.select_one("a.card-name")["href"])
    client.submit(opened, "main form", name="Both", **{"config.join": "any"})
    names = [name.get_text() for name in client.get(page.address).select(".branch-name")]
    assert names == ["yes", "no", "first", "second"]
