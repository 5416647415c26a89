"""Ready-made workflows and compared versions with scripts: by keyboard alone, nobody barred, on any screen."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from campaigns.services import drafts, versions
from campaigns.storage.transaction import writing
from tests.support.browser import DESKTOP, PHONE
from tests.support.builder_browser import HERE
from tests.support.builder_pages import DOCUMENT
from tests.support.served_app import ServedApp

pytestmark = pytest.mark.browser
COMPARED = f"{HERE}/versions/compare?from=1&to=draft"


@pytest.fixture
def changed(made: ServedApp) -> ServedApp:
    """Return the app with a live version, from which the draft differs by one section more and one changed."""
    other = copy.deepcopy(DOCUMENT)
    other["sections"][0]["name"] = "Another name"
    other["sections"].append({"id": "s9", "type": "lead.add_tag", "name": "Mark", "config": {"tag": "x"}})
    with writing(made.store, made.tenancy) as session:
        versions.activate(session, "welcome")
        drafts.save_draft(session, "welcome", other)
    return made


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    new_context: Callable[..., BrowserContext], axe, changed: ServedApp, scheme: str, size: dict[str, int]
) -> None:
    page = changed.open(new_context(viewport=size, color_scheme=scheme))
    ready = "/workflows/-/templates/"
    for path in ("/workflows/-/new", f"{ready}lead-nurturing", f"{ready}round-robin-assignment", COMPARED):
        page.goto(changed.base + path)
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


def test_one_is_searched_opened_and_made_by_keyboard(new_context: Callable[..., BrowserContext], served: ServedApp):
    page = served.open(new_context())
    page.goto(f"{served.base}/workflows/-/new")
    page.get_by_label("Search ready-made workflows").focus()
    page.keyboard.type("birthday")
    expect(page.locator(".gallery-name")).to_have_text(["Birthday greetings"])
    page.wait_for_url("**q=birthday**")
    link = page.get_by_role("link", name="Birthday greetings")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Birthday greetings")
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".builder .card-name").first).to_have_text("Birthday")
    expect(page.locator("#toggle")).to_have_attribute("aria-checked", "false")
    expect(page.locator("#show-problems")).to_have_count(0)
    page.wait_for_load_state("networkidle")


def lit(page: Page) -> list[str]:
    ids: list[str] = page.locator(".is-lit").evaluate_all("cards => cards.map((card) => card.id)")
    return ids


def test_the_list_leads_to_a_card_and_lights_its_twin(
    new_context: Callable[..., BrowserContext], changed: ServedApp
) -> None:
    page = changed.open(new_context(reduced_motion="reduce"))
    page.goto(changed.base + COMPARED)
    first = DOCUMENT["sections"][0]["id"]
    page.locator(".told").get_by_role("link", name="Another name").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"#after-{first} a")).to_be_focused()
    assert lit(page) == [f"before-{first}", f"after-{first}"]
    page.keyboard.press("Enter")
    expect(page.locator(f"#before-{first} a")).to_be_focused()
    page.locator(".told").get_by_role("link", name="Mark").click()
    expect(page.locator("#after-s9")).to_be_focused()
    expect(page.locator("#after-s9")).to_be_in_viewport()
    page.locator(f"#before-{first}").hover()
    assert lit(page) == [f"before-{first}", f"after-{first}"]
