"""Executions in the browser: lists by filters in the address, one with its path and receipts, cancel and retry."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaigns.engine.kinds import Kind
from campaigns.engine.outcome import Fail
from campaigns.ids import new_id
from campaigns.sections.base import Section
from campaigns.sections.registry import kinds
from campaigns.services import drafts, leads, versions, workflows
from campaigns.services.runner import Runner
from campaigns.storage.models import Execution, Refusal, WorkflowTotal
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Tenancy
from tests.support.lead_pages import empty_tenant
from tests.support.workflows import delay, document, set_status, work

HOT = {
    "id": "i1", "type": "flow.if", "name": "Hot lead?",
    "config": {"condition": {"field": "lead.score", "op": "gte", "value": 50}},
    "branches": {"yes": [{"id": "u1", "type": "state.update", "config": {"values": {"grade": "hot"}}}], "no": []},
}  # fmt: skip
WAIT = {"id": "d1", "type": "flow.delay", "config": {"duration": {"hours": 2}}}
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
def base(acme):
    return f"/t/{acme.key}"


@pytest.fixture
def here(base):
    return f"{base}/workflows/welcome/executions"


@pytest.fixture
def flow(store, tenancy):
    """Activate a workflow: hot leads get a grade, all wait two hours and become contacted."""
    content = document(HOT, WAIT, set_status(), triggers=CREATED)
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Welcome", document=content)
        versions.activate(session, "welcome")


@pytest.fixture
def entered(store, tenancy, flow):
    """Let Ann (score 72) and Bob (3) enter; both wait."""
    with writing(store, tenancy) as session:
        leads.create_lead(session, {"email": "ann@a.example", "first_name": "Ann", "score": 72})
        leads.create_lead(session, {"email": "bob@a.example", "first_name": "Bob", "score": 3})
    work(store)


def execution_of(store, tenancy, lead):
    with reading(store, tenancy) as session:
        found = leads.find_lead(session, email_key=f"{lead.lower()}@a.example")
        return session.scalars(select(Execution).where(Execution.lead_id == found.id)).one()


def rows(page):
    return [link.get_text() for link in page.select("td.main a")]


def path(page):
    return [" ".join(step.get_text().split()) for step in page.select("#path > li")]


def test_without_any_the_page_says_what_begins_one(client, here, flow):
    text = client.get(here).get_text()
    assert "No executions yet" in text
    assert "Nobody was refused" in client.get(f"{here}/refusals").get_text()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Bob", "Ann"]),
        ("?status=waiting", ["Bob", "Ann"]),
        ("?status=finished", []),
        ("?status=nonsense", ["Bob", "Ann"]),
        ("?section=d1&status=waiting", ["Bob", "Ann"]),
        ("?section=d1&q=bob", ["Bob"]),
        ("?section=s1", []),
        ("?version=1", ["Bob", "Ann"]),
        ("?version=2", []),
        ("?version=x", ["Bob", "Ann"]),
        ("?q=AN", ["Ann"]),
        ("?q=%25", []),
        ("?before=nonsense", ["Bob", "Ann"]),
    ],
)
def test_filters_live_in_the_address(client, here, entered, query, found):
    assert rows(client.get(here + query)) == found
    assert rows(client.part(here + query)) == found


def test_the_list_over_all_workflows_narrows_to_one(client, base, entered):
    assert rows(client.get(f"{base}/executions")) == ["Bob", "Ann"]
    assert rows(client.get(f"{base}/executions?workflow=welcome&q=ann&status=waiting")) == ["Ann"]
    page = client.get(f"{base}/executions?workflow=nobodys")
    assert rows(page) == []
    assert "No execution fits" in page.get_text()


def test_home_leads_to_what_failed_and_the_workflows_to_all(client, here, store, tenancy, entered):
    home = here.partition("/workflows")[0]
    with writing(store, tenancy) as session:
        row = session.scalars(select(WorkflowTotal)).one()
        row.failed = 1
    assert client.get(f"{home}/").select_one(f"a[href='{here}?status=failed']") is not None
    assert client.get(f"{home}/workflows").select_one(f"a[href='{home}/executions']") is not None


def test_a_line_says_where_it_stands_and_until_when(client, here, entered):
    line = client.get(here).select_one("tbody tr").get_text(" ", strip=True)
    assert "Waiting" in line
    assert "goes on in 2 h" in line


def test_versions_are_told_apart(client, here, store, tenancy, entered):
    with writing(store, tenancy) as session:
        drafts.save_draft(session, "welcome", document(HOT, delay(5), set_status(), triggers=CREATED))
        versions.activate(session, "welcome")
        leads.create_lead(session, {"email": "cy@a.example", "first_name": "Cy"})
    work(store)
    assert rows(client.get(f"{here}?version=2")) == ["Cy"]
    assert rows(client.get(f"{here}?version=1")) == ["Bob", "Ann"]


def test_a_workflow_that_there_is_not_is_not_found(client, base):
    client.get(f"{base}/workflows/nobodys/executions", status=404)
    client.get(f"{base}/workflows/nobodys/executions/refusals", status=404)
    client.get(f"{base}/executions/{new_id()}", status=404)


def test_pages_lead_down_and_up_again(client, here, store, tenancy, flow):
    with writing(store, tenancy) as session:
        for number in range(120):
            leads.create_lead(session, {"email": f"l{number:03}@a.example", "first_name": f"L{number:03}"})
    work(store)
    seen, page = [], client.get(f"{here}?status=waiting")
    first = rows(page)
    seen += first
    while link := page.select_one("a[rel=next]"):
        page = client.get(link["href"])
        seen += rows(page)
    assert sorted(seen) == [f"L{number:03}" for number in range(120)]
    assert len(seen) == len(set(seen))
    page = client.get(page.select_one("a[rel=prev]")["href"])
    assert rows(client.get(page.select_one("a[rel=prev]")["href"])) == first


def test_one_execution_tells_why_it_began_and_what_decided_each_step(client, base, store, tenancy, entered):
    page = client.get(f"{base}/executions/{execution_of(store, tenancy, 'Ann').id}")
    began, asked, stated, waits, now = path(page)
    assert "Lead created" in began
    assert "Hot lead? Yes: score 72 ≥ 50" in asked
    assert 'Before{}After{ "grade": "hot" }' in stated.replace(" Before", "Before")
    assert "Waits, goes on in 2 h" in waits
    assert "Now:" in now
    assert "Goes on in 2 h" in now
    other = path(client.get(f"{base}/executions/{execution_of(store, tenancy, 'Bob').id}"))
    assert "Hot lead? No: score 3 < 50" in other[1]


def test_after_its_end_the_page_shows_what_was_done_and_asks_no_more(client, base, store, tenancy, clock, entered):
    ann = execution_of(store, tenancy, "Ann")
    page = client.get(f"{base}/executions/{ann.id}")
    again = page.select_one("#execution")["hx-get"]
    client.part(again, status=204)
    clock.advance(timedelta(hours=2, minutes=1))
    work(store)
    part = client.part(again)
    assert part.select_one("#execution").get("hx-get") is None
    steps = path(part)
    assert "waited 2 h" in steps[3]
    assert "Finished" in steps[-1]
    assert "Status changed from New to Contacted" in part.get_text()
    assert part.select_one("#cancel") is None


def test_cancelling_asks_with_what_it_does_and_then_ends_it(client, base, store, tenancy, entered):
    ann = execution_of(store, tenancy, "Ann")
    address = f"{base}/executions/{ann.id}"
    asked = client.get(client.get(address).select_one("#cancel")["href"])
    assert "leaves “Welcome”" in asked.get_text()
    client.submit(asked, "main form")
    assert "Cancelled" in client.follow().get_text()
    assert execution_of(store, tenancy, "Ann").status == "cancelled"
    client.get(f"{address}/cancel", status=409)
    assert execution_of(store, tenancy, "Bob").status == "waiting"


def test_what_failed_is_explained_and_retried(client, base, store, tenancy, clock, entered):
    clock.advance(timedelta(hours=2, minutes=1))
    runner = Runner(store, {**kinds(), "lead.set_status": Kind("lead.set_status", "action", "Fail", Failing)})
    while runner.run_once():
        pass
    ann = execution_of(store, tenancy, "Ann")
    page = client.get(f"{base}/executions/{ann.id}")
    assert "Rests at Set status" in " ".join(page.select_one("[role=status]").get_text().split())
    assert "Failed: the test wants it" in path(page)[-1]
    assert page.select_one("#execution").get("hx-get") is None
    assert rows(client.get(f"{base}/workflows/welcome/executions?section=s1&status=failed")) == ["Bob", "Ann"]
    client.submit(page, "#retry")
    assert "goes on at the section that failed" in client.follow().get_text()
    work(store)
    assert "Status changed from New to Contacted" in client.get(f"{base}/executions/{ann.id}").get_text()


def test_what_has_not_failed_is_not_retried(client, base, store, tenancy, entered):
    bob = execution_of(store, tenancy, "Bob")
    page = client.get(f"{base}/executions/{bob.id}")
    assert page.select_one("#retry") is None
    token = page.select_one("input[name=csrf_token]")["value"]
    client.post(f"{base}/executions/{bob.id}/retry", data={"csrf_token": token})
    assert "Only a failed execution can be retried" in client.follow().get_text()
    assert execution_of(store, tenancy, "Bob").status == "waiting"


def test_viewers_look_and_change_nothing(acme, signed_in, base, store, tenancy, entered):
    viewer, ann = signed_in(acme, "viewer"), execution_of(store, tenancy, "Ann")
    page = viewer.get(f"{base}/executions/{ann.id}")
    assert page.select_one("#cancel") is None
    token = page.select_one("input[name=csrf_token]")["value"]
    for verb in ("cancel", "retry"):
        viewer.post(f"{base}/executions/{ann.id}/{verb}", data={"csrf_token": token}, status=403)
    viewer.get(f"{base}/executions/{ann.id}/cancel", status=403)
    assert execution_of(store, tenancy, "Ann").status == "waiting"


def test_refused_starts_say_why_a_lead_did_not_enter(client, base, here, store, tenancy, entered):
    ann = execution_of(store, tenancy, "Ann")
    lead = client.get(f"{base}/leads/{ann.lead_id}")
    token = lead.select_one("input[name=csrf_token]")["value"]
    client.post(f"{base}/leads/{ann.lead_id}/start", data={"csrf_token": token, "workflow": "welcome"})
    with reading(store, tenancy) as session:
        assert session.scalars(select(Refusal)).one().limit == "per_lead_active"
    sentence = "The lead is in this workflow already"
    for address in (f"{here}/refusals", f"{base}/executions/refusals", f"{here}/refusals?q=ann"):
        page = client.get(address)
        assert rows(page) == ["Ann"]
        assert sentence in page.get_text()
    assert "No refused start fits" in client.get(f"{here}/refusals?q=bob").get_text()
