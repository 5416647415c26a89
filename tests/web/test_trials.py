"""Try it as pages: one lead and many walk the draft, also without scripts; wrong forms say what is wrong."""

from __future__ import annotations

import pytest

from campaigns.services import leads
from campaigns.storage.transaction import writing
from campaigns.tenancy import Tenancy
from tests.support.builder_pages import DOCUMENT, save
from tests.support.lead_pages import empty_tenant

WAITS = {
    "format": 1,
    "triggers": [{"id": "t1", "type": "event.received", "config": {"name": "go"},
                  "filter": {"field": "event.price", "op": "gte", "value": 10}}],
    "sections": [
        {"id": "w", "type": "flow.wait", "config": {
            "for": [{"name": "came", "trigger": {"type": "event.received", "config": {"name": "bought"}}}],
            "timeout": {"days": 5}}, "branches": {"came": [{"id": "n", "type": "log.note", "config": {"text": "x"}}]}},
        {"id": "p", "type": "flow.split",
         "config": {"variants": [{"name": "A", "weight": 100}, {"name": "B", "weight": 0}]},
         "branches": {"B": [{"id": "b", "type": "log.note", "config": {"text": "b"}}]}},
    ],
}  # fmt: skip


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme, "editor")


@pytest.fixture
def builder(client, acme):
    client.submit(client.get(f"/t/{acme.key}/workflows/-/new"), "main form", name="Welcome")
    return save(client, client.follow(), DOCUMENT)


@pytest.fixture
def page(client, builder):
    return client.get(builder.select_one("#try")["href"])


def lines(page):
    return [(line["data-section"], line["data-outcome"]) for line in page.select("[data-line]")]


def run(client, page, **values):
    return client.submit(page, "#trial-form", status=200, **values)


def test_the_form_offers_what_the_workflow_looks_at(page):
    names = {control["name"] for control in page.select("#trial-form [name]")}
    assert {"email", "score", "trigger", "later.0.what", "starts_at"} <= names
    assert "first_name" not in names
    assert "Nothing is sent or written" in page.get_text()


def test_a_made_up_lead_is_shown_step_by_step(client, page):
    shown = run(client, page, score="72", starts_at="2026-03-02T08:00")
    assert lines(shown) == [("t1", "done"), ("s1", "yes"), ("s2", "done"), ("", "finished")]
    assert "score 72 ≥ 50" in shown.get_text()
    assert "Status changed from New to Qualified" in shown.get_text(" ", strip=True)
    assert shown.select("[data-line]")[0]["data-time"] == "Mon 08:00"
    assert shown.select_one("[name=score]")["value"] == "72"
    assert lines(run(client, page, score="7"))[1:] == [("s1", "no"), ("s3", "finished"), ("", "finished")]


def test_what_happens_later_and_variants_are_chosen(client, page, builder):
    save(client, builder, WAITS)
    page = client.get(page.address)
    told = {"properties": "price = 12", "later.0.what": "trigger:w/came", "later.0.count": "2", "later.0.unit": "days"}
    shown = run(client, page, **told, **{"split.p": "B"})
    assert [one for one in lines(shown) if one[0]] == [
        ("t1", "done"), ("w", "waiting"), ("w", "came"), ("n", "done"), ("p", "B"), ("b", "done"),
    ]  # fmt: skip
    assert shown.select("[data-line]")[3]["data-time"].startswith("+2 d")
    refused = run(client, page, properties="price = 3")
    assert "the trigger's filter does not match: event.price 3 < 10" in refused.get_text()


def test_a_lead_of_the_tenants_is_found_and_tried(client, page, acme, store):
    with writing(store, Tenancy(acme.tenant_id)) as session:
        lead = leads.create_lead(session, {"email": "ann@example.org", "first_name": "Ann", "score": 80}).id
        leads.create_lead(session, {"email": "bob@example.org", "first_name": "Bob"})
    found = client.part(page.select_one("#trial-search")["hx-get"] + "?q=ann")
    assert [one["value"] for one in found.select("[name=lead]")] == [str(lead)]
    shown = run(client, client.get(page.address), who="lead", lead=str(lead))
    assert ("s1", "yes") in lines(shown)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"score": "many"}, "must be a whole number"),
        ({"who": "lead"}, "choose one, or make one up"),
        ({"later.0.what": "event:", "later.0.detail": ""}, "name the event"),
        ({"later.0.what": "added:x", "later.0.count": "-1"}, "is a whole number of"),
        ({"starts_at": "soon"}, "is a date with a time"),
        ({"trigger": "t9"}, "there is no trigger t9"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(client, page, sent, said):
    answer = client.submit(page, "#trial-form", status=422, **sent)
    assert said in answer.select_one("[role=alert]").get_text()
    name, value = next(iter(sent.items()))
    assert answer.select(f'[name="{name}"][value="{value}"], select[name="{name}"], [name="{name}"]')


def test_many_leads_are_counted_by_section(client, page, acme, store):
    with writing(store, Tenancy(acme.tenant_id)) as session:
        for number in range(3):
            leads.create_lead(session, {"email": f"p{number}@example.org", "score": 50 * number})
    many = client.get(page.select_one("#trial-tab-many")["href"])
    shown = client.submit(many, "#sample-form", status=200, of="sample", count="10")
    counts = {one["data-section"]: one["data-leads"] for one in shown.select("[data-counts] [data-section]")}
    assert counts == {"s1": "3", "s2": "2", "s3": "1"}
    assert client.submit(many, "#sample-form", status=422, count="0").select_one("[role=alert]")


def test_viewers_try_but_keep_nothing(page, acme, signed_in):
    viewer = signed_in(acme, "viewer")
    shown = run(viewer, viewer.get(page.address), score="60")
    assert lines(shown)
    assert not shown.select_one("#trial-save")
