"""How the canvas is looked at in a real browser: zoom, pan, fit, map, pictures, jumps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from campaigns.services import workflows
from campaigns.storage.transaction import writing
from tests.support.big_workflows import workflow_of
from tests.support.served_app import ServedApp

pytestmark = pytest.mark.browser


@pytest.fixture
def big(new_context: Callable[..., BrowserContext], served: ServedApp) -> Page:
    """Return an editor's page of a workflow of sixty sections."""
    with writing(served.store, served.tenancy) as session:
        workflows.create_workflow(session, name="Big", key="big", document=workflow_of(60))
    page = served.open(new_context())
    page.goto(served.base + "/workflows/big")
    page.wait_for_load_state("networkidle")
    return page


def scale(page: Page) -> float:
    """Return how wide a card is on the screen, compared with one that is not zoomed."""
    return round(page.evaluate("document.querySelector('#section-t1').getBoundingClientRect().width") / 272, 2)


def scrolled(page: Page) -> tuple[int, int]:
    left, top = page.evaluate("[canvas.scrollLeft, canvas.scrollTop]")
    return left, top


def test_keys_and_buttons_zoom_and_an_edit_keeps_it(big: Page) -> None:
    assert scale(big) == 1
    big.keyboard.press("-")
    assert scale(big) == 0.8
    big.get_by_role("button", name="Zoom out").click()
    assert scale(big) == 0.67
    big.locator("#open-s1").focus()
    big.keyboard.press("d")
    expect(big.locator("#toasts, .toast").first).to_be_visible()
    assert scale(big) == 0.67
    expect(big.locator("#view-zoom")).to_have_text("67 %")
    big.reload()
    big.wait_for_load_state("networkidle")
    assert scale(big) == 0.67
    big.keyboard.press("0")
    assert scale(big) == 1


def test_the_wheel_with_ctrl_zooms_about_the_pointer(big: Page) -> None:
    card = big.locator("#section-s1")
    before = card.bounding_box()
    assert before is not None
    big.mouse.move(before["x"] + 20, before["y"] + 20)
    big.keyboard.down("Control")
    big.mouse.wheel(0, 120)
    big.keyboard.up("Control")
    expect(big.locator("#view-zoom")).not_to_have_text("100 %")
    assert scale(big) < 1


def test_fit_shows_more_and_dragging_the_paper_moves_it(big: Page) -> None:
    big.keyboard.press("f")
    assert scale(big) == 0.25
    big.keyboard.press("0")
    box, before = big.locator("#canvas").bounding_box(), scrolled(big)
    assert box is not None
    x = box["x"] + box["width"] - 300
    big.mouse.move(x, box["y"] + 300)
    big.mouse.down()
    big.mouse.move(x, box["y"] + 100, steps=4)
    big.mouse.up()
    assert scrolled(big) == (before[0], before[1] + 200)


def test_the_map_shows_a_large_workflow_and_leads_there(big: Page) -> None:
    expect(big.locator("#minimap")).to_be_visible()
    box = big.locator("#minimap").bounding_box()
    assert box is not None
    big.mouse.click(box["x"] + 5, box["y"] + box["height"] - 3)
    big.evaluate(
        "new Promise((done) => { const look = () => canvas.scrollTop > canvas.scrollHeight / 2 ? done() "
        ": requestAnimationFrame(look); look(); })"
    )


def test_a_jump_marks_its_target_and_leads_to_it(big: Page) -> None:
    jump = big.locator(".card-jump", has_text="Jumps to: Ask again").first
    jump.hover()
    target = big.locator(f"#section-{jump.get_attribute('data-jump')}")
    expect(target).to_have_class("card role-delay is-target")
    jump.click()
    expect(target.locator(".card-name")).to_be_focused()


def test_the_picture_is_saved_as_svg_and_as_png(big: Page, tmp_path: Path) -> None:
    big.get_by_role("button", name="Picture or print").click()
    with big.expect_download() as svg:
        big.get_by_role("link", name="Picture as SVG").click()
    svg.value.save_as(tmp_path / "big.svg")
    drawn = (tmp_path / "big.svg").read_text()
    assert drawn.count("<text") > 60
    assert "Ask again" in drawn
    big.get_by_role("button", name="Picture or print").click()
    with big.expect_download() as png:
        big.get_by_role("button", name="Picture as PNG").click()
    png.value.save_as(tmp_path / "big.png")
    assert (tmp_path / "big.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
