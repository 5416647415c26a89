"""Several workflows at once: each is switched or copied as if it were alone; what was left is told with its reason."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from campaigns.services import leads, versions, workflows
from campaigns.storage.models import Execution, Workflow
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Tenancy
from tests.support.lead_pages import empty_tenant
from tests.support.workflows import delay, document, work

CREATED = [{"id": "t1", "type": "lead.created", "config": {}}]
BROKEN = {"id": "b1", "type": "list.add", "config": {"list": "nowhere"}}


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
    return f"/t/{acme.key}/workflows"


@pytest.fixture
def three(store, tenancy):
    """Make One and Two, which can run, and Three, which names a list that there is not."""
    with writing(store, tenancy) as session:
        for name, section in (("One", delay()), ("Two", delay()), ("Three", BROKEN)):
            workflows.create_workflow(session, name=name, document=document(section, triggers=CREATED))


@pytest.fixture
def inside(store, tenancy, three):
    """Activate One and Two, and let Ann into both; return where."""
    with writing(store, tenancy) as session:
        versions.activate(session, "one")
        versions.activate(session, "two")
        leads.create_lead(session, {"email": "ann@a.example"})
    work(store)
    return store, tenancy


def post(client, base, what, *keys, status=303, **more):
    """Post as the list's form does where scripts are off."""
    page = client.get(base)
    form = page.select_one("#selection")
    action = form.select_one(f"button[formaction$='/{what}']")["formaction"]
    offered = {box["value"] for box in page.select("input[name=workflow][form=selection]")}
    assert set(keys) <= offered
    data = {"csrf_token": form.select_one("[name=csrf_token]")["value"], "workflow": list(keys), **more}
    return client.post(action, data=data, status=status)


def active(store, tenancy):
    with reading(store, tenancy) as session:
        return set(session.scalars(select(Workflow.key).where(Workflow.is_active)))


def toast(client):
    return client.follow().select_one("#toasts").get_text()


def test_several_are_activated_after_a_question(client, base, store, tenancy, three):
    asked = post(client, base, "activations", "one", "two", status=200)
    assert "Activate 2 workflows?" in asked.h1.get_text()
    assert active(store, tenancy) == set()
    client.submit(asked, "main form")
    assert "2 workflows were activated" in toast(client)
    assert active(store, tenancy) == {"one", "two"}


def test_one_that_cannot_run_is_named_with_its_reason_and_the_others_are_activated(client, base, store, tenancy, three):
    page = post(client, base, "activations", "three", "one", "two", status=200, sure="true")
    assert "2 of 3 workflows were activated." in page.h1.get_text()
    assert active(store, tenancy) == {"one", "two"}
    left = page.select_one("#left")
    assert [link["href"] for link in left.select("a")] == [f"{base}/three", f"{base}/three#section-b1"]
    assert "nowhere" in left.get_text()
    assert [link.get_text() for link in page.select("#changed a")] == ["One", "Two"]


def test_one_that_is_active_already_keeps_what_it_publishes(client, base, store, tenancy, three):
    with writing(store, tenancy) as session:
        versions.activate(session, "one")
    page = post(client, base, "activations", "one", "two", status=200, sure="true")
    assert "1 of 2 workflows were activated." in page.h1.get_text()
    assert "It was active already." in page.select_one("#left").get_text()
    with reading(store, tenancy) as session:
        assert workflows.get_workflow(session, "one").last_version == 1


@pytest.mark.parametrize(("running", "status"), [("finish", "waiting"), ("hold", "held"), ("cancel", "cancelled")])
def test_several_are_deactivated_and_those_inside_do_what_was_chosen(client, base, inside, running, status):
    store, tenancy = inside
    asked = post(client, base, "deactivations", "one", "two", "three", status=200)
    assert "Deactivate 2 workflows?" in asked.h1.get_text()
    assert [cell.get_text(strip=True) for cell in asked.select("tbody td.end")] == ["1", "0", "1"]
    assert "2 leads inside" in asked.select_one("main form").get_text()
    page = client.submit(asked, "main form", status=200, running=running)
    assert "2 of 3 workflows were deactivated." in page.h1.get_text()
    assert "It was inactive already." in page.select_one("#left").get_text()
    assert active(store, tenancy) == set()
    with reading(store, tenancy) as session:
        assert set(session.scalars(select(Execution.status))) == {status}


def test_several_are_duplicated(client, base, store, tenancy, three):
    post(client, base, "copies", "one", "three")
    assert "2 workflows were duplicated" in toast(client)
    with reading(store, tenancy) as session:
        names = [row.name for row in workflows.list_workflows(session)]
    assert names == ["One", "One (copy)", "Three", "Three (copy)", "Two"]
    assert active(store, tenancy) == set()


def test_one_that_is_gone_is_told(client, base, store, tenancy, three):
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Gone")
    page = client.get(base)
    with writing(store, tenancy) as session:
        workflows.delete_workflow(session, "gone")
    data = {"csrf_token": page.select_one("#selection [name=csrf_token]")["value"], "workflow": ["gone", "one"]}
    told = client.post(f"{base}/-/copies", data=data, status=200)
    assert "1 of 2 workflows were duplicated" in told.h1.get_text()
    assert "There is no workflow gone" in told.select_one("#left").get_text()


@pytest.mark.parametrize("what", ["activations", "deactivations", "copies"])
def test_without_a_tick_nothing_is_done(client, base, store, tenancy, three, what):
    post(client, base, what)
    assert "No workflow was selected" in toast(client)
    assert active(store, tenancy) == set()


def test_who_may_only_look_gets_no_ticks(base, acme, signed_in, three):
    page = signed_in(acme, "viewer").get(base)
    assert page.select_one("#selection") is None
    assert page.select("input[type=checkbox]") == []


def test_another_tenants_workflow_is_not_there(client, base, store, three, signed_in):
    rival = empty_tenant(store, "rival")
    with writing(store, Tenancy(rival.tenant_id)) as session:
        workflows.create_workflow(session, name="Theirs", document=document(delay(), triggers=CREATED))
    page = client.get(base)
    token = page.select_one("#selection [name=csrf_token]")["value"]
    data = {"csrf_token": token, "workflow": ["theirs"], "sure": "true"}
    told = client.post(f"{base}/-/activations", data=data, status=200)
    assert "There is no workflow theirs" in told.select_one("#left").get_text()
    assert active(store, Tenancy(rival.tenant_id)) == set()
