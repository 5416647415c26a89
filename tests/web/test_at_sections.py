"""The leads behind a number on the canvas: who waits, failed, came through, was let in; searched and sorted."""

from __future__ import annotations

import pytest

from campaigns.services import leads, versions, workflows
from campaigns.storage.transaction import writing
from campaigns.tenancy import Tenancy
from tests.support.lead_pages import empty_tenant
from tests.support.workflows import delay, document, work

HOT = {
    "id": "i1", "type": "flow.if", "name": "Hot?",
    "config": {"condition": {"field": "lead.score", "op": "gte", "value": 50}},
    "branches": {"yes": [delay()], "no": []},
}  # fmt: skip
CREATED = [{"id": "t1", "type": "lead.created", "name": "New", "config": {}}]


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def base(acme, store):
    with writing(store, Tenancy(acme.tenant_id)) as session:
        workflows.create_workflow(session, name="Welcome", document=document(HOT, triggers=CREATED))
        versions.activate(session, "welcome")
        for name, score in (("Ann", 72), ("Bob", 3), ("Cleo", 99)):
            leads.create_lead(session, {"email": f"{name}@a.example", "first_name": name, "score": score})
    work(store)
    return f"/t/{acme.key}/workflows/welcome"


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme, "editor")


def who(part):
    return [link.get_text(strip=True) for link in part.select(".live-who a")]


def test_each_number_on_a_card_leads_to_its_leads(client, base):
    page = client.get(base)
    found = {}
    for link in page.select(".card-counts a[hx-get]"):
        found[link["id"]] = (link.get_text(strip=True), who(client.part(link["hx-get"])))
    assert found == {
        "count-passed-t1": ("3 started", ["Cleo", "Bob", "Ann"]),
        "count-passed-i1": ("3 passed", ["Cleo", "Bob", "Ann"]),
        "count-waiting-d1": ("2 waiting", ["Cleo", "Ann"]),
    }
    assert [one.get_text(strip=True) for one in page.select(".branch-share")] == ["67 %", "33 %"]


def test_without_scripts_a_number_is_a_page_with_the_same_leads(client, base):
    link = client.get(base).select_one("#count-waiting-d1")
    assert [one.get_text() for one in client.get(link["href"]).select("td.main a")] == ["Cleo", "Ann"]
    client.get(link["hx-get"], status=303)
    assert len(client.follow().select("td.main a")) == 2


def test_they_are_searched_and_sorted_within_the_panel(client, base):
    panel = f"{base}/executions/panel?passed=i1"
    assert who(client.part(f"{panel}&sort=oldest")) == ["Ann", "Bob", "Cleo"]
    assert who(client.part(f"{panel}&q=bo")) == ["Bob"]
    again = client.part(f"{panel}&q=nobody", headers={"HX-Target": "found"})
    assert "Nobody is here now" in again.get_text()
    assert again.select_one("#panel-search") is None
    head = client.part(panel).h2.get_text(" ", strip=True)
    assert head.replace(" ", "") == "Camethrough“Hot?”"


def test_pages_of_the_panel_lead_on_and_back(client, base, monkeypatch):
    monkeypatch.setattr("campaigns.web.executions.SIZE", 2)
    panel = f"{base}/executions/panel?passed=i1&sort=oldest"
    first = client.part(panel)
    second = client.part(first.select_one("a[hx-get*='before=']")["hx-get"])
    back = client.part(second.select_one("a[hx-get*='after=']")["hx-get"])
    assert [who(one) for one in (first, second, back)] == [["Ann", "Bob"], ["Cleo"], ["Ann", "Bob"]]


def test_a_panel_of_an_unknown_workflow_is_not_found(client, acme):
    client.part(f"/t/{acme.key}/workflows/no-such/executions/panel", status=404)
