"""The dialog of the switch in a real browser: who enters, at what time, what becomes of the overdue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from campaigns.clock import FixedClock
from campaigns.services import executions, leads, versions, workflows
from campaigns.storage.transaction import writing
from tests.support.browser import DESKTOP, PHONE
from tests.support.served_app import ServedApp
from tests.support.workflows import add_leads, delay, document, work

pytestmark = pytest.mark.browser
HOT = {"id": "t1", "type": "list.added", "config": {"list": "hot"}}
FLOW = "/workflows/flow"


@pytest.fixture
def flow(made: ServedApp) -> ServedApp:
    """Return the app with a workflow for a list that two leads are on."""
    add_leads(made.store, made.tenancy, 2, on_list="hot")
    with writing(made.store, made.tenancy) as session:
        workflows.create_workflow(session, name="Flow", key="flow", document=document(delay(), triggers=[HOT]))
    return made


def opened(page: Page, app: ServedApp) -> None:
    """Open the switch's dialog as a keyboard does."""
    page.goto(app.base + FLOW)
    page.wait_for_load_state("networkidle")
    page.locator("#toggle").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#modal-body form")).to_be_visible()


def test_activating_lets_those_in_who_match_and_says_so(
    new_context: Callable[..., BrowserContext], flow: ServedApp
) -> None:
    page = flow.open(new_context())
    opened(page, flow)
    page.get_by_label("Let 2 leads enter").check()
    page.get_by_role("button", name="Activate").click()
    expect(page.locator("#toggle")).to_have_attribute("aria-checked", "true")
    page.goto(flow.base + FLOW + "/executions")
    expect(page.locator("tbody tr")).to_have_count(2)


def test_a_time_is_asked_only_where_one_is_wanted_and_can_be_taken_back(
    new_context: Callable[..., BrowserContext], flow: ServedApp
) -> None:
    page = flow.open(new_context())
    opened(page, flow)
    expect(page.locator("#field-at")).to_be_hidden()
    page.get_by_label("At a time").check()
    page.locator("#field-at").fill("2020-01-01T09:00")
    page.get_by_role("button", name="Activate").click()
    expect(page.locator("#field-at-error")).to_contain_text("time to come")
    page.locator("#field-at").fill("2026-03-20T09:00")
    page.get_by_role("button", name="Activate").click()
    expect(page.locator("#planned-activate")).to_contain_text("20 Mar 2026, 09:00")
    page.locator("#cancel-activate").click()
    expect(page.locator("#planned-activate")).to_have_count(0)
    expect(page.locator("#toggle")).to_have_attribute("aria-checked", "false")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_dialog_that_asks_all(
    new_context: Callable[..., BrowserContext],
    axe,
    flow: ServedApp,
    clock: FixedClock,
    scheme: str,
    size: dict[str, int],
) -> None:
    pause(flow, clock)
    page = flow.open(new_context(color_scheme=scheme, viewport=size))
    opened(page, flow)
    page.get_by_label("Spread over some hours").check()
    expect(page.locator("#field-spread_hours")).to_be_visible()
    page.get_by_label("At a time").check()
    axe(page)
    page.keyboard.press("Escape")
    expect(page.locator("#toggle")).to_be_focused()


def pause(app: ServedApp, clock: FixedClock) -> None:
    """Hold a lead inside whose time passes then."""
    with writing(app.store, app.tenancy) as session:
        versions.activate(session, "flow")
        lead = leads.create_lead(session, {"email": "late@example.com"})
        executions.start_by_hand(session, "flow", lead.id)
    work(app.store)
    with writing(app.store, app.tenancy) as session:
        versions.deactivate(session, "flow", running="hold")
    clock.advance(timedelta(days=3))
