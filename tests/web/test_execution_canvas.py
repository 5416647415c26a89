"""One execution on the canvas of its own version: steps in order, what decided them, and sections that are gone."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from campaigns.ids import new_id
from campaigns.sections.registry import kinds
from campaigns.services import drafts, leads, moves, versions, workflows
from campaigns.storage.models import Execution
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Tenancy
from tests.support.lead_pages import empty_tenant
from tests.support.workflows import delay, document, set_status, work

CREATED = [{"id": "t1", "type": "lead.created", "name": "New", "config": {}}]
GRADE = {"id": "u1", "type": "state.update", "config": {"values": {"grade": "hot"}}}


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
def here(acme, store, tenancy):
    """Return the page of an execution that waits at d1 of version 1."""
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Welcome", document=document(GRADE, delay(), triggers=CREATED))
        versions.activate(session, "welcome")
        leads.create_lead(session, {"email": "ann@a.example", "first_name": "Ann"})
    work(store)
    with reading(store, tenancy) as session:
        return f"/t/{acme.key}/executions/{session.scalars(select(Execution.id)).one()}/canvas"


def publish(store, tenancy, *sections):
    with writing(store, tenancy) as session:
        drafts.save_draft(session, "welcome", document(*sections, triggers=CREATED), change="Changed", kinds=kinds())
        versions.activate(session, "welcome")


def lines(page):
    return [(one["data-kind"], one["data-section"], one["data-mark"]) for one in page.select("[data-line]")]


def test_each_step_stands_in_order_with_its_state(client, here):
    page = client.get(here)
    assert lines(page) == [
        ("start", "t1", "passed"), ("step", "u1", "passed"), ("step", "d1", "waiting"), ("now", "d1", "waiting"),
    ]  # fmt: skip
    changed = page.select("[data-line]")[1].select_one(".trial-state")
    assert changed.get_text(" ", strip=True) == "grade – → hot"
    assert "grade = hot" in page.select("[data-line]")[2].get_text()
    assert page.select("#canvas [draggable], #canvas .add, #canvas a") == []


def test_the_canvas_is_that_of_its_own_version(client, here, store, tenancy):
    publish(store, tenancy, set_status(), delay())
    page = client.get(here)
    assert [card["data-section"] for card in page.select("#canvas .card")] == ["t1", "u1", "d1"]
    assert "on version 1; live is version 2" in page.select_one(".builder-name").get_text()


def test_what_was_done_at_a_section_that_is_gone_is_said(client, here, store, tenancy):
    publish(store, tenancy, set_status(), delay())
    with writing(store, tenancy) as session:
        moves.choose(session, "welcome", {(1, "d1"): "move"}, kinds=kinds())
    page = client.get(here)
    gone = page.select("[data-line]")[1]
    assert gone["data-section"] == ""
    assert "Not in version 2" in gone.get_text()
    assert [card["data-section"] for card in page.select("#canvas .card")] == ["t1", "s1", "d1"]


def test_it_is_asked_for_anew_and_answers_when_something_has_happened(client, here, store, tenancy):
    again = client.get(here).select_one("#execution-live")["hx-get"]
    client.part(again, status=204)
    publish(store, tenancy, set_status(), delay())
    with writing(store, tenancy) as session:
        moves.choose(session, "welcome", {(1, "d1"): "move"}, kinds=kinds())
    client.part(again)
    assert client.response.headers["HX-Refresh"] == "true"


def test_run_now_and_cancel_come_back_to_the_canvas(client, here, store):
    page = client.get(here)
    client.submit(page, "form.run-now")
    assert client.response.headers["Location"].endswith("/canvas")
    work(store)
    assert lines(client.get(here))[-1] == ("end", "", "passed")


def test_cancelling_comes_back_as_well(client, here):
    asked = client.get(client.get(here).select_one("#cancel")["href"])
    client.submit(asked, "main form")
    assert client.response.headers["Location"].endswith("/canvas")
    assert lines(client.get(here))[-1] == ("end", "", "stopped")


def test_an_unknown_execution_is_not_found(client, acme):
    client.get(f"/t/{acme.key}/executions/{new_id()}/canvas", status=404)


def test_who_may_only_look_has_no_buttons(here, acme, signed_in):
    page = signed_in(acme, "viewer").get(here)
    assert page.select("form.run-now, #retry, #cancel") == []
