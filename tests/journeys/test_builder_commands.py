"""Commands of the builder in a real browser: quick ones are not lost, Undo means its own change, the focus stays."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from campaigns.services import leads, versions
from campaigns.storage.transaction import writing
from tests.support.builder_browser import HERE, shows
from tests.support.served_app import ServedApp
from tests.support.workflows import work

pytestmark = pytest.mark.browser
FIRST, LAST = ("Lead created", "If"), "Finish"


@pytest.fixture
def page(builder_page: Page) -> Page:
    return builder_page


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_commands_given_while_another_is_on_its_way_are_all_done_in_their_order(page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(told(request)) if request.method == "POST" else None)
    page.locator("#open-s2").focus()
    press(page, "d", "d", "x", "d", "d", "Alt+ArrowUp", "Control+z", "d")
    shows(page, *FIRST, *["Set status"] * 6, LAST)
    wanted = ["duplicate", "duplicate", "disable", "duplicate", "duplicate", "up"]
    assert sent == [*(f"{word} s2" for word in wanted), "undo", "duplicate s2"]
    expect(page.locator(".card.is-disabled")).to_have_count(4)  # the first, and its copies since
    expect(page.locator("#open-s2")).to_be_focused()


def told(request: Request) -> str:
    """Return what a request asks for: the change and its section, or the step."""
    values = dict(parse_qsl(request.post_data or ""))
    return f"{values['do']} {values['section']}" if "do" in values else request.url.rsplit("/", 1)[-1]


def test_undo_pressed_quickly_takes_back_as_many_changes_as_it_was_pressed(page: Page) -> None:
    page.locator("#open-s2").focus()
    press(page, "d", "d", "d", "Control+z", "Control+z")
    shows(page, *FIRST, *["Set status"] * 2, LAST)
    press(page, "Control+Shift+z", "Control+Shift+z")
    shows(page, *FIRST, *["Set status"] * 4, LAST)
    for _ in range(3):
        page.locator("#undo").click()
    shows(page, *FIRST, "Set status", LAST)


def test_a_card_that_is_deleted_twice_before_it_is_gone_is_deleted_once(page: Page) -> None:
    page.locator("#open-s2").focus()
    press(page, "Delete", "Delete")
    shows(page, *FIRST, LAST)
    expect(page.locator(".toast-text")).to_have_text(["Deleted “Set status”."])


def test_only_the_newest_toast_offers_to_undo(page: Page) -> None:
    page.locator("#open-s2").focus()
    press(page, "d")
    expect(page.locator(".toast-undo:visible")).to_have_count(1)
    press(page, "x")
    expect(page.locator(".toast-text")).to_have_text(["Duplicated “Set status”.", "Disabled “Set status”."])
    expect(page.locator(".toast-undo:visible")).to_have_count(1)
    page.locator(".toast-undo:visible").press("Enter")
    expect(page.locator(".card.is-disabled")).to_have_count(0)
    shows(page, *FIRST, *["Set status"] * 2, LAST)
    expect(page.locator("#canvas")).to_be_focused()


def test_undo_of_a_toast_is_refused_when_somebody_else_changed_the_workflow_since(
    page: Page, new_context: Callable[..., BrowserContext], made: ServedApp
) -> None:
    page.locator("#open-s2").focus()
    press(page, "d")
    expect(page.locator(".toast-undo:visible")).to_have_count(1)
    other = made.open(new_context())
    other.goto(made.base + HERE)
    other.wait_for_load_state("networkidle")
    other.locator("#open-s3").focus()
    press(other, "x")
    expect(other.locator("#section-s3.is-disabled")).to_be_visible()
    page.locator(".toast-undo:visible").click()
    expect(page.locator(".toast-text").last).to_contain_text("Another change came after this one")
    expect(page.locator("#section-s3.is-disabled")).to_be_visible()
    shows(page, *FIRST, *["Set status"] * 2, LAST)


def test_after_deleting_a_card_the_focus_is_at_what_stands_beside_it(page: Page) -> None:
    page.locator("#open-s2").focus()
    press(page, "d")
    shows(page, *FIRST, *["Set status"] * 2, LAST)
    press(page, "Delete")
    shows(page, *FIRST, "Set status", LAST)
    expect(page.locator(".card-name:focus")).to_have_text("Set status")
    press(page, "d")
    shows(page, *FIRST, *["Set status"] * 2, LAST)
    press(page, "ArrowDown", "Delete")
    shows(page, *FIRST, "Set status", LAST)
    expect(page.locator(".card-name:focus")).to_have_text("Set status")
    press(page, "Delete")
    expect(page.locator("[data-at='in:s1:yes']")).to_be_focused()
    page.locator("#open-s1").focus()
    press(page, "Delete")
    expect(page.locator("[data-at='start']")).to_be_focused()
    page.locator("#open-t1").focus()
    press(page, "Delete")
    expect(page.locator("#add-trigger")).to_be_focused()


def test_counts_of_sections_that_only_the_live_version_has_are_no_error(page: Page, made: ServedApp) -> None:
    with writing(made.store, made.tenancy) as session:
        versions.activate(session, "welcome")
    page.goto(made.base + HERE)
    page.wait_for_load_state("networkidle")
    page.locator("#open-s2").focus()
    press(page, "Delete")
    shows(page, *FIRST, LAST)
    with writing(made.store, made.tenancy) as session:
        leads.create_lead(session, {"email": "ann@example.com", "score": 72})
    work(made.store)
    expect(page.locator("#counts-s1")).to_contain_text("1 passed")
