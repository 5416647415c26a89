"""Listeners, what triggers do, and branches that the document names: set up in dialogs, without a line of JSON."""

from __future__ import annotations

import json

import pytest

from tests.support.builder_pages import DOCUMENT, cards, change, save
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


@pytest.fixture
def here(acme):
    return f"/t/{acme.key}/workflows/welcome/sections"


def stored(client, page):
    """Return the draft."""
    return json.loads(client.get(page.address + "/document").select_one("textarea[name=document]").get_text())


def listen(client, here, name, **fields):
    """Add a listener for an event beside the section s2."""
    form = client.get(f"{here}/-/new?type=event.received&at=beside:s2")
    client.submit(form, "main form", **{"config.name": name}, **fields)
    return client.follow()


def listeners(client, page):
    return stored(client, page)["sections"][0]["branches"]["yes"][0].get("listeners", [])


def test_the_menu_beside_a_section_offers_what_can_be_listened_for(client, here, page):
    menu = client.part(f"{here}?at=beside:s2")
    offered = [name.get_text() for name in menu.select(".kind-name")]
    assert {"Event received", "Lead changed", "Added to list"} & set(offered)
    assert not {"Started by hand", "Schedule", "Delay"} & set(offered)
    assert "Listen for an event" in menu.get_text()


def test_a_listener_is_added_with_how_often_and_how_long(client, here, page):
    form = client.get(f"{here}/-/new?type=event.received&at=beside:s2")
    asked = client.submit(form, "main form", refresh="true", times="at_least", status=200, **{"config.name": "paid"})
    values = {"config.name": "paid", "times": "at_least", "times.count": "3", "listen_for.days": "7"}
    client.submit(asked, "main form", **values)
    shown = client.follow()
    assert "after 3 times" in shown.select_one(".listener > .card").get_text()
    (listener,) = listeners(client, page)
    assert (listener["times"], listener["listen_for"]) == ({"at_least": 3}, {"days": 7})


def test_a_listener_is_opened_changed_and_deleted_like_a_section(client, here, page):
    shown = listen(client, here, "paid")
    (listener,) = listeners(client, page)
    opened = client.get(shown.select_one(".listener > .card a.card-name")["href"])
    assert opened.select_one("[name='config.name']")["value"] == "paid"
    client.submit(opened, "main form", times="every", name="Paid again")
    changed = client.follow()
    assert listeners(client, page)[0] == listener | {"times": {"every": True}, "name": "Paid again", "sections": []}
    change(client, changed, "delete", listener["id"])
    assert listeners(client, page) == []


def test_a_section_is_added_to_what_a_listener_runs(client, here, page):
    listen(client, here, "paid")
    (listener,) = listeners(client, page)
    form = client.get(f"{here}/-/new?type=lead.add_tag&at=listens:{listener['id']}")
    client.submit(form, "main form", **{"config.tag": "customer"})
    client.follow()
    assert [one["type"] for one in listeners(client, page)[0]["sections"]] == ["lead.add_tag"]


def test_what_is_wrong_with_a_listener_stands_at_its_field(client, here, page):
    form = client.get(f"{here}/-/new?type=event.received&at=beside:s2")
    asked = client.submit(form, "main form", refresh="true", times="exactly", status=200, **{"config.name": "x"})
    answer = client.submit(asked, "main form", status=422, **{"times.count": "0"})
    assert answer.select_one("[name=times][aria-invalid]") is not None
    assert listeners(client, page) == []


def test_a_trigger_ends_or_takes_back_who_is_inside(client, here, page):
    form = client.get(f"{here}/-/new?type=event.received&at=triggers")
    client.submit(form, "main form", mode="exit", **{"config.name": "bought"})
    client.follow()
    form = client.get(f"{here}/-/new?type=event.received&at=triggers")
    asked = client.submit(form, "main form", refresh="true", mode="restart", status=200, **{"config.name": "again"})
    assert {option["value"] for option in asked.select("select[name=section] option")} == {"", "s1", "s2", "s3"}
    client.submit(asked, "main form", section="s1")
    shown = client.follow()
    _, leaves, back = stored(client, page)["triggers"]
    assert (leaves["mode"], back["mode"], back["section"]) == ("exit", "restart", "s1")
    jump = shown.select_one("#section-" + stored(client, page)["triggers"][2]["id"] + " .card-jump")
    assert jump["data-jump"] == "s1"
    assert "Back to: " in jump.get_text()


def test_a_restart_that_goes_nowhere_is_a_problem_of_its_card(client, here, page):
    form = client.get(f"{here}/-/new?type=event.received&at=triggers")
    asked = client.submit(form, "main form", refresh="true", mode="restart", status=200, **{"config.name": "again"})
    seen = client.submit(asked, "main form", status=422)
    assert "names the section it goes back to" in seen.select_one(".field-error").get_text()
    client.submit(seen, "main form")
    alert = client.follow().select_one(".card-alert[title*='restart']")
    assert alert is not None


