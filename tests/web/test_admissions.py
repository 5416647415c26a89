"""Who matches when a workflow is activated: the dialog tells how many, and the page how far they have come."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns.sections.registry import kinds
from campaigns.services import admissions, vocabulary
from campaigns.storage.models import Admission, Version
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Tenancy
from tests.support.builder_pages import save
from tests.support.lead_pages import empty_tenant
from tests.support.workflows import add_leads

HOT = {"id": "t1", "type": "list.added", "config": {"list": "hot"}}
WAIT = {"id": "d1", "type": "flow.delay", "config": {"duration": {"days": 2}}}


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def tenancy(store, acme):
    with writing(store, Tenancy(acme.tenant_id)) as session:
        vocabulary.create_list(session, name="Hot", key="hot")
    return Tenancy(acme.tenant_id)


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme, "editor")


def made(client, acme, *triggers: dict[str, Any]):
    client.submit(client.get(f"/t/{acme.key}/workflows/-/new"), "main form", name="Welcome")
    document = {"format": 1, "triggers": list(triggers), "sections": [WAIT]}
    return save(client, client.follow(), document)


def asked(client, page):
    return client.get(page.select_one("#toggle")["href"])


def begin(client, store, tenancy, page):
    """Activate it and let the leads in who match, with nobody to do it; return the workflow's page."""
    client.submit(asked(client, page), "form[action$='/activation']")
    with writing(store, tenancy) as session:
        version = session.query(Version).one()
        own = {"workflow_id": version.workflow_id, "version_id": version.id}
        session.add(Admission(**own, total=3, created_at=session.now))
    return client.get(page.address)


def test_the_dialog_offers_to_let_them_in_with_their_number(client, acme, store, tenancy):
    add_leads(store, tenancy, 3, on_list="hot")
    told = asked(client, made(client, acme, HOT)).select_one("#matching").get_text(" ", strip=True)
    assert "Let 3 leads enter" in told


def test_nobody_enters_unless_it_is_asked_for(client, acme, store, tenancy):
    add_leads(store, tenancy, 3, on_list="hot")
    page = made(client, acme, HOT)
    client.submit(asked(client, page), "form[action$='/activation']")
    assert client.follow().select_one("#admission") is None


def test_they_enter_when_it_is_asked_for(client, acme, store, tenancy):
    add_leads(store, tenancy, 3, on_list="hot")
    client.submit(asked(client, made(client, acme, HOT)), "form[action$='/activation']", enter="true")
    with reading(store, tenancy) as session:
        (row,) = admissions.list_admissions(session, "welcome")
        assert (row.total, row.admitted) == (3, 3)


def test_a_trigger_that_cannot_say_who_matches_is_named_with_the_reason(client, acme, tenancy):
    page = made(
        client, acme, HOT, {"id": "t2", "type": "lead.created", "name": "Signed up", "config": {"source": "api"}}
    )
    told = asked(client, page).select_one("#matching")
    assert "Nobody." in told.get_text()
    assert "Signed up: who has created a lead is not kept with it" in told.get_text(" ", strip=True)
    assert told.select_one("[name=enter]") is None


def test_the_page_tells_how_far_it_is_until_it_is_done(client, acme, store, tenancy):
    add_leads(store, tenancy, 3, on_list="hot")
    going = begin(client, store, tenancy, made(client, acme, HOT)).select_one("#admission")
    address = going["hx-get"]
    assert client.part(address).select_one("#admission")["hx-trigger"] == "every 1s"
    admissions.run_chunk(store, acme.tenant_id, kinds())
    part = client.part(address)
    assert not part.select_one("#admission").has_attr("hx-get")
    assert "3 leads entered" in part.get_text(" ", strip=True)
    assert "Leads who matched have entered" in client.get(address).get_text(" ", strip=True)


def test_it_can_be_stopped(client, acme, store, tenancy):
    add_leads(store, tenancy, 3, on_list="hot")
    page = begin(client, store, tenancy, made(client, acme, HOT))
    shown = client.get(page.select_one("#admission")["hx-get"])
    client.submit(shown, "form[action$='/cancel']")
    assert client.follow().select_one("#admission") is None
    admissions.run_chunk(store, acme.tenant_id, kinds())
    assert "0 leads entered" in client.get(shown.address).get_text(" ", strip=True)
    client.submit(shown, "form[action$='/cancel']")
    assert "Nobody is being let in any more" in client.follow().get_text()
