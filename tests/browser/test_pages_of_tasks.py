"""The pages of tasks with scripts: done and reopened in place with the keyboard, nobody barred, on any screen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect
from werkzeug.serving import make_server

from campaigns.app import create_app
from campaigns.runtime import open_runtime
from campaigns.services import accounts, leads, tasks
from campaigns.services.accounts import Person
from campaigns.settings import load_settings
from campaigns.storage.transaction import writing
from campaigns.tenancy import Tenancy
from tests.support.browser import DESKTOP, PHONE
from tests.support.compiled_pages import compiled_once

pytestmark = pytest.mark.browser
ADA, GOOD = "ada@acme.example", "violet lantern orbit 27"


@pytest.fixture
def app(settings, sqlite_url) -> Iterator[Flask]:
    given = {"home": settings.home, "database_url": sqlite_url, "dispatch": "inline", "smtp_url": "memory:"}
    runtime = open_runtime(load_settings(env_file=None, assets="local", secret_key=settings.secret_key, **given))
    yield compiled_once(create_app(runtime=runtime))
    runtime.close()


@pytest.fixture
def lead_id(app: Flask) -> str:
    """Return the lead about whom Ada has two things to do, one of them overdue."""
    store = app.extensions["runtime"].store
    acme = accounts.create_tenant(store, name="Acme", owner=Person(ADA, "Ada", GOOD))
    with writing(store, Tenancy(acme.id)) as session:
        lead = leads.create_lead(session, {"email": "ann@example.org", "first_name": "Ann"}).id
        late = (session.now - timedelta(days=2)).isoformat()
        for title, due in (("Call back", late), ("Write", None)):
            tasks.create_task(session, lead, {"title": title, "text": "Soon", "assignee": ADA, "due_at": due})
    return str(lead)


@pytest.fixture
def address(app: Flask, lead_id: str) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("Email", exact=True).fill(ADA)
    page.get_by_label("Password", exact=True).fill(GOOD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    new_context: Callable[..., BrowserContext], axe, address: str, lead_id: str, scheme: str, size: dict[str, int]
) -> None:
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    sign_in(page, address)
    for path in ("tasks", "tasks?whose=all&status=done", f"leads/{lead_id}", f"tasks/for/{lead_id}"):
        page.goto(f"{address}/t/acme/{path}")
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
    page.goto(f"{address}/t/acme/tasks")
    page.get_by_role("link", name="Call back").click()
    expect(page.get_by_label("What is to be done")).to_be_focused()
    axe(page)


def test_a_task_is_done_and_reopened_in_place_and_the_counts_follow(page: Page, address: str) -> None:
    sign_in(page, address)
    page.goto(f"{address}/t/acme/tasks")
    mine = page.get_by_role("navigation", name="Whose tasks").get_by_role("link", name="Mine")
    expect(mine).to_contain_text("2")
    page.get_by_role("button", name="Mark as done: Call back").focus()
    page.keyboard.press("Enter")
    turned = page.get_by_role("button", name="Open again: Call back")
    expect(turned).to_be_focused()
    expect(mine).to_contain_text("1")
    expect(page.locator(".overdue-note")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Mark as done: Call back")).to_be_focused()
    expect(mine).to_contain_text("2")
    assert page.url == f"{address}/t/acme/tasks"


def test_the_list_follows_the_search_and_keeps_it_in_the_tabs(page: Page, address: str) -> None:
    sign_in(page, address)
    page.goto(f"{address}/t/acme/tasks")
    page.get_by_label("Search tasks").fill("wri")
    expect(page.locator("td .task-title")).to_have_text(["Write"])
    page.get_by_role("link", name="Everybody’s").click()
    page.wait_for_url("**/tasks?whose=all&q=wri")
    page.wait_for_load_state("networkidle")
    expect(page.locator("td .task-title")).to_have_text(["Write"])
