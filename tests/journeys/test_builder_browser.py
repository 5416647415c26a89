"""The builder in a real browser: from nothing to leads that go through, with mouse, keyboard, and by dragging."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from campaigns.messages.memory import MemoryTransport
from campaigns.sections.registry import kinds
from campaigns.services import leads, versions
from campaigns.storage.transaction import writing
from campaigns.worker import Worker
from tests.support.browser import DESKTOP, PHONE
from tests.support.builder_browser import HERE, shows
from tests.support.served_app import ServedApp
from tests.support.workflows import work

pytestmark = pytest.mark.browser


@pytest.fixture
def page(builder_page: Page) -> Page:
    return builder_page


def add(page: Page, plus: str, kind: str) -> None:
    """Choose a type from the menu of a plus: its dialog opens."""
    page.wait_for_load_state("networkidle")  # before its scripts are there a page works without them
    page.locator(plus).click()
    page.get_by_placeholder("Search").fill(kind)
    page.keyboard.press("Enter")
    expect(page.locator("#section-form .dialog-title")).to_have_text(kind)


def save(page: Page) -> None:
    page.locator("#modal [data-submit]").click()
    expect(page.locator("#modal")).not_to_be_visible()


def import_leads(page: Page, served: ServedApp, file: Path) -> None:
    """Import ten leads with the scores 0 to 90, and do everything that is due then."""
    file.write_text("email,score\n" + "".join(f"lead{n}@example.com,{n * 10}\n" for n in range(10)))
    page.goto(served.base + "/imports/new")
    page.locator("input[type=file]").set_input_files(file)
    page.locator("main form [type=submit]").first.click()
    page.get_by_role("button", name="Start import").click()
    expect(page.locator("#import")).to_be_visible()
    worker = Worker(served.store, kinds(), MemoryTransport(), served.app.extensions["runtime"].uploads)
    while worker.run_once():
        pass


def test_from_nothing_to_leads_that_go_through(new_context, served: ServedApp, tmp_path) -> None:
    page = served.open(new_context())
    page.goto(served.base + "/workflows")
    page.get_by_role("link", name="New workflow").first.click()
    page.get_by_label("Name").fill("Hot leads")
    page.keyboard.press("Enter")
    add(page, "#add-trigger", "Lead created")
    save(page)
    add(page, "#add-start", "If")
    page.get_by_label("Value").fill("50")
    save(page)
    add(page, "[aria-label='Add a section to yes']", "Add tag")
    page.locator("[name='config.tag']").fill("hot")
    save(page)
    add(page, "[aria-label='Add a section to no']", "Delay")
    page.get_by_label("days").first.fill("2")
    save(page)
    shows(page, "Lead created", "If", "Add tag", "Delay")
    expect(page.locator("#show-problems")).to_have_count(0)
    page.locator("#toggle").click()
    page.get_by_role("button", name="Activate").click()
    expect(page.locator("#toggle")).to_be_checked()

    import_leads(page, served, tmp_path / "leads.csv")
    page.goto(served.base + "/workflows/hot-leads")
    waiting = page.locator(".card", has_text="Delay").locator(".count-waiting")
    expect(waiting).to_have_text("5 waiting")
    expect(page.locator(".card", has_text="Add tag").locator(".count-passed")).to_have_text("5 passed")
    waiting.click()
    expect(page.locator(".live-who a")).to_have_count(5)
    page.locator(".live-who a").first.click()
    expect(page.locator("main")).to_contain_text("Delay")
    page.wait_for_load_state("networkidle")


def test_counts_move_without_a_reload(page: Page, made: ServedApp) -> None:
    with writing(made.store, made.tenancy) as session:
        versions.activate(session, "welcome")
    page.goto(made.base + HERE)
    page.wait_for_load_state("networkidle")
    expect(page.locator("#counts-s1")).to_be_empty()
    page.evaluate("window.stays = true")
    with writing(made.store, made.tenancy) as session:
        leads.create_lead(session, {"email": "ann@example.com", "score": 72})
    work(made.store)
    expect(page.locator("#counts-s1")).to_contain_text("1 passed")
    assert page.evaluate("window.stays") is True


def test_the_keyboard_alone_walks_and_changes_the_workflow(page: Page) -> None:
    page.locator("#open-t1").focus()
    for key, focused in (("ArrowDown", "s1"), ("ArrowDown", "s2"), ("ArrowRight", "s3"), ("ArrowLeft", "s2")):
        page.keyboard.press(key)
        expect(page.locator(f"#open-{focused}")).to_be_focused()
    page.keyboard.press("d")
    shows(page, "Lead created", "If", "Set status", "Set status", "Finish")
    page.keyboard.press("Control+z")
    shows(page, "Lead created", "If", "Set status", "Finish")
    page.keyboard.press("Control+Shift+z")
    shows(page, "Lead created", "If", "Set status", "Set status", "Finish")
    page.locator("#open-s2").focus()
    page.keyboard.press("Delete")
    shows(page, "Lead created", "If", "Set status", "Finish")


def test_a_section_is_added_by_keyboard_and_gets_the_focus(page: Page) -> None:
    page.locator("#open-s2").focus()
    page.keyboard.press("+")
    expect(page.get_by_placeholder("Search")).to_be_focused()
    page.keyboard.type("add tag")
    page.keyboard.press("Enter")
    expect(page.locator("[name='config.tag']")).to_be_focused()
    page.keyboard.type("hot")
    page.keyboard.press("Enter")
    shows(page, "Lead created", "If", "Set status", "Add tag", "Finish")
    expect(page.locator(".card-name:focus")).to_have_text("Add tag")
    page.keyboard.press("Alt+ArrowUp")
    shows(page, "Lead created", "If", "Add tag", "Set status", "Finish")
    page.keyboard.press("Enter")
    expect(page.locator("[name='config.tag']")).to_have_value("hot")
    page.keyboard.press("Escape")
    expect(page.locator(".card-name:focus")).to_have_text("Add tag")


def test_move_to_another_place_by_keyboard_or_by_dragging(page: Page) -> None:
    page.locator("#open-s2").focus()
    page.keyboard.press("m")
    expect(page.locator("#carrying")).to_contain_text("Set status")
    page.locator("[data-at='start']").press("Enter")
    shows(page, "Lead created", "Set status", "If", "Finish")
    page.locator("#section-s2").drag_to(page.locator("[data-at='in:s1:yes']"))
    shows(page, "Lead created", "If", "Set status", "Finish")
    page.get_by_role("button", name="Undo").last.click()
    shows(page, "Lead created", "Set status", "If", "Finish")


def test_the_menu_of_a_card_does_what_the_keys_do(page: Page) -> None:
    page.get_by_role("button", name="Actions for Set status").click()
    page.locator("#card-menu").get_by_text("Disable").click()
    expect(page.locator("#section-s2")).to_have_class(re.compile("is-disabled"))
    page.locator("#section-s2").click(button="right")
    page.locator("#card-menu").get_by_text("Enable").click()
    expect(page.locator("#section-s2")).not_to_have_class(re.compile("is-disabled"))


def test_rows_and_tabs_keep_what_is_typed(page: Page) -> None:
    page.locator("#open-s1").click()
    page.locator("#section-form [name=name]").fill("Hot?")
    page.get_by_role("button", name="Add a test").click()
    second = page.get_by_role("group", name="Test 2")
    second.get_by_label("What is looked at").select_option("in_list")
    second.locator("select[aria-label='Value']").select_option("hot")
    page.get_by_label("How the tests are joined").select_option("any")
    page.get_by_role("button", name="JSON").click()
    expect(page.get_by_label("Section as JSON")).to_have_value(re.compile('"in_list": "hot"'))
    page.get_by_role("button", name="Form").click()
    expect(page.locator("#section-form [name=name]")).to_have_value("Hot?")
    save(page)
    expect(page.locator("#section-s1")).to_contain_text("Score is at least 50 or is on list Hot leads")


def test_what_is_wrong_is_said_in_the_dialog_and_in_the_list_of_problems(page: Page, made: ServedApp) -> None:
    add(page, "[aria-label='Add a section to yes']", "Add points")
    page.locator("#modal [data-submit]").click()
    expect(page.locator("#modal [aria-invalid=true]")).to_be_focused()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Actions for Lead created").click()
    page.locator("#card-menu").get_by_text("Delete").click()
    expect(page.locator("#problems")).to_contain_text("a workflow needs at least one trigger")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    new_context: Callable[..., BrowserContext], axe, made: ServedApp, scheme: str, size: dict[str, int]
) -> None:
    page = made.open(new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce"))
    pages = ("", "/versions", "/document", "/settings", "/activation", "/sections?at=start", "/sections/s1")
    for path in pages:
        page.goto(made.base + HERE + path)
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
    page.goto(made.base + HERE)
    page.wait_for_load_state("networkidle")
    for opener in ("#add-start", "#toggle", "#open-s1", ".builder-name a"):
        page.locator(opener).click()
        expect(page.locator("#modal")).to_be_visible()
        axe(page)
        page.keyboard.press("Escape")
        expect(page.locator("#modal")).not_to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_lists_of_workflows_and_versions(
    new_context: Callable[..., BrowserContext], axe, made: ServedApp, scheme: str
) -> None:
    with writing(made.store, made.tenancy) as session:
        versions.activate(session, "welcome")
    page = made.open(new_context(color_scheme=scheme))
    for path in ("/workflows", HERE + "/versions"):
        page.goto(made.base + path)
        expect(page.locator("tbody tr")).to_have_count(1)
        axe(page)