def test_the_branches_of_a_fork_are_named_added_and_removed_in_its_dialog(client, here, page):
    form = client.get(f"{here}/-/new?type=flow.fork&at=start")
    assert [one["value"] for one in form.select("[name^='branches.'][name$='.name']")] == ["first", "second"]
    client.submit(form, "main form", **{"branches.0.name": "mail"})
    fork = client.follow().select_one(".card.role-fork")
    assert list(stored(client, page)["sections"][0]["branches"]) == ["mail", "second"]
    address = fork.select_one("a.card-name")["href"]
    client.submit(
        client.get(f"{here}/-/new?type=lead.add_tag&at=in:{fork['data-section']}:mail"),
        "main form",
        **{"config.tag": "x"},
    )
    grown = client.submit(client.get(address), "main form", row="add:branches", status=200)
    mail = grown.select_one("[name^='branches.'][value='mail'][name$='.name']")["name"]
    client.submit(grown, "main form", **{mail: "post", "branches.2.name": "call"})
    client.follow()
    branches = stored(client, page)["sections"][0]["branches"]
    assert {name: len(items) for name, items in branches.items()} == {"post": 1, "second": 0, "call": 0}
    opened = client.get(address)
    row = opened.select_one("[name^='branches.'][value='post'][name$='.name']")["name"].removesuffix(".name")
    shrunk = client.submit(opened, "main form", row=f"remove:{row}", status=200)
    answer = client.submit(shrunk, "main form", status=422)
    assert "“post” still has 1 section" in answer.get_text()


@pytest.mark.parametrize(("name", "problem"), [("", "a branch has a name"), ("second", "names of their own")])
def test_branches_without_a_name_of_their_own_are_refused(client, here, page, name, problem):
    form = client.get(f"{here}/-/new?type=flow.fork&at=start")
    answer = client.submit(form, "main form", status=422, **{"branches.0.name": name})
    assert problem in answer.get_text().lower()
    assert cards(client.get(page.address)) == cards(page)


def test_what_a_wait_waits_for_is_chosen_from_lists(client, here, page):
    form = client.get(f"{here}/-/new?type=flow.wait&at=start")
    chosen = client.submit(
        form,
        "main form",
        refresh="true",
        status=200,
        **{"config.for.0.name": "paid", "config.for.0.trigger.type": "event.received"},
    )
    grown = client.submit(chosen, "main form", row="add:config.for", status=200)
    chosen = client.submit(
        grown,
        "main form",
        refresh="true",
        status=200,
        **{"config.for.0.trigger.config.name": "paid", "config.for.1.name": "hot",
           "config.for.1.trigger.type": "list.added"},
    )  # fmt: skip
    assert chosen.select_one("select[name='config.for.1.trigger.config.list']") is not None
    gone = client.submit(chosen, "main form", row="remove:config.for.1", status=200)
    client.submit(gone, "main form", **{"config.timeout.days": "3"})
    shown = client.follow()
    wait = stored(client, page)["sections"][0]
    assert wait["config"] == {
        "for": [{"name": "paid", "trigger": {"type": "event.received", "config": {"name": "paid"}}}],
        "timeout": {"days": 3},
    }
    again = client.get(f"{here}/{wait['id']}")
    assert again.select_one("[name='config.for.0.trigger.config.name']")["value"] == "paid"
    assert "paid or" not in shown.get_text()


def test_an_event_without_its_settings_is_said_at_its_row(client, here, page):
    form = client.get(f"{here}/-/new?type=flow.wait&at=start")
    chosen = client.submit(
        form,
        "main form",
        refresh="true",
        status=200,
        **{"config.for.0.name": "paid", "config.for.0.trigger.type": "event.received"},
    )
    answer = client.submit(chosen, "main form", status=422)
    assert answer.select_one("[name='config.for.0.trigger.config.name'][aria-invalid]") is not None


def test_the_variants_of_a_split_are_rows(client, here, page):
    form = client.get(f"{here}/-/new?type=flow.split&at=start")
    grown = client.submit(form, "main form", row="add:config.variants", status=200)
    first = {"config.variants.0.name": "A", "config.variants.0.weight": "60"}
    second = {"config.variants.1.name": "B", "config.variants.1.weight": "30"}
    answer = client.submit(grown, "main form", status=422, **first, **second)
    assert "the weights add to 90, not to 100" in answer.get_text().lower()
    client.submit(answer, "main form", **{"config.variants.1.weight": "40"})
    client.follow()
    variants = stored(client, page)["sections"][0]["config"]["variants"]
    assert [(one["name"], one["weight"]) for one in variants] == [("A", 60), ("B", 40)]
