"""A switch at a time, on pages: set in the dialogs, shown until then, taken back, and told of when it failed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from campaigns.sections.registry import kinds
from campaigns.services import switches, versions
from campaigns.storage.models import Execution, Tenant
from campaigns.storage.transaction import reading, system, writing
from campaigns.tenancy import Tenancy
from tests.support.builder_pages import change, save
from tests.support.lead_pages import empty_tenant
from tests.support.workflows import add_leads, document, start

WAIT = {"id": "d1", "type": "flow.delay", "config": {"duration": {"hours": 1}}}


@pytest.fixture
def acme(store):
    found = empty_tenant(store)
    with system(store, writes=True) as session:
        session.execute(update(Tenant).where(Tenant.id == found.tenant_id).values(time_zone="Europe/Berlin"))
    return found


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme, "editor")


@pytest.fixture
def page(client, acme):
    client.submit(client.get(f"/t/{acme.key}/workflows/-/new"), "main form", name="Welcome")
    return save(client, client.follow(), document(WAIT))


def asked(client, page):
    return client.get(client.get(page.address).select_one("#toggle")["href"])


def plan(client, page, at="2026-03-04T14:00", **more):
    client.submit(asked(client, page), "form[action$='ctivation']", when="at", at=at, **more)
    return client.follow()


def test_it_is_planned_on_the_clocks_of_the_organisation(client, page, acme, store, clock):
    told = plan(client, page).select_one("#planned-activate")
    assert "Will be activated on Wed 4 Mar 2026, 14:00" in told.get_text(" ", strip=True)
    assert "Europe/Berlin" in told.get_text()
    assert told.select_one("time")["datetime"] == "2026-03-04T13:00:00Z"
    listed = client.get(f"/t/{acme.key}/workflows").get_text(" ", strip=True)
    assert "Activates on Wed 4 Mar 2026, 14:00" in listed
    clock.advance(timedelta(hours=1))
    switches.run(store, acme.tenant_id, kinds())
    after = client.get(page.address)
    assert after.select_one("#toggle")["aria-checked"] == "true"
    assert after.select_one("#planned-activate") is None


def test_deactivating_is_planned_as_well(client, page):
    client.submit(asked(client, page), "form[action$='/activation']")
    told = plan(client, page).select_one("#planned-deactivate")
    assert "Will be deactivated on" in told.get_text(" ", strip=True)


def test_what_is_planned_is_taken_back(client, page):
    shown = plan(client, page)
    client.submit(shown, "#planned-activate form")
    assert client.follow().select_one("#planned-activate") is None


@pytest.mark.parametrize(("at", "told"), [("", "Is a date with a time."), ("2026-03-04T01:00", "Is a time to come")])
def test_a_time_that_will_not_do_is_told_at_the_field(client, page, at, told):
    again = client.submit(asked(client, page), "form[action$='/activation']", when="at", at=at, status=422)
    assert told in again.select_one("#field-at-error").get_text()
    assert again.select_one("[name=when][value=at]").has_attr("checked")


def test_what_failed_is_told_on_the_workflow_and_at_home(client, page, acme, store, clock):
    plan(client, page)
    change(client, page, "delete", "t1")
    clock.advance(timedelta(hours=1))
    switches.run(store, acme.tenant_id, kinds())
    shown = client.get(page.address)
    assert "at least one trigger" in shown.select_one("#planned-activate").get_text()
    assert shown.select_one("#toggle")["aria-checked"] == "false"
    assert "was to be activated" in client.get(f"/t/{acme.key}/").get_text(" ", strip=True)
    client.submit(shown, "#planned-activate form")
    assert "was to be activated" not in client.get(f"/t/{acme.key}/").get_text(" ", strip=True)


def paused(client, page, acme, store, clock):
    client.submit(asked(client, page), "form[action$='/activation']")
    tenancy = Tenancy(acme.tenant_id)
    ids = add_leads(store, tenancy, 2)
    start(store, tenancy, ids)
    with writing(store, tenancy) as session:
        versions.deactivate(session, "welcome", running="hold")
    clock.advance(timedelta(hours=2))


def reasons(acme, store):
    with reading(store, Tenancy(acme.tenant_id)) as session:
        return sorted((row.status, row.reason) for row in session.query(Execution))


def test_the_dialog_asks_what_becomes_of_the_overdue(client, page, acme, store, clock):
    paused(client, page, acme, store, clock)
    shown = asked(client, page).select_one("#overdue")
    assert "2 held leads" in shown.get_text(" ", strip=True)
    assert [one["value"] for one in shown.select("[name=overdue]")] == ["send", "skip", "spread"]
    assert shown.select_one("[checked]")["value"] == "send"
    client.submit(asked(client, page), "form[action$='/activation']", overdue="skip")
    assert [status for status, _ in reasons(acme, store)] == ["stopped", "stopped"]


def test_hours_that_will_not_do_are_told_at_the_field(client, page, acme, store, clock):
    paused(client, page, acme, store, clock)
    sent = {"overdue": "spread", "spread_hours": "many"}
    again = client.submit(asked(client, page), "form[action$='/activation']", status=422, **sent)
    assert "from 1 to 720" in again.select_one("#field-spread_hours-error").get_text()
    assert reasons(acme, store) == [("held", "")] * 2


def test_nothing_is_asked_where_nobody_is_late(client, page):
    assert asked(client, page).select_one("#overdue") is None
