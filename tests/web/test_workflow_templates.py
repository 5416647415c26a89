"""Ready-made workflows: found by words and category, shown with what is missing, made in one go."""

from __future__ import annotations

import pytest

from campaigns.services import vocabulary
from campaigns.services.workflow_templates import list_workflow_templates
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Tenancy
from tests.support.builder_pages import cards
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


def names(page):
    return [link.get_text(strip=True) for link in page.select(".gallery-name a")]


def test_a_new_one_is_blank_or_ready_made(client, base):
    page = client.get(f"{base}/-/new")
    assert page.select_one("#blank [name=name]")
    assert names(page) == [one.name for one in list_workflow_templates()]


def test_words_and_a_category_find_some(client, base):
    assert names(client.get(f"{base}/-/new?q=BIRTHDAY")) == ["Birthday greetings"]
    page = client.get(f"{base}/-/new?category=Sales")
    assert page.select_one(".pill[aria-current]").get_text(strip=True) == "Sales"
    assert "Win-back of lost leads" in names(page)
    assert "Birthday greetings" not in names(page)
    assert names(client.get(f"{base}/-/new?q=nothing+like+this")) == []


def test_a_search_by_script_gets_the_cards_alone(client, base):
    part = client.part(f"{base}/-/new?q=birthday")
    assert names(part) == ["Birthday greetings"]
    assert part.select_one("#blank") is None


def test_one_is_drawn_with_what_it_needs(client, base):
    page = client.get(f"{base}/-/templates/welcome-series")
    assert "Say hello" in [name.get_text(strip=True) for name in page.select(".drawing .card-name")]
    assert "Newsletter" in page.select_one(".need-missing").get_text()
    assert page.select_one("[name=complete]").has_attr("checked")


def test_making_it_makes_what_is_missing_and_opens_the_builder(client, base, acme, store):
    page = client.get(f"{base}/-/templates/welcome-series")
    client.submit(page, "#make", name="Our welcome")
    built = client.follow()
    assert built.select_one("h1").get_text(strip=True) == "Our welcome"
    assert "Say hello" in cards(built)
    assert built.select_one("#toggle")["aria-checked"] == "false"
    assert built.select_one("#show-problems") is None
    client.submit(client.get(f"{base}/our-welcome/activation"), "form[action$='/activation']")
    assert client.get(f"{base}/our-welcome").select_one("#toggle")["aria-checked"] == "true"


def test_what_is_missing_stays_so_when_that_is_wished(client, base, acme, store):
    page = client.get(f"{base}/-/templates/welcome-series")
    client.submit(page, "#make", complete=None)
    assert client.follow().select_one("#show-problems")
    with reading(store, Tenancy(acme.tenant_id)) as session:
        assert vocabulary.list_lists(session) == []


def test_a_status_is_chosen_among_those_there_are(client, base, acme, store):
    with writing(store, Tenancy(acme.tenant_id)) as session:
        vocabulary.delete_status(session, "contacted")
        vocabulary.create_status(session, name="In touch", key="in-touch")
    page = client.get(f"{base}/-/templates/hot-lead-alert")
    chosen = page.select_one("[name=status-contacted]")
    assert chosen.select_one("option")["value"] == ""
    client.submit(page, "#make", **{"status-contacted": "in-touch"})
    assert client.follow().select_one("#show-problems") is None


def test_an_empty_name_is_told_and_what_was_chosen_stays(client, base):
    page = client.get(f"{base}/-/templates/round-robin-assignment")
    again = client.submit(page, "#make", name=" ", status=422)
    assert again.select_one("[name=name]")["aria-invalid"] == "true"
    assert again.select_one("[name=members]").has_attr("checked")
    nobody = client.submit(page, "#make", members=None, status=422)
    assert "who takes part" in nobody.select_one(".notice-bad").get_text()


def test_one_that_there_is_not_is_not_found(client, base):
    client.get(f"{base}/-/templates/none", status=404)
