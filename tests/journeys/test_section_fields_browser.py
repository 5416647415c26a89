"""Fields of a section's dialog in a real browser: variables that are picked, and what a text gives."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from campaigns.services import leads
from campaigns.storage.transaction import writing
from tests.support.builder_browser import HERE
from tests.support.served_app import ServedApp

pytestmark = pytest.mark.browser


@pytest.fixture
def people(made: ServedApp) -> ServedApp:
    with writing(made.store, made.tenancy) as session:
        leads.create_lead(session, {"email": "ada@acme.example", "first_name": "Ada"})
        leads.create_lead(session, {"email": "bob@acme.example", "first_name": "Bob"})
    return made


@pytest.fixture
def page(people: ServedApp, builder_page: Page) -> Page:
    return builder_page


def add(page: Page, label: str) -> None:
    """Open the dialog of a new section."""
    page.locator("#add-start").click()
    page.locator("#modal").get_by_placeholder("Search").fill(label)
    page.keyboard.press("Enter")
    expect(page.locator("#section-form")).to_be_visible()


def test_a_variable_goes_in_at_the_caret_by_keyboard_and_the_text_is_shown_for_a_lead(page: Page) -> None:
    add(page, "Note")
    text, shown = page.locator("[name='config.text']"), page.locator("[data-preview]")
    text.fill("Dear , hello")
    for _ in ", hello":
        text.press("ArrowLeft")
    page.get_by_role("button", name="Insert variable: Text").press("Enter")
    expect(page.get_by_placeholder("Search variables")).to_be_focused()
    page.keyboard.type("first name")
    page.keyboard.press("Enter")
    expect(text).to_have_value("Dear {{ lead.first_name }}, hello")
    expect(text).to_be_focused()
    expect(shown).to_contain_text("Dear Bob, hello")
    page.get_by_role("button", name="Preview for another lead").click()
    page.locator("#preview-leads input").fill("ada")
    page.locator("[data-preview-lead]").get_by_text("Ada", exact=True).click()
    expect(shown).to_contain_text("Dear Ada, hello")
    text.fill("Dear {{ lead.fist_name }}")
    expect(shown).to_contain_text("there is nothing called lead.fist_name")
    text.fill("Dear nobody")
    expect(page.locator("[data-line]")).to_be_hidden()


def test_inside_of_braces_only_the_name_goes_in_and_a_value_becomes_liquid(page: Page) -> None:
    add(page, "Set state")
    value = page.locator("[name='config.values.0.value']")
    value.fill("{{  }}")
    for _ in " }}":
        value.press("ArrowLeft")
    page.get_by_role("button", name="Insert variable: value 1").click()
    page.locator("[data-variable='{{ lead.email }}']").click()
    expect(value).to_have_value("{{ lead.email }}")
    expect(page.locator("[name='config.values.0.as']")).to_have_value("liquid")
    expect(page.locator("[data-preview]")).to_contain_text("bob@acme.example")


def test_a_mail_is_made_in_the_dialog_and_chosen_and_nothing_typed_is_lost(page: Page) -> None:
    add(page, "Send email")
    page.locator("[name=name]").fill("Greeting")
    page.get_by_label("Name of the new email template").fill("Hello")
    page.get_by_label("Subject").fill("Hi {{ lead.first_name }}")
    page.locator("[name='new.config.template.text']").fill("Good to see you.")
    page.get_by_label("Subject").press("Enter")
    expect(page.locator("[name='config.template']")).to_have_value("hello")
    expect(page.locator("[name=name]")).to_have_value("Greeting")
    page.keyboard.press("Escape")
    expect(page.locator("#modal")).not_to_be_visible()
    add(page, "Send email")
    expect(page.locator("[name='config.template']")).to_have_value("hello")
    page.locator("[data-submit]").click()
    expect(page.locator(".card-name").nth(1)).to_have_text("Greeting")


def test_weights_show_their_sum_and_are_shared_evenly_and_a_schedule_says_when_it_comes(page: Page) -> None:
    add(page, "Split")
    weights, total = page.locator("input[name$='.weight']"), page.locator("[data-sum]")
    for rows in (2, 3):
        page.get_by_role("button", name="Add a row").click()
        expect(weights).to_have_count(rows)
    weights.nth(0).fill("40")
    expect(total).to_have_text("Together 40 %: 60 % are missing")
    page.get_by_role("button", name="Share evenly").click()
    assert [float(one.input_value()) for one in weights.all()] == [33.34, 33.33, 33.33]
    expect(total).to_have_text("Together 100 %")
    page.get_by_role("button", name="Cancel").click()
    page.locator("#add-trigger").click()
    page.locator("#modal").get_by_placeholder("Search").fill("Schedule")
    page.keyboard.press("Enter")
    if not page.locator("[name='config.cron']").is_visible():
        page.locator("summary", has=page.locator("xpath=following-sibling::*//*[@name='config.cron']")).click()
    page.locator("[name='config.cron']").fill("0 9 * * mon")
    expect(page.locator("[data-times]")).to_contain_text("Monday")
    expect(page.locator("[data-times] .nowrap")).to_have_count(5)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_dialogs(
    new_context: Callable[..., BrowserContext], axe, people: ServedApp, scheme: str
) -> None:
    page = people.open(new_context(color_scheme=scheme, reduced_motion="reduce"))
    page.goto(people.base + HERE)
    page.wait_for_load_state("networkidle")
    add(page, "Note")
    page.locator("[name='config.text']").fill("Dear {{ lead.first_name }} of {{ lead.phone }} {{ event.plan }}")
    expect(page.locator("[data-preview]")).to_contain_text("Dear Bob")
    axe(page)
    page.get_by_role("button", name="Insert variable: Text").click()
    expect(page.get_by_placeholder("Search variables")).to_be_focused()
    axe(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    add(page, "Send email")
    expect(page.locator(".making[open]")).to_be_visible()
    page.get_by_role("button", name="Create email template").click()
    expect(page.locator(".making [role=alert]")).to_contain_text("Name is required")
    axe(page)
