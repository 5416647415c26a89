"""What goes on, in a real browser: counts that change in place, the leads behind one, an execution on its canvas."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser import DESKTOP, PHONE
from tests.support.execution_scene import Scene

pytestmark = pytest.mark.browser
BUILDER = "/workflows/spring-welcome"


@pytest.fixture
def page(scene: Scene, new_context: Callable[..., BrowserContext]) -> Page:
    opened = scene.open(new_context(viewport=DESKTOP))
    opened.goto(scene.base + BUILDER)
    opened.wait_for_load_state("networkidle")
    return opened


def count(page: Page, word: str, section: str):
    return page.locator(f"#count-{word}-{section}")


def test_counts_change_in_place_and_the_focus_stays(page: Page, scene: Scene) -> None:
    expect(count(page, "waiting", "d1")).to_have_text("3 waiting")
    expect(count(page, "failed", "s1")).to_have_text("1 failed")
    expect(count(page, "passed", "t1")).to_have_text("6 started")
    expect(page.locator("[id='share-in%3Ai1%3Ayes']")).to_have_text("67 %")
    count(page, "waiting", "d1").focus()
    page.evaluate("window.marked = true; document.querySelector('#count-waiting-d1').marked = true")
    scene.enter("Gus Green", 80)
    expect(count(page, "waiting", "d1")).to_have_text("4 waiting", timeout=15_000)
    expect(count(page, "waiting", "d1")).to_be_focused()
    assert page.evaluate("window.marked && document.querySelector('#count-waiting-d1').marked")
    expect(page.locator("#counts-i1 .count-rise")).to_have_text("+1 in a minute")
    expect(page.locator("#live-totals")).to_contain_text("7 started")


def test_a_hidden_tab_asks_for_nothing_and_one_that_is_seen_again_at_once(page: Page, scene: Scene) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/counts?" in request.url else None)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    look = "document.getElementById('live').dispatchEvent(new CustomEvent('look'))"
    page.evaluate(look)
    assert asked == []
    scene.enter("Gus Green", 80)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: false, configurable: true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(count(page, "waiting", "d1")).to_have_text("4 waiting", timeout=3_000)
    assert asked


def test_whose_counts_are_shown_is_chosen_and_kept_in_the_address(page: Page) -> None:
    page.get_by_label("Counts of").select_option("All versions")
    page.wait_for_url("**?counts=all")
    expect(count(page, "waiting", "d1")).to_have_attribute(
        "href",
        f"{page.url.split('?')[0]}".replace(page.url.split("/t/")[0], "") + "/executions?section=d1&status=waiting",
    )
    expect(page.get_by_label("Counts of")).to_have_value("all")


def test_a_count_opens_its_leads_and_those_that_failed_are_retried_together(page: Page, scene: Scene) -> None:
    count(page, "failed", "s1").focus()
    page.keyboard.press("Enter")
    panel = page.locator("#trial")
    expect(panel.get_by_role("heading", level=2)).to_contain_text("Failed at “Now contacted”")
    expect(panel.get_by_role("heading", level=2)).to_be_focused()
    expect(panel.locator(".live-who a")).to_have_text(["Fay Failing"])
    panel.get_by_label("Select Fay Failing").focus()
    page.keyboard.press("Space")
    panel.get_by_role("button", name="Retry …").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Retry 1 execution?")
    page.get_by_role("dialog").get_by_role("button", name="Retry", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("1 execution goes on where it failed")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(panel).to_contain_text("Nobody is here now")
    expect(page.locator("#canvas")).to_be_visible()
    scene.pass_time(timedelta(0))
    expect(count(page, "failed", "s1")).to_have_count(0, timeout=15_000)
    panel.get_by_label("Close the list").focus()
    page.keyboard.press("Escape")
    expect(panel).to_be_empty()


def test_those_found_are_searched_moved_and_cancelled(page: Page) -> None:
    count(page, "waiting", "d1").click()
    panel = page.locator("#trial")
    expect(panel.locator(".live-who a")).to_have_count(3)
    panel.get_by_label("Newest first").select_option("oldest")
    expect(panel.locator(".live-who a").first).to_have_text("Bob Baker")
    panel.get_by_label("Search by lead").press_sequentially("dee")
    expect(panel.locator(".live-who a")).to_have_text(["Dee Dyer"])
    panel.get_by_label("Select Dee Dyer").check()
    panel.get_by_role("button", name="Move …").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("To this section of version 1").select_option("Now contacted")
    dialog.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("1 execution was moved")
    expect(panel).to_contain_text("Nobody is here now")
    panel.get_by_label("Search by lead").fill("")
    expect(panel.locator(".live-who a")).to_have_count(2)
    panel.get_by_label("Select Bob Baker").check()
    panel.get_by_label("All found, on every page").check()
    panel.get_by_role("button", name="Cancel …").click()
    expect(dialog).to_contain_text("Cancel 2 executions?")
    dialog.get_by_role("button", name="Cancel them").click()
    expect(page.locator("#toasts")).to_contain_text("2 executions were cancelled")


def test_an_execution_opens_on_its_canvas_and_is_walked_by_keys(page: Page, scene: Scene) -> None:
    count(page, "waiting", "d1").click()
    page.get_by_role("link", name="Bob Baker").click()
    page.wait_for_url("**/canvas")
    card = "#section-{}".format
    for section in ("t1", "i1", "u1", "l1", "e1"):
        expect(page.locator(card(section))).to_have_attribute("data-tried", "passed")
    expect(page.locator(card("d1"))).to_have_attribute("data-tried", "waiting")
    expect(page.locator(card("d1"))).to_have_attribute("data-tried-now", "")
    expect(page.locator(card("s1"))).not_to_have_attribute("data-tried", "passed")
    expect(page.locator(".branch[data-tried][aria-label=yes]")).to_have_count(1)
    expect(page.locator("[data-line]", has_text="Hot lead?")).to_contain_text("score 91 ≥ 50")
    at = page.locator("[data-line][data-present]")
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    expect(at).to_contain_text("Update state")
    expect(at.locator(".trial-more")).to_contain_text("grade")
    expect(at.locator(".trial-more")).to_contain_text("– → hot")
    scene.pass_time(timedelta(hours=2))
    expect(page.locator("#steps-title")).to_contain_text("Finished", timeout=15_000)
    expect(at).to_contain_text("Update state")  # the eye stays where it was
    page.keyboard.press("ArrowRight")
    expect(at).to_contain_text("Add to list")


def test_a_failed_one_is_retried_on_its_canvas(scene: Scene, new_context: Callable[..., BrowserContext]) -> None:
    page = scene.open(new_context(viewport=DESKTOP))
    page.goto(scene.of("Fay") + "/canvas")
    expect(page.locator("#section-s1")).to_have_attribute("data-tried", "failed")
    expect(page.locator(".branch[data-tried][aria-label=no]")).to_have_count(1)
    page.get_by_role("button", name="Retry from here").click()
    expect(page.locator("#toasts")).to_contain_text("It goes on at the section that failed.")
    assert page.url.endswith("/canvas")
    scene.pass_time(timedelta(0))
    expect(page.locator("#steps-title")).to_contain_text("Finished", timeout=15_000)
    expect(page.locator("#section-s1")).to_have_attribute("data-tried", "passed")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    scene: Scene, new_context: Callable[..., BrowserContext], axe, scheme: str, size: dict[str, int]
) -> None:
    page = scene.open(new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce"))
    for name in ("Bob", "Fay", "Ann"):
        page.goto(scene.of(name) + "/canvas")
        page.wait_for_load_state("networkidle")
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], name
    page.goto(scene.base + BUILDER)
    page.wait_for_load_state("networkidle")
    axe(page)
    count(page, "waiting", "d1").click()
    page.get_by_label("Select Dee Dyer").check()
    axe(page)
    page.get_by_role("button", name="Move …").click()
    expect(page.get_by_role("dialog")).to_contain_text("Move 1 execution?")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
