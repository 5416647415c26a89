"""The pages about leads, as a person uses them: without a script, and as htmx does."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from campaigns.sections.registry import kinds
from campaigns.services import fields, leads, versions, vocabulary, workflows
from campaigns.services.runner import Runner
from campaigns.storage.models import Event, Execution, Lead
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Actor, Tenancy
from campaigns.web import bites
from tests.support.checking_client import CheckingClient
from tests.support.lead_pages import empty_tenant

HTMX = {"HX-Request": "true"}


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def tenancy(acme, store):
    """Return the tenant of the open pages, with custom fields and a list; its owner acts."""
    found = Tenancy(acme.tenant_id, Actor("user", acme.users["owner"], "Owner"))
    with writing(store, found) as session:
        fields.create_field(session, name="City")
        fields.create_field(session, name="Age", type="number")
        fields.create_field(session, name="Vip", type="boolean")
        vocabulary.create_list(session, name="Hot", key="hot")
        vocabulary.create_status(session, name="Won", key="won")
    return found


@pytest.fixture
def base(acme):
    return f"/t/{acme.key}/leads"


@pytest.fixture
def client(acme, signed_in) -> CheckingClient:
    return signed_in(acme)


def add(store, tenancy, name, **values) -> UUID:
    with writing(store, tenancy) as session:
        return leads.create_lead(session, {"email": f"{name}@example.org", "first_name": name.title(), **values}).id


def one(store, tenancy, lead_id):
    with reading(store, tenancy) as session:
        return leads.lead_json(session, [leads.get_lead(session, lead_id)])[0]


def names(page):
    return [cell.a.get_text(strip=True) for cell in page.select("tbody td.main")]


def test_a_lead_is_made_by_hand(store, tenancy, client, base):
    page = client.get(f"{base}/new")
    client.submit(
        page, f"form[action='{base}']", email="ann@example.org", first_name="Ann", tags="vip, press",
        **{"fields.age": "30", "fields.vip": "true", "fields.city": "Bonn"},
    )  # fmt: skip
    shown = client.follow()
    assert shown.h1.get_text(strip=True) == "Ann"
    lead = one(store, tenancy, UUID(client.response.request.path.rpartition("/")[2]))
    assert (lead["tags"], lead["fields"]) == (["press", "vip"], {"age": 30, "vip": True, "city": "Bonn"})


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(store, tenancy, client, base):
    add(store, tenancy, "bob")
    page = client.get(f"{base}/new")
    sent = {"email": "BOB@example.org", "first_name": "Ann", "fields.age": "old"}
    wrong = client.submit(page, f"form[action='{base}']", status=422, **sent)
    assert wrong.select_one("#field-fields\\.age-error").get_text(strip=True) == "Must be a number."
    taken = client.submit(wrong, f"form[action='{base}']", status=422, **{"fields.age": "30"})
    assert "another lead has this address" in taken.select_one("#field-email-error").get_text().lower()
    assert taken.select_one("#field-first_name")["value"] == "Ann"


def test_a_lead_is_changed_and_an_emptied_field_is_empty(store, tenancy, client, base):
    lead_id = add(store, tenancy, "ann", fields={"age": 30, "city": "Bonn"})
    page = client.get(f"{base}/{lead_id}/edit")
    assert page.select_one("#field-fields\\.age")["value"] == "30"
    client.submit(page, f"form[action='{base}/{lead_id}']", last_name="Lee", **{"fields.city": ""})
    lead = one(store, tenancy, lead_id)
    assert (lead["last_name"], lead["fields"]) == ("Lee", {"age": 30})


def test_the_dialog_answers_htmx_with_a_part_and_ends_with_a_redirect(tenancy, client, base):
    part = client.part(f"{base}/new")
    assert part.select_one("form")["hx-target"] == "#modal-body"
    token = part.select_one("[name=csrf_token]")["value"]
    data = {"csrf_token": token, "email": "no"}
    assert client.part(base, method="POST", data=data, status=422).select_one("#field-email-error")
    client.part(base, method="POST", data={**data, "email": "ann@example.org"})
    assert client.response.headers["HX-Redirect"].startswith(f"{base}/")


@pytest.mark.parametrize(
    "case",
    [
        ("form:has(#quick-owner)", {"owner": "editor@acme.example"}, "owner", "editor@acme.example"),
        ("form:has([name=add_tag])", {"add_tag": "new"}, "tags", ["new", "vip"]),
        ("form:has([name=add_list])", {"add_list": "hot"}, "lists", ["hot"]),
    ],
)
def test_single_things_are_changed_on_the_page(store, tenancy, client, base, case):
    selector, sent, key, value = case
    lead_id = add(store, tenancy, "ann", tags=["vip"])
    client.submit(client.get(f"{base}/{lead_id}"), selector, **sent)
    assert one(store, tenancy, lead_id)[key] == value
    assert "Saved." in client.follow().select_one("#toasts").get_text()


def test_a_tag_and_a_list_are_taken_away(store, tenancy, client, base):
    lead_id = add(store, tenancy, "ann", tags=["vip"], lists=["hot"])
    page = client.get(f"{base}/{lead_id}")
    for name, value in (("remove_tag", "vip"), ("remove_list", "hot")):
        client.submit(page, f"form:has([name={name}])", **{name: value})
    lead = one(store, tenancy, lead_id)
    assert (lead["tags"], lead["lists"]) == ([], [])


def test_leads_are_searched_filtered_and_sorted_by_the_address(store, tenancy, client, base):
    add(store, tenancy, "ann", score=10, fields={"city": "Bonn"})
    add(store, tenancy, "bob", score=20, fields={"city": "Berlin"})
    assert names(client.get(f"{base}?q=bob"))[0] == "Bob"
    assert names(client.get(f"{base}?field=city&value=bonn")) == ["Ann"]
    assert names(client.get(f"{base}?score_min=10&score_max=20&sort=-score")) == ["Bob", "Ann"]
    page = client.get(f"{base}?q=ann&col=fields.city")
    assert [th.get_text(strip=True) for th in page.select("thead th")] == ["Select", "Name", "City"]
    assert "Bonn" in page.select_one("tbody").get_text()
    assert client.part(f"{base}?q=bob").select_one("h1") is None


def test_a_filter_that_makes_no_sense_is_said_and_left_out(store, tenancy, client, base):
    add(store, tenancy, "ann")
    page = client.get(f"{base}?score_min=many&q=ann")
    assert page.select_one("#field-score_min-error").get_text(strip=True) == "Must be a whole number."
    assert names(page) == ["Ann"]


def test_what_to_do_next_is_said_where_nothing_is(store, tenancy, client, base):
    assert "No leads yet" in client.get(base).get_text()
    add(store, tenancy, "ann")
    assert "No lead fits" in client.get(f"{base}?q=nobody").get_text()
    assert "There is no such page" in client.get(f"{base}?page=99").get_text()


def bulk(client, base, do, *, query="", **data):
    page = client.get(f"{base}{query}")
    token = page.select_one("#selection [name=csrf_token]")["value"]
    kept = page.select_one("#selection [name=query]")["value"]
    return client.post(f"{base}/bulk", data={"csrf_token": token, "query": kept, "do": do, **data})


def test_ticked_leads_are_changed_together(store, tenancy, client, base):
    ids = [add(store, tenancy, name) for name in ("ann", "bob", "cid")]
    bulk(client, base, "add_to_list:hot", lead=[str(one) for one in ids[:2]])
    assert [one(store, tenancy, lead_id)["lists"] for lead_id in ids] == [["hot"], ["hot"], []]
    assert "2 leads were put on the list" in client.follow().select_one("#toasts").get_text()


def test_all_that_a_filter_finds_are_changed_together(store, tenancy, client, base):
    ids = [add(store, tenancy, name, score=score) for name, score in (("ann", 60), ("bob", 70), ("cid", 1))]
    bulk(client, base, "add_tag", query="?score_min=50", all="true", tag="warm")
    assert [one(store, tenancy, lead_id)["tags"] for lead_id in ids] == [["warm"], ["warm"], []]


def test_an_action_without_leads_or_sense_changes_nothing(store, tenancy, client, base):
    lead_id = add(store, tenancy, "ann")
    bulk(client, base, "add_tag", tag="x")
    assert "No lead was selected" in client.follow().select_one("#toasts").get_text()
    bulk(client, base, "add_to_list:nowhere", lead=[str(lead_id)])
    assert "there is no list nowhere" in client.follow().select_one("#toasts").get_text()
    client.raw.get(base)
    assert one(store, tenancy, lead_id)["tags"] == []


def test_a_long_action_goes_on_in_bites(store, tenancy, client, base, monkeypatch):
    ids = [add(store, tenancy, f"p{number}") for number in range(5)]
    monkeypatch.setattr("campaigns.services.lead_bulk.CHUNK", 2)
    monkeypatch.setattr(bites, "BITE_SECONDS", -1.0)
    page = client.get(f"{base}?q=p")
    token = page.select_one("#selection [name=csrf_token]")["value"]
    data = {"csrf_token": token, "query": "q=p", "do": "add_tag", "tag": "x", "lead": [str(one) for one in ids]}
    page = client.post(f"{base}/bulk", data=data, status=200)
    assert page.select_one("#bulk-progress-bar")["value"] == "2"
    page = client.submit(page, "#bulk", status=200)
    client.submit(page, "#bulk")
    assert [one(store, tenancy, lead_id)["tags"] for lead_id in ids] == [["x"]] * 5
    assert "5 leads were tagged" in client.follow().select_one("#toasts").get_text()


def test_many_are_erased_only_after_a_question_with_the_number(store, tenancy, client, base):
    ids = [add(store, tenancy, name) for name in ("ann", "bob")]
    page = client.get(base)
    token = page.select_one("#selection [name=csrf_token]")["value"]
    data = {"csrf_token": token, "do": "delete", "lead": [str(one) for one in ids]}
    question = client.post(f"{base}/bulk", data=data, status=200)
    assert "Erase 2 leads?" in question.h1.get_text()
    client.submit(question, f"form[action='{base}/bulk']")
    with reading(store, tenancy) as session:
        assert session.scalars(select(Lead).where(Lead.id.in_(ids))).all() == []


def test_erasing_says_what_goes_and_does_it(store, tenancy, client, base):
    lead_id = add(store, tenancy, "ann")
    question = client.get(f"{base}/{lead_id}/erase")
    assert "1 event" in question.main.get_text()
    client.submit(question, f"form[action='{base}/{lead_id}/erase']")
    client.follow()
    client.get(f"{base}/{lead_id}", status=404)


@pytest.fixture
def welcome(store, tenancy):
    """An active workflow that is started by hand, once at a time."""
    section = {"id": "d", "type": "flow.delay", "name": "Rest", "config": {"duration": {"days": 1}}}
    trigger = {"id": "t", "type": "manual", "config": {}}
    document = {"format": 1, "settings": {}, "triggers": [trigger], "sections": [section]}
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Greeting", key="greeting", document=document)
        versions.activate(session, "greeting", kinds=kinds())


def test_a_workflow_is_started_from_the_lead_and_a_refusal_says_why(store, tenancy, client, base, welcome):
    lead_id = add(store, tenancy, "ann")
    page = client.get(f"{base}/{lead_id}")
    assert "Did not enter: it is started by hand" in page.select_one(".entry").get_text()
    start = f"form[action='{base}/{lead_id}/start']"
    client.submit(page, start)
    client.submit(page, start)
    page = client.follow()
    assert "already" in page.select_one("#toasts").get_text()
    runner = Runner(store, kinds())
    while runner.run_once():
        pass
    page = client.get(f"{base}/{lead_id}")
    assert "per_lead_active" in page.select_one(".entry").get_text()
    assert "Goes on after Rest" in page.select_one(".timeline").get_text()
    assert page.select_one(".timeline-when").get_text().endswith("· Greeting")
    with reading(store, tenancy) as session:
        assert len(session.scalars(select(Execution).where(Execution.lead_id == lead_id)).all()) == 1


def test_the_timeline_goes_on_on_further_pages(store, tenancy, client, base):
    lead_id = add(store, tenancy, "ann")
    with writing(store, tenancy) as session:
        for number in range(60):
            leads.update_lead(session, lead_id, {"score": number + 1})
    page = client.get(f"{base}/{lead_id}")
    assert len(page.select(".timeline-item")) == 50
    more = page.select_one(".timeline-more a")
    assert len(client.get(more["href"]).select(".timeline-item")) == 11
    assert len(client.part(more["hx-get"]).select(".timeline-item")) == 11
    with reading(store, tenancy) as session:
        assert len(session.scalars(select(Event).where(Event.lead_id == lead_id)).all()) == 61


def test_a_viewer_sees_leads_and_is_offered_no_change(store, tenancy, acme, signed_in, base):
    lead_id = add(store, tenancy, "ann")
    viewer = signed_in(acme, "viewer")
    assert viewer.get(base).select("input[type=checkbox][name=lead]") == []
    assert viewer.get(f"{base}/{lead_id}").select(f"form[action^='{base}']") == []
    viewer.get(f"{base}/{lead_id}/edit", status=403)


def test_script_in_a_name_is_shown_as_text(store, tenancy, client, base):
    lead_id = add(store, tenancy, "ann", last_name="<script>alert(1)</script>", tags=['"><img src=x onerror=y>'])
    for path in (f"{base}/{lead_id}", base, f"{base}/{lead_id}/edit", f"{base}/{lead_id}/erase"):
        page = client.get(path)
        assert "<script>alert" not in client.response.text
        assert page.select("img[onerror]") == []
