"""Executions in a real browser: found, looked at while they go on, cancelled with the keyboard, barred to nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.support.browser import DESKTOP, PHONE
from tests.support.execution_scene import Scene

pytestmark = pytest.mark.browser
LIST = "/workflows/spring-welcome/executions"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    scene: Scene, new_context: Callable[..., BrowserContext], axe, scheme: str, size: dict[str, int]
) -> None:
    page = scene.open(new_context(viewport=size, color_scheme=scheme))
    lists = (LIST, f"{LIST}?q=nobody", f"{LIST}/refusals", "/executions", "/executions/refusals")
    for url in (*(scene.base + path for path in lists), *map(scene.of, ("Ann", "Bob", "Cy", "Fay"))):
        page.goto(url)
        for details in page.locator("details.receipt summary").all():
            details.click()
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], url


def test_filters_change_the_list_and_the_address(scene: Scene, new_context) -> None:
    page = scene.open(new_context())
    page.goto(scene.base + LIST)
    expect(page.locator("tbody tr")).to_have_count(6)
    page.get_by_label("Any status").select_option("waiting")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_label("Search by lead").press_sequentially("eve")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "status=waiting" in page.url
    assert "q=eve" in page.url
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Clear").click()
    expect(page.locator("tbody tr")).to_have_count(6)


def test_an_open_page_follows_what_happens(scene: Scene, new_context) -> None:
    page = scene.open(new_context())
    page.goto(scene.of("Bob"))
    now = page.locator(".execution-now")
    expect(now).to_contain_text("Waiting")
    scene.pass_time(timedelta(hours=2))
    expect(now).to_contain_text("Finished", timeout=15_000)
    expect(page.locator("#path")).to_contain_text("Now contacted")
    expect(page.locator("#cancel")).to_have_count(0)


def test_with_the_keyboard_alone_one_is_cancelled(scene: Scene, new_context) -> None:
    page = scene.open(new_context())
    page.goto(scene.of("Dee"))
    cancel, dialog = page.locator("#cancel"), page.get_by_role("dialog")
    cancel.focus()
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("Dee Dyer")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(cancel).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Cancel the execution").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".execution-now")).to_contain_text("Cancelled")


def test_without_scripts_what_failed_is_retried(scene: Scene, new_context) -> None:
    page = scene.open(new_context(java_script_enabled=False))
    page.goto(f"{scene.base}{LIST}?section=s1&status=failed")
    page.get_by_role("link", name="Fay Failing").click()
    page.get_by_role("button", name="Retry from here").click()
    expect(page.locator(".execution-now")).to_contain_text("Finished")
    expect(page.locator("#path .path-failed")).to_contain_text("closed for this lead")
