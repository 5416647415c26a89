"""Run now in the browser: one execution by its page, many by the list of those that stand at a section."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from campaigns.services import leads, versions, workflows
from campaigns.storage.models import Execution
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Tenancy
from campaigns.web import bites
from tests.support.lead_pages import empty_tenant
from tests.support.lines import received
from tests.support.workflows import delay, document, work

CREATED = [{"id": "t1", "type": "lead.created", "config": {}}]


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
def base(acme):
    return f"/t/{acme.key}"


@pytest.fixture
def here(base):
    return f"{base}/workflows/welcome/executions"


def enter(store, tenancy, section, *names):
    """Let people into a workflow of one section; return their executions, the newest first."""
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Welcome", document=document(section, triggers=CREATED))
        versions.activate(session, "welcome")
        for name in names:
            leads.create_lead(session, {"email": f"{name.lower()}@a.example", "first_name": name})
    work(store)
    with reading(store, tenancy) as session:
        return list(session.scalars(select(Execution.id).order_by(Execution.id.desc())))


def statuses(store, tenancy):
    work(store)
    with reading(store, tenancy) as session:
        return list(session.scalars(select(Execution.status).order_by(Execution.id.desc())))


def test_the_button_says_what_it_does_and_the_path_who_pressed_it(client, base, store, tenancy):
    (execution,) = enter(store, tenancy, delay(), "Ann")
    address = f"{base}/executions/{execution}"
    page = client.get(address)
    form = page.select_one("form.run-now")
    assert form.button["aria-describedby"] == form.small["id"]
    assert form.small.get_text() == "skips the rest of the delay"
    client.submit(page, "form.run-now")
    assert "goes on now" in client.follow().select_one("#toasts").get_text()
    assert statuses(store, tenancy) == ["finished"]
    assert "run now by" in client.get(address).select_one("#path").get_text()


def test_pressed_twice_it_says_so(client, base, store, tenancy):
    (execution,) = enter(store, tenancy, delay(), "Ann")
    page = client.get(f"{base}/executions/{execution}")
    client.submit(page, "form.run-now")
    client.submit(page, "form.run-now")
    assert "Not run." in client.follow().select_one("#toasts").get_text()


def test_what_waits_for_an_event_alone_has_no_button(client, base, here, store, tenancy):
    config = {"for": [{"name": "came", "trigger": received("bought")}]}
    (execution,) = enter(store, tenancy, {"id": "w", "type": "flow.wait", "config": config}, "Ann")
    assert client.get(f"{base}/executions/{execution}").select_one("form.run-now") is None
    assert client.get(f"{here}?section=w").select_one("#selection [value=wake]") is None


def test_who_may_only_look_has_no_button(base, here, acme, signed_in, store, tenancy):
    (execution,) = enter(store, tenancy, delay(), "Ann")
    viewer = signed_in(acme, "viewer")
    assert viewer.get(f"{base}/executions/{execution}").select_one("form.run-now") is None
    assert viewer.get(f"{here}?section=d1").select_one("#selection") is None


def pick(client, here, *ids, query="section=d1", do="wake", **more):
    page = client.get(f"{here}?{query}")
    form = page.select_one("#selection")
    data = {name: form.select_one(f"[name={name}]")["value"] for name in ("csrf_token", "query")}
    return client.post(
        form["action"], data={**data, "do": do, "execution": [str(one) for one in ids], **more}, status=200
    )


def test_the_ticked_go_on_after_a_question_with_their_number(client, here, store, tenancy):
    ids = enter(store, tenancy, delay(), "Ann", "Bob", "Cleo")
    asked = pick(client, here, ids[0], ids[2])
    assert "Run 2 executions now?" in asked.h1.get_text()
    assert statuses(store, tenancy) == ["waiting"] * 3
    client.submit(asked, "main form")
    assert "2 executions go on now" in client.follow().select_one("#toasts").get_text()
    assert statuses(store, tenancy) == ["finished", "waiting", "finished"]


def test_all_that_the_filter_finds_go_on(client, here, store, tenancy):
    enter(store, tenancy, delay(), "Ann", "Bob", "Anton")
    asked = pick(client, here, query="section=d1&q=an", all="true")
    client.submit(asked, "main form")
    assert "2 executions go on now" in client.follow().select_one("#toasts").get_text()
    assert statuses(store, tenancy) == ["finished", "waiting", "finished"]


def test_many_go_on_in_bites(client, here, store, tenancy, monkeypatch):
    enter(store, tenancy, delay(), "Ann", "Bob", "Cleo")
    monkeypatch.setattr(bites, "BITE_SECONDS", -1.0)
    monkeypatch.setattr("campaigns.services.waking.CHUNK", 2)
    page = client.submit(pick(client, here, all="true"), "main form", status=200)
    assert (page.select_one("#bulk-progress-bar")["value"], page.select_one("#bulk-progress-bar")["max"]) == ("2", "3")
    client.submit(page, "#bulk")
    assert "3 executions go on now" in client.follow().select_one("#toasts").get_text()
    assert statuses(store, tenancy) == ["finished"] * 3


def test_a_section_and_a_tick_are_needed(client, here, store, tenancy):
    (execution,) = enter(store, tenancy, delay(), "Ann")
    token = client.get(f"{here}?section=d1").select_one("#selection [name=csrf_token]")["value"]
    for data, said in (
        ({"execution": [str(execution)]}, "Choose the section first"),
        ({"query": "section=d1"}, "No execution was selected"),
    ):
        client.post(f"{here}/bulk", data={"csrf_token": token, "do": "wake", "sure": "true", **data})
        assert said in client.follow().select_one("#toasts").get_text()
    assert statuses(store, tenancy) == ["waiting"]


def test_executions_are_filtered_by_why_they_ended(client, base, here, store, tenancy):
    stop = {"id": "s", "type": "flow.stop", "config": {"reason": "Not interested"}}
    enter(store, tenancy, stop, "Ann")
    page = client.get(f"{here}?reason=INTEREST")
    assert [link.get_text() for link in page.select("td.main a")] == ["Ann"]
    assert [one["value"] for one in page.select("#reasons option")] == ["Not interested"]
    assert client.get(f"{here}?reason=100%25").select("td.main a") == []
    assert len(client.get(f"{base}/executions?reason=not").select("td.main a")) == 1
