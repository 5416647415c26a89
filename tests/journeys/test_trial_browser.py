"""Try it in a real browser: the path lights up, is stepped through by keys, kept as a test, and blocks publishing."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from campaigns.services import drafts, leads
from campaigns.storage.transaction import writing
from tests.support.browser import DESKTOP, PHONE
from tests.support.builder_browser import HERE
from tests.support.builder_pages import DOCUMENT
from tests.support.served_app import ServedApp

pytestmark = pytest.mark.browser


@pytest.fixture
def page(builder_page: Page) -> Page:
    return builder_page


def card(page: Page, section: str):
    return page.locator(f"#section-{section}")


def run(page: Page, score: str) -> None:
    """Open the panel by its key and run a made-up lead of this score."""
    if not page.locator("#trial-form").count():
        page.locator("#canvas").focus()
        page.keyboard.press("t")
    page.locator("#trial-form [name=score]").fill(score)
    with page.expect_response(lambda answer: answer.url.endswith("/trial")):
        page.locator("#trial-run").click()
    expect(page.locator(".trial-count")).to_have_text("4 of 4")


def stricter(served: ServedApp) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["sections"][0]["config"]["condition"]["value"] = 90
    with writing(served.store, served.tenancy) as session:
        drafts.save_draft(session, "welcome", document)


def test_the_way_lights_up_and_is_stepped_through_by_keyboard(page: Page) -> None:
    run(page, "72")
    expect(card(page, "s1")).to_have_attribute("data-tried", "passed")
    expect(card(page, "s2")).to_have_attribute("data-tried", "passed")
    expect(card(page, "s3")).not_to_have_attribute("data-tried", "passed")
    expect(page.locator(".branch[data-tried][aria-label=yes]")).to_have_count(1)
    expect(page.locator(".branch[data-tried][aria-label=no]")).to_have_count(0)
    expect(page.locator("[data-line]").nth(1)).to_contain_text("score 72 ≥ 50")
    page.locator("[data-step-to]").nth(3).focus()
    page.keyboard.press("ArrowUp")
    expect(card(page, "s2")).to_have_attribute("data-tried-now", "")
    expect(page.locator("[data-said]")).to_contain_text("Step 3 of 4: Set status Status changed from New to Qualified")
    expect(page.locator("[data-line]").nth(2)).to_contain_text("Status changed from New to Qualified")
    page.keyboard.press("ArrowLeft")
    expect(card(page, "s1")).to_have_attribute("data-tried-now", "")
    expect(card(page, "s2")).not_to_have_attribute("data-tried", "passed")
    expect(page.locator("[data-step-to]").nth(1)).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.locator("[data-scrub]").focus()
    page.keyboard.press("Home")
    expect(card(page, "t1")).to_have_attribute("data-tried-now", "")
    page.keyboard.press("Escape")
    expect(page.locator("#trial-form")).to_have_count(0)
    expect(page.locator("#try")).to_be_focused()
    expect(page.locator(".canvas [data-tried]")).to_have_count(0)


def test_an_edit_keeps_the_way_and_says_that_it_is_an_old_one(page: Page) -> None:
    run(page, "72")
    page.locator("#open-s3").focus()
    page.keyboard.press("x")
    expect(card(page, "s3")).to_have_class("card role-finish is-disabled")
    expect(page.locator("[data-stale]")).to_be_visible()
    expect(card(page, "s2")).to_have_attribute("data-tried", "passed")
    page.get_by_role("button", name="Run again").click()
    expect(page.locator("[data-stale]")).to_be_hidden()


def test_a_lead_is_searched_and_many_are_counted_on_the_cards(page: Page, made: ServedApp) -> None:
    with writing(made.store, made.tenancy) as session:
        for name, score in (("ann", 80), ("bob", 10)):
            leads.create_lead(session, {"email": f"{name}@example.org", "score": score})
    page.locator("#try").click()
    page.get_by_label("A lead of yours").check()
    page.get_by_label("Search leads").fill("bo")
    expect(page.locator("#trial-leads input")).to_have_count(1)
    page.locator("#trial-leads").get_by_text("bob@example.org").click()
    page.locator("#trial-run").click()
    expect(card(page, "s3")).to_have_attribute("data-tried", "passed")
    page.locator("#trial-tab-many").click()
    page.locator("#sample-form #trial-run").click()
    expect(card(page, "s1").locator(".tried-chip")).to_have_text("2 of 2")
    expect(card(page, "s2").locator(".tried-chip")).to_have_text("1 of 2")


def test_a_kept_trial_that_fails_blocks_publishing_until_it_is_overridden(page: Page, made: ServedApp) -> None:
    run(page, "72")
    page.locator("#trial-save").click()
    page.get_by_label("Name", exact=True).fill("A hot lead is qualified")
    page.get_by_role("button", name="Save test").click()
    expect(page.locator("#modal")).not_to_be_visible()
    page.locator("#trial-tab-tests").click()
    expect(page.locator(".story")).to_contain_text("Passes")
    stricter(made)
    page.locator("#stories-run").click()
    expect(page.locator(".story-failures")).to_contain_text("but it does not pass “Set status”")
    page.locator("#toggle").click()
    results = page.locator("#modal #story-results")
    expect(results).to_contain_text("A hot lead is qualified")
    expect(results).to_contain_text("Fails, blocks")
    page.get_by_role("button", name="Activate anyway").click()
    expect(page.locator("#toggle")).to_be_checked()
    page.wait_for_load_state("networkidle")


def test_a_test_that_fails_meanwhile_stops_the_open_dialog(page: Page, made: ServedApp) -> None:
    run(page, "72")
    page.locator("#trial-save").click()
    page.get_by_label("Name", exact=True).fill("A hot lead is qualified")
    page.keyboard.press("Enter")
    expect(page.locator("#modal")).not_to_be_visible()
    page.locator("#toggle").click()
    button = page.get_by_role("button", name="Activate", exact=True)
    expect(button).to_be_visible()
    stricter(made)
    button.click()
    expect(page.locator("#modal #story-results")).to_contain_text("but it does not pass “Set status”")
    expect(page.get_by_role("button", name="Activate anyway")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#toggle")).not_to_be_checked()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    new_context: Callable[..., BrowserContext], axe, made: ServedApp, scheme: str, size: dict[str, int]
) -> None:
    page = made.open(new_context(viewport=size, color_scheme=scheme))
    page.goto(made.base + HERE)
    page.wait_for_load_state("networkidle")
    run(page, "72")
    axe(page)
    page.locator("#trial-save").click()
    page.get_by_label("Name", exact=True).fill("Kept")
    axe(page)
    page.get_by_role("button", name="Save test").click()
    expect(page.locator("#modal")).not_to_be_visible()
    for tab in ("tests", "many"):
        page.locator(f"#trial-tab-{tab}").click()
        expect(page.locator(f"#trial-tab-{tab}")).to_have_attribute("aria-current", "page")
        axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
