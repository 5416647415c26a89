"""Editing in a real browser, mouse and keyboard: several sections at once, clipboard, outlines, finding, keeping."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from campaigns.services import drafts, workflows
from campaigns.storage.transaction import reading, writing
from tests.support.builder_browser import HERE, shows
from tests.support.served_app import ServedApp

pytestmark = pytest.mark.browser
FIRST, LAST = ("Lead created", "If"), "Finish"
OUTLINE = "If score > 50\n  yes\n    Tag hot\n    Wait 2 days\n    Dance a little\nSend welcome"


@pytest.fixture
def page(builder_page: Page) -> Page:
    return builder_page


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def allow(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])


def count(page: Page, words: str) -> None:
    expect(page.locator("#picked [data-count]")).to_have_text(words)


def three(page: Page) -> None:
    """Make three sections of the one in the first branch."""
    page.locator("#open-s2").focus()
    press(page, "d", "d")
    shows(page, *FIRST, *["Set status"] * 3, LAST)
    page.locator("#open-s2").focus()


@pytest.mark.parametrize("allowed", [True, False], ids=["clipboard", "own copy"])
def test_copy_and_paste_by_keys_between_workflows_and_tabs(page: Page, made: ServedApp, allowed: bool) -> None:
    if allowed:
        allow(page)
    with writing(made.store, made.tenancy) as session:
        workflows.create_workflow(session, name="Other")
    page.locator("#open-s1").focus()
    press(page, "Control+c")
    expect(page.locator(".toast-text")).to_have_text(["Copied 1 section."])
    other = page.context.new_page()
    other.goto(made.base + "/workflows/other")
    other.wait_for_load_state("networkidle")
    other.locator("#canvas").focus()
    press(other, "Control+v")
    shows(other, "If", "Set status", LAST)
    expect(other.locator(".card-name:focus")).to_have_text("If")
    press(other, "ArrowDown", "Control+x")
    shows(other, "If", LAST)
    press(other, "Control+v")
    expect(other.locator(".card-name")).to_have_count(3)


def test_the_menu_copies_and_pastes_and_a_plus_takes_it_too(page: Page) -> None:
    allow(page)
    page.get_by_role("button", name="Actions for Set status").click()
    page.locator("#card-menu").get_by_text("Copy", exact=True).click()
    expect(page.locator(".toast-text")).to_have_text(["Copied 1 section."])
    page.get_by_role("button", name="Actions for Set status").click()
    page.locator("#card-menu").get_by_text("Paste after").click()
    shows(page, *FIRST, *["Set status"] * 2, LAST)
    page.locator("#add-start").click()
    page.get_by_role("button", name="Paste here").click()
    shows(page, "Lead created", "Set status", "If", *["Set status"] * 2, LAST)
    expect(page.locator("#modal")).not_to_be_visible()
    page.locator("#undo").click()
    shows(page, *FIRST, *["Set status"] * 2, LAST)


def test_several_are_selected_and_changed_by_keys(page: Page) -> None:
    three(page)
    press(page, "Shift+ArrowDown", "Shift+ArrowDown")
    count(page, "3 selected")
    press(page, "Shift+ArrowUp")
    count(page, "2 selected")
    press(page, "x")
    expect(page.locator(".card.is-disabled")).to_have_count(2)
    count(page, "2 selected")
    press(page, "Delete")
    shows(page, *FIRST, "Set status", LAST)
    expect(page.locator("#picked")).not_to_be_visible()
    expect(page.locator(".card-name:focus")).to_have_text("Set status")
    press(page, "Control+z")
    shows(page, *FIRST, *["Set status"] * 3, LAST)


def test_several_are_selected_by_clicks_and_moved_together(page: Page) -> None:
    three(page)
    cards = page.locator(".branch:first-child > ol.lane > .step > .card", has_text="Set status")
    cards.nth(0).click(modifiers=["Control"])
    cards.nth(1).click(modifiers=["Shift"])
    count(page, "2 selected")
    page.get_by_role("button", name="Move up").click()
    shows(page, "Lead created", "Set status", "Set status", "If", "Set status", LAST)
    count(page, "2 selected")
    press(page, "Escape")
    expect(page.locator("#picked")).not_to_be_visible()
    expect(page.locator("#modal")).not_to_be_visible()


def test_neighbours_are_wrapped_and_what_wraps_them_is_set_up_at_once(page: Page) -> None:
    three(page)
    press(page, "Shift+ArrowDown", "w")
    expect(page.locator("#wrap-menu [data-wrap='flow.if']")).to_be_focused()
    press(page, "Enter")
    expect(page.locator("#section-form .dialog-title")).to_have_text("If")
    press(page, "Escape")
    shows(page, *FIRST, "If", *["Set status"] * 3, LAST)
    expect(page.locator(".branch .branch .card-name")).to_have_text(["Set status", "Set status"])


def test_neighbours_become_a_workflow_of_their_own(page: Page, made: ServedApp) -> None:
    three(page)
    press(page, "Shift+ArrowDown", "e")
    expect(page.get_by_label("Name of the new workflow")).to_be_focused()
    press(page, "Enter")
    expect(page.locator("#modal [aria-invalid=true]")).to_be_visible()
    page.get_by_label("Name of the new workflow").fill("Qualify")
    press(page, "Enter")
    shows(page, *FIRST, "Qualify", "Set status", LAST)
    expect(page.locator(".card-name:focus")).to_have_text("Qualify")
    with reading(made.store, made.tenancy) as session:
        document = drafts.get_draft(session, "qualify").document
    assert [item["type"] for item in document["sections"]] == ["lead.set_status"] * 2
    page.locator("#open-s3").focus()
    press(page, "e")
    expect(page.locator(".toast-text").last).to_contain_text("would end the new workflow alone")
    expect(page.locator("#modal")).not_to_be_visible()


def test_an_outline_that_is_pasted_is_looked_at_and_then_inserted(page: Page) -> None:
    allow(page)
    page.evaluate("text => navigator.clipboard.writeText(text)", OUTLINE)
    page.locator("#open-s1").focus()
    press(page, "Control+v")
    expect(page.locator(".outline-row")).to_have_count(6)
    expect(page.locator(".outline-unread")).to_contain_text("1 line not understood")
    expect(page.get_by_role("button", name="Insert 5 sections")).to_be_focused()
    press(page, "Enter")
    shows(page, *FIRST, "Set status", LAST, "If", "Add tag", "Delay", "Unfinished", "Send email")
    expect(page.locator("#problems")).to_contain_text("stands for something that was not understood")
    count(page, "2 selected")
    press(page, "o")
    expect(page.locator(".toast-text").last).to_have_text("Copied 2 sections as an outline.")
    text = page.evaluate("navigator.clipboard.readText()")
    assert text == "If score > 50\n  yes:\n    Tag hot\n    Wait 2 days\n    Dance a little\nSend welcome"


def test_an_outline_is_written_in_the_dialog_of_a_plus(page: Page) -> None:
    page.locator("#add-start").click()
    page.get_by_role("link", name="Insert an outline").click()
    page.get_by_label("One line a section").fill("Note hello\nWait 1 day")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Insert 2 sections").click()
    shows(page, "Lead created", "Note", "Delay", "If", "Set status", LAST)


def test_sections_are_found_by_keyboard(page: Page) -> None:
    page.locator("#open-t1").focus()
    press(page, "/")
    page.keyboard.type("qualified")
    expect(page.locator("#found-at")).to_have_text("1 of 1")
    expect(page.locator("#section-s2.is-hit")).to_be_visible()
    page.locator("#find").fill("i")
    expect(page.locator("#found-at")).to_have_text("1 of 4")
    press(page, "Enter", "Enter", "Enter", "Shift+Enter")
    expect(page.locator("#found-at")).to_have_text("3 of 4")
    press(page, "Escape")
    expect(page.locator("#open-s2")).to_be_focused()
    press(page, "Control+f")
    expect(page.locator("#find")).to_be_focused()
    page.locator("#find").fill("nothing of that")
    expect(page.locator("#found-count")).to_have_text("Nothing has these words.")


def test_what_was_used_stands_first_in_the_menu_and_only_once_in_a_search(page: Page) -> None:
    for _ in range(2):
        page.locator("#add-start").click()
        page.get_by_placeholder("Search").fill("Finish")
        page.get_by_placeholder("Search").fill("Note")
        press(page, "Enter")
        expect(page.locator("#section-form .dialog-title")).to_have_text("Note")
        page.get_by_role("button", name="Cancel").click()
    page.locator("#add-start").click()
    expect(page.locator("[data-again] .kind-name")).to_have_text(["Note"])
    page.get_by_placeholder("Search").fill("Note")
    expect(page.locator(".kind-name:visible", has_text="Note")).to_have_count(1)
    page.get_by_placeholder("Search").fill("")
    press(page, "Enter")
    expect(page.locator("#section-form .dialog-title")).to_have_text("Note")


def test_what_was_typed_is_there_again_after_escape(page: Page) -> None:
    page.locator("#open-s2").click()
    page.locator("#section-form [name=name]").fill("Make it hot")
    press(page, "Escape")
    expect(page.locator(".toast-text")).to_have_text(["What you typed is kept: open it again to go on."])
    page.reload()
    page.wait_for_load_state("networkidle")
    page.locator("#open-s2").click()
    expect(page.locator("#section-form [name=name]")).to_have_value("Make it hot")
    expect(page.locator(".kept")).to_be_visible()
    page.get_by_role("button", name="Start over").click()
    expect(page.locator("#section-form [name=name]")).to_have_value("")
    page.locator("#section-form [name=name]").fill("Hot")
    press(page, "Enter")
    shows(page, *FIRST, "Hot", LAST)
    page.locator("#open-s2").click()
    expect(page.locator("#section-form [name=name]")).to_have_value("Hot")
    expect(page.locator(".kept")).to_have_count(0)


def test_what_was_typed_is_dropped_by_cancel_alone(page: Page) -> None:
    page.locator("#add-start").click()
    page.get_by_placeholder("Search").fill("Add tag")
    press(page, "Enter")
    page.locator("[name='config.tag']").fill("hot")
    press(page, "Escape")
    page.locator("#add-start").click()
    page.get_by_placeholder("Search").fill("Add tag")
    press(page, "Enter")
    expect(page.locator("[name='config.tag']")).to_have_value("hot")
    page.get_by_role("button", name="Cancel").click()
    page.locator("#add-start").click()
    page.get_by_placeholder("Search").fill("Add tag")
    press(page, "Enter")
    expect(page.locator("[name='config.tag']")).to_have_value("")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_what_editing_shows(
    new_context: Callable[..., BrowserContext], axe, made: ServedApp, scheme: str
) -> None:
    page = made.open(new_context(color_scheme=scheme, reduced_motion="reduce"))
    for path in ("/outline?at=start", "/extraction?section=s2", "/find?q=status"):
        page.goto(made.base + HERE + path)
        axe(page)
    page.goto(made.base + HERE)
    page.wait_for_load_state("networkidle")
    page.locator("#open-s2").focus()
    press(page, "Space", "/")
    page.keyboard.type("status")
    expect(page.locator("#found-at")).to_have_text("1 of 1")
    axe(page)
    press(page, "Escape", "w")
    axe(page)
    press(page, "Escape", "e")
    expect(page.locator("#extraction-form")).to_be_visible()
    axe(page)
    press(page, "Escape")
    page.locator("#add-start").click()
    page.get_by_role("link", name="Insert an outline").click()
    page.get_by_label("One line a section").fill(OUTLINE)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".outline-row")).to_have_count(6)
    axe(page)
