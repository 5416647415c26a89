"""Executions in a real browser: found, looked at while they go on, cancelled with the keyboard, barred to nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, expect
from sqlalchemy import select

from campaigns.app import create_app
from campaigns.clock import FixedClock
from campaigns.engine.kinds import Kind
from campaigns.engine.outcome import Fail, Outcome
from campaigns.runtime import open_runtime
from campaigns.sections.base import Context, Section
from campaigns.sections.registry import kinds
from campaigns.services import executions, leads, templates, versions, vocabulary, workflows
from campaigns.services.runner import Runner
from campaigns.settings import load_settings
from campaigns.storage.models import Execution, Lead
from campaigns.storage.transaction import writing
from tests.support.browser import DESKTOP, PHONE
from tests.support.compiled_pages import compiled_once
from tests.support.served_app import ServedApp, serving
from tests.support.workflows import work

pytestmark = pytest.mark.browser
LIST = "/workflows/spring-welcome/executions"
DOCUMENT: dict[str, Any] = {
    "format": 1, "settings": {},
    "triggers": [{"id": "t1", "type": "lead.created", "name": "Somebody new", "config": {}}],
    "sections": [
        {
            "id": "i1", "type": "flow.if", "name": "Hot lead?",
            "config": {"condition": {"all": [
                {"field": "lead.score", "op": "gte", "value": 50}, {"field": "lead.status", "op": "eq", "value": "new"}
            ]}},
            "branches": {
                "yes": [
                    {"id": "u1", "type": "state.update", "config": {"values": {"grade": "hot"}}},
                    {"id": "l1", "type": "list.add", "config": {"list": "hot"}},
                ],
                "no": [],
            },
        },
        {"id": "e1", "type": "email.send", "name": "Welcome mail", "config": {"template": "welcome"}},
        {"id": "d1", "type": "flow.delay", "name": "Two hours of quiet", "config": {"duration": {"hours": 2}}},
        {"id": "s1", "type": "lead.set_status", "name": "Now contacted", "config": {"status": "contacted"}},
    ],
}  # fmt: skip


class Failing(Section):
    """Fails, as a section may whose lead does not fit."""

    status: str

    def decide(self, context: Context) -> Outcome:
        return Fail("the status “contacted” is closed for this lead")


@dataclass
class Scene(ServedApp):
    """A tenant with six executions (ids by first name)."""

    clock: FixedClock
    ids: dict[str, UUID] = field(default_factory=dict)

    def of(self, name: str) -> str:
        return f"{self.base}/executions/{self.ids[name]}"

    def enter(self, name: str, score: int) -> None:
        """Create a lead, which enters the workflow."""
        first, last = name.split()
        with writing(self.store, self.tenancy) as session:
            given = {"email": f"{first.lower()}@leads.example", "first_name": first, "last_name": last, "score": score}
            leads.create_lead(session, given)
        work(self.store)

    def pass_time(self, span: timedelta) -> None:
        """Let time pass and do what is due then."""
        self.clock.advance(span)
        work(self.store)


@pytest.fixture
def app(settings, sqlite_url, clock: FixedClock) -> Iterator[Flask]:
    given = {"home": settings.home, "database_url": sqlite_url, "dispatch": "inline", "smtp_url": "memory:"}
    runtime = open_runtime(load_settings(env_file=None, assets="local", secret_key=settings.secret_key, **given))
    yield compiled_once(create_app(runtime=runtime, clock=clock))
    runtime.close()


@pytest.fixture
def served(app: Flask) -> Iterator[ServedApp]:
    with serving(app) as found:
        yield found


@pytest.fixture
def scene(served: ServedApp) -> Scene:
    """Six leads have entered: Ann finished, Fay failed, Cy was cancelled, Bob, Dee and Eve wait."""
    store = served.store
    made = Scene(served.app, served.acme, served.address, store.clock)  # type: ignore[arg-type]  # the test's own
    with writing(store, made.tenancy) as session:
        vocabulary.create_list(session, name="Hot leads", key="hot")
        templates.create_template(session, key="welcome", name="Welcome", subject="Hello", source="<p>Hello</p>")
        workflows.create_workflow(session, name="Spring welcome", document=DOCUMENT)
        versions.activate(session, "spring-welcome")
    made.enter("Ann Archer", 72)
    made.pass_time(timedelta(hours=2, seconds=1))
    made.enter("Fay Failing", 12)
    made.clock.advance(timedelta(hours=2, seconds=1))
    runner = Runner(store, {**kinds(), "lead.set_status": Kind("lead.set_status", "action", "Set status", Failing)})
    while runner.run_once():
        pass
    for name, score in (("Bob Baker", 91), ("Cy Cooper", 3), ("Dee Dyer", 64), ("Eve Eaton-Featherstonehaugh", 55)):
        made.enter(name, score)
        made.pass_time(timedelta(minutes=7))
    with writing(store, made.tenancy) as session:
        rows = session.execute(select(Lead.first_name, Execution.id).join(Execution, Execution.lead_id == Lead.id))
        made.ids = {str(name): execution_id for name, execution_id in rows}
        executions.cancel_execution(session, made.ids["Cy"])
    return made


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
