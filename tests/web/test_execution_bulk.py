"""Acting on many executions in the browser: asked with their number, done, told; in the panel without leaving it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from campaigns.engine.kinds import Kind
from campaigns.engine.outcome import Fail
from campaigns.sections.base import Section
from campaigns.sections.registry import kinds
from campaigns.services import leads, versions, workflows
from campaigns.services.runner import Runner
from campaigns.storage.models import Execution
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Tenancy
from campaigns.web import bites
from tests.support.lead_pages import empty_tenant
from tests.support.workflows import delay, document, set_status, work

CREATED = [{"id": "t1", "type": "lead.created", "config": {}}]


class Failing(Section):
    """Fails, as a section may whose lead does not fit."""

    status: str

    def decide(self, context):
        return Fail("the test wants it")


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
def here(acme):
    return f"/t/{acme.key}/workflows/welcome/executions"


def enter(store, tenancy, *sections):
    """Let Ann, Bob and Cleo into a workflow of these sections; return their executions, the newest first."""
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Welcome", document=document(*sections, triggers=CREATED))
        versions.activate(session, "welcome")
        for name in ("Ann", "Bob", "Cleo"):
            leads.create_lead(session, {"email": f"{name.lower()}@a.example", "first_name": name})
    work(store)
    with reading(store, tenancy) as session:
        return [str(one) for one in session.scalars(select(Execution.id).order_by(Execution.id.desc()))]


def fail(store):
    """Let the time of all delays come, and what follows fail."""
    store.clock.advance(timedelta(hours=2, minutes=1))
    runner = Runner(store, {**kinds(), "lead.set_status": Kind("lead.set_status", "action", "Set status", Failing)})
    while runner.run_once():
        pass


def statuses(store, tenancy):
    work(store)
    with reading(store, tenancy) as session:
        return list(session.scalars(select(Execution.status).order_by(Execution.id.desc())))


def ask(client, here, do, *ids, query="", **more):
    page = client.get(f"{here}?{query}")
    form = page.select_one("#selection")
    data = {name: form.select_one(f"[name={name}]")["value"] for name in ("csrf_token", "query")}
    return client.post(form["action"], data={**data, "do": do, "execution": list(ids), **more}, status=200)


def told(client):
    return client.follow().select_one("#toasts").get_text()


def offered(page):
    return [one["value"] for one in page.select("#selection button[name=do]")]


def test_what_is_offered_is_what_fits_those_shown(client, here, store, tenancy):
    enter(store, tenancy, delay(), set_status())
    assert offered(client.get(here)) == ["move", "cancel"]
    assert offered(client.get(f"{here}?section=d1")) == ["wake", "move", "cancel"]


def test_those_that_failed_are_retried_after_a_question(client, here, store, tenancy):
    soon = {"id": "d1", "type": "flow.delay", "config": {"duration": {"hours": 2}}}
    ids = enter(store, tenancy, soon, set_status())
    fail(store)
    assert offered(client.get(f"{here}?status=failed")) == ["retry", "cancel"]
    asked = ask(client, here, "retry", *ids[:2], query="status=failed")
    assert "Retry 2 executions?" in asked.h1.get_text()
    client.submit(asked, "main form")
    assert "2 executions go on where they failed" in told(client)
    assert statuses(store, tenancy) == ["finished", "finished", "failed"]


def test_all_found_are_moved_to_the_section_that_is_chosen(client, here, store, tenancy):
    enter(store, tenancy, delay(), set_status(), delay(9, id="d9"))
    asked = ask(client, here, "move", query="section=d1&q=o", all="true")
    assert "Move 2 executions?" in asked.h1.get_text()  # Bob and Cleo
    client.submit(asked, "main form", into="d9")
    assert "2 executions were moved" in told(client)
    assert statuses(store, tenancy) == ["waiting"] * 3
    assert len(client.get(f"{here}?section=d9").select("td.main a")) == 2


def test_a_section_to_which_nobody_can_be_moved_is_refused(client, here, store, tenancy):
    enter(store, tenancy, delay(), set_status())
    asked = ask(client, here, "move", query="section=d1", all="true")
    page = asked.select_one("main form")
    data = {one["name"]: one["value"] for one in page.select("input[name]")}
    client.post(page["action"], data={**data, "into": "gone"})
    assert "Nobody can be moved to a section gone" in told(client)
    assert len(client.get(f"{here}?section=d1").select("td.main a")) == 3


def test_all_found_are_cancelled_in_bites(client, here, store, tenancy, monkeypatch):
    enter(store, tenancy, delay())
    monkeypatch.setattr(bites, "BITE_SECONDS", -1.0)
    monkeypatch.setattr("campaigns.services.execution_bulk.CHUNK", 2)
    page = client.submit(ask(client, here, "cancel", all="true"), "main form", status=200)
    assert page.select_one("#bulk-progress-bar")["max"] == "3"
    client.submit(page, "#bulk")
    assert "3 executions were cancelled" in told(client)
    assert statuses(store, tenancy) == ["cancelled"] * 3


def test_in_the_panel_the_answer_closes_the_dialog_and_the_list_is_read_anew(client, here, store, tenancy):
    ids = enter(store, tenancy, delay())
    page = client.get(here)
    token = page.select_one("#selection [name=csrf_token]")["value"]
    data = {"csrf_token": token, "query": "section=d1", "beside": "canvas", "do": "cancel", "execution": ids[:1]}
    asked = client.part(f"{here}/bulk", method="POST", data=data)
    assert "Cancel 1 execution?" in asked.h2.get_text()
    assert asked.select_one("[name=beside]")["value"] == "canvas"
    client.part(f"{here}/bulk", method="POST", data=data | {"sure": "true"})
    fired = json.loads(client.response.headers["HX-Trigger"])
    assert fired["showToast"]["message"] == "1 execution was cancelled."
    assert fired["executionsChanged"] is True
    assert statuses(store, tenancy) == ["cancelled", "waiting", "waiting"]


def test_no_action_no_tick_and_none_left_are_told(client, here, store, tenancy):
    ids = enter(store, tenancy, delay())
    token = client.get(here).select_one("#selection [name=csrf_token]")["value"]
    for data, said in (({"do": "x"}, "Choose what to do"), ({"do": "cancel"}, "No execution was selected")):
        client.post(f"{here}/bulk", data={"csrf_token": token, "sure": "true", **data})
        assert said in told(client)
    assert "None of them has failed" in ask(client, here, "retry", *ids).get_text()


def test_who_may_only_look_can_do_nothing(here, acme, signed_in, store, tenancy):
    enter(store, tenancy, delay())
    viewer = signed_in(acme, "viewer")
    assert viewer.get(here).select_one("#selection") is None
    assert viewer.part(f"{here}/panel?section=d1").select("button[name=do], [data-tick]") == []
