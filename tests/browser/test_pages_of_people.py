"""The pages of signing in, the account, the team and the settings: nobody is barred, in both themes, on any screen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect
from werkzeug.serving import make_server

from campaigns.app import create_app
from campaigns.runtime import open_runtime
from campaigns.settings import load_settings
from tests.support.browser import DESKTOP, PHONE
from tests.support.compiled_pages import compiled_once

pytestmark = pytest.mark.browser
GOOD = "violet lantern orbit 27"
PAGES = (
    "/t/acme/",
    "/t/acme/team",
    "/t/acme/team/api-keys",
    "/t/acme/settings",
    "/t/acme/settings/audit",
    "/account",
    "/t/none/",
)


@pytest.fixture
def app(settings, sqlite_url) -> Iterator[Flask]:
    given = {"home": settings.home, "database_url": sqlite_url, "dispatch": "inline", "smtp_url": "memory:"}
    runtime = open_runtime(load_settings(env_file=None, assets="local", secret_key=settings.secret_key, **given))
    yield compiled_once(create_app(runtime=runtime))
    runtime.close()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def sign_up(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-up")
    for label, value in (("Organisation", "Acme"), ("Email", "ada@acme.example"), ("Password", GOOD)):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Create organisation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    new_context: Callable[..., BrowserContext], axe, console, address: str, scheme: str, size: dict[str, int]
) -> None:
    console.expect("status of 404")
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    for path in ("/sign-in", "/sign-up"):
        page.goto(address + path)
        axe(page)
    sign_up(page, address)
    for path in PAGES:
        page.goto(address + path)
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


def test_from_nothing_to_an_invited_colleague_with_the_keyboard_alone(
    new_context: Callable[..., BrowserContext], page: Page, address: str
) -> None:
    sign_up(page, address)
    page.goto(f"{address}/t/acme/team")
    page.get_by_label("Email", exact=True).focus()
    page.keyboard.type("bob@acme.example")
    page.keyboard.press("Enter")
    link = page.locator(".notice .mono").inner_text()
    other = new_context(java_script_enabled=False).new_page()
    other.goto(link)
    other.get_by_label("Your name").fill("Bob")
    other.get_by_label("Choose a password").fill("amber thicket sonar 9")
    other.get_by_role("button", name="Join Acme").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Home")
    other.goto(f"{address}/account")
    other.get_by_role("button", name="Account: Bob").click()
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Sign in")
    other.wait_for_load_state("networkidle")
