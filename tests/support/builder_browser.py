"""Fixtures of the builder in a real browser: the app on an address, a workflow in it, and its page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from campaigns.app import create_app
from campaigns.clock import Clock
from campaigns.runtime import open_runtime
from campaigns.services import vocabulary, workflows
from campaigns.settings import Settings, load_settings
from campaigns.storage.transaction import writing
from tests.support.builder_pages import DOCUMENT
from tests.support.compiled_pages import compiled_once
from tests.support.served_app import ServedApp, serving

HERE = "/workflows/welcome"


@pytest.fixture
def served(settings: Settings, sqlite_url: str, clock: Clock) -> Iterator[ServedApp]:
    """Return the app, with a tenant that has nothing."""
    given = {"home": settings.home, "database_url": sqlite_url, "dispatch": "inline", "smtp_url": "memory:"}
    runtime = open_runtime(load_settings(env_file=None, assets="local", secret_key=settings.secret_key, **given))
    with serving(compiled_once(create_app(runtime=runtime, clock=clock))) as found:
        yield found
    runtime.close()


@pytest.fixture
def made(served: ServedApp) -> ServedApp:
    """Return the app with a workflow that has a branch and is not active."""
    with writing(served.store, served.tenancy) as session:
        vocabulary.create_list(session, name="Hot leads", key="hot")
        workflows.create_workflow(session, name="Welcome", document=DOCUMENT)
    return served


@pytest.fixture
def builder_page(new_context: Callable[..., BrowserContext], made: ServedApp) -> Page:
    """Return an editor's page of that workflow."""
    opened = made.open(new_context())
    opened.goto(made.base + HERE)
    opened.wait_for_load_state("networkidle")
    return opened


def shows(page: Page, *names: str) -> None:
    """Wait until these are the cards, in this order."""
    expect(page.locator(".card-name")).to_have_text(list(names))
