"""Fixtures of a real browser: `page` fails on what its console complains about, `axe` on what bars anybody out.

The browser lives as long as a test module. Playwright keeps an event loop running in the thread that uses it;
closing it with the module leaves `asyncio.run` usable in the tests that follow.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, sync_playwright

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",  # continuous integration runs as root in a container
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
_EXPECTED = re.compile(r"the server responded with a status of 422\b")  # a form with errors: Chromium logs it always
_LOCAL = {"127.0.0.1", "localhost", "::1"}
_TIMEOUT_MILLISECONDS = 10_000


@dataclass
class Console:
    """What pages complained about. `expect(pattern)` forgives lines that a test provokes on purpose."""

    lines: list[str] = field(default_factory=list)
    forgiven: list[re.Pattern[str]] = field(default_factory=lambda: [_EXPECTED])

    def expect(self, pattern: str) -> None:
        """Forgive complaints that match, from now on and before."""
        self.forgiven.append(re.compile(pattern))

    def watch(self, page: Page) -> None:
        """Record errors and warnings of a page, and exceptions that nobody caught."""
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.lines.append(f"uncaught: {error}"))

    def complaints(self) -> list[str]:
        """Return the lines that nobody expected."""
        return [line for line in self.lines if not any(pattern.search(line) for pattern in self.forgiven)]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.lines.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")


def chromium_path() -> str | None:
    """Return the machine's own Chromium, or None for the one that Playwright brought."""
    chosen = os.environ.get("CHROMIUM")
    return chosen or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


# What is still fading in has other colours than those it will have.
_AT_REST = """() => Promise.all(document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().iterations !== Infinity)
    .map((one) => one.finished.catch(() => {})))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium for this module's tests."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def console() -> Iterator[Console]:
    """Return the record of complaints; at the end of the test there may be none that was not expected."""
    console = Console()
    yield console
    assert console.complaints() == []


@pytest.fixture
def new_context(browser: Browser, console: Console) -> Iterator[Callable[..., BrowserContext]]:
    """Return a function that opens a browser context (a person of their own); options are Playwright's."""
    opened: list[BrowserContext] = []

    def open_one(**options: object) -> BrowserContext:
        given = {"viewport": DESKTOP, "locale": "en-GB", "timezone_id": "UTC", **options}
        context = browser.new_context(**given)  # type: ignore[arg-type]  # the caller's options
        context.set_default_timeout(_TIMEOUT_MILLISECONDS)
        context.route(lambda url: urlsplit(url).hostname not in _LOCAL, _refuse)
        context.on("page", console.watch)
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """Return an empty page at 1440×900; console errors, warnings and uncaught exceptions fail the test."""
    return new_context().new_page()


@pytest.fixture
def phone(new_context: Callable[..., BrowserContext]) -> Page:
    """Return an empty page at 390×844 that is touched, not clicked."""
    return new_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], None]:
    """Return a check that fails, naming rule and element, when axe finds anything on the page."""

    def check(page: Page) -> None:
        page.evaluate(_AT_REST)
        violations = Axe().run(page).response["violations"]
        found = [f"{rule['id']}: {rule['help']}: {node['html']}" for rule in violations for node in rule["nodes"]]
        assert found == []

    return check


def _refuse(route: Route) -> None:
    route.abort("blockedbyclient")
