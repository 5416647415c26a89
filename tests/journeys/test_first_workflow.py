"""How much a first workflow asks of people, counted and printed: by hand, and by keyboard alone.

They are told: "when a lead is imported with a score over 50, tag it hot, send the welcome mail, wait two days, then
tell its owner".

Seconds are estimated by the keystroke-level model (Card, Moran and Newell, 1980): pointing and clicking 1.3 s, a key
0.28 s for who types seldom and 0.12 s for who types well, and 1.35 s to think before each thing that is done.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from sqlalchemy import select

from campaigns.imports.options import ImportOptions
from campaigns.messages.memory import MemoryTransport
from campaigns.sections.registry import kinds
from campaigns.services import imports, templates
from campaigns.storage.models import Execution, Lead, LeadTag, Message, Step
from campaigns.storage.transaction import reading, writing
from campaigns.worker import Worker
from tests.support.builder_browser import shows
from tests.support.served_app import ServedApp

pytestmark = pytest.mark.browser
CLICK, THOUGHT = 1.3, 1.35
OUTLINE = """When a lead is imported with a score over 50
Tag hot
Send welcome
Wait 2 days
Notify owner"""


@dataclass
class Hands:
    """A person at a page. Counts what they do; `thoughts` are the moments in which they look for what comes next."""

    page: Page
    key_seconds: float
    clicks: int = 0
    keys: int = 0
    thoughts: int = 0
    done: list[str] = field(default_factory=list)

    def click(self, target: Locator) -> None:
        target.click()
        self.clicks += 1
        self.thoughts += 1

    def type(self, text: str, *, into: Locator | None = None) -> None:
        """Type into what has the focus, or (a click more) into a field."""
        if into is not None:
            self.click(into)
        self.page.keyboard.type(text)
        self.keys += len(text)

    def pick(self, target: Locator, value: str) -> None:
        """Choose from a list that opens by a click and closes by another."""
        if target.get_attribute("data-refresh") is None:
            target.select_option(value)
        else:  # the form is drawn anew, and a person sees that before they go on
            with self.page.expect_response(lambda answer: answer.request.method == "POST"):
                target.select_option(value)
        self.settle()
        self.clicks += 2
        self.thoughts += 1

    def settle(self) -> None:
        """Wait until what was asked for is in place."""
        expect(self.page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1 + key.count("+") * (len(key) > 1)
        self.thoughts += 1

    @property
    def seconds(self) -> float:
        return self.clicks * CLICK + self.keys * self.key_seconds + self.thoughts * THOUGHT

    def told(self, who: str) -> str:
        return f"{who}: {self.clicks} clicks, {self.keys} keys, about {self.seconds:.0f} seconds"


@pytest.fixture
def ready(served: ServedApp) -> ServedApp:
    """Return the app with a tenant that has a mail to welcome people with."""
    with writing(served.store, served.tenancy) as session:
        templates.create_template(
            session, name="Welcome", subject="Hello", source="<p>Hello</p>", message_class="transactional"
        )
    return served


def check(ready: ServedApp, page: Page) -> None:
    """Check that the workflow is active and does what was asked for, for whom it was asked."""
    expect(page.locator("#toggle")).to_be_checked()
    uploads, chosen = ready.app.extensions["runtime"].uploads, ImportOptions()
    with writing(ready.store, ready.tenancy) as session:
        file = io.BytesIO(b"email,score\nwarm@example.com,72\ncold@example.com,12\n")
        entry = imports.upload(session, uploads, file, file_name="leads.csv", options=chosen)
        imports.start(session, uploads, entry.id, mapping=None, options=chosen, again=True)
    worker = Worker(ready.store, kinds(), MemoryTransport(), uploads)
    while worker.run_once():
        pass
    with reading(ready.store, ready.tenancy) as session:
        rows = session.execute(
            select(Lead.email, Execution.status, Step.outcome)
            .select_from(Step)
            .join(Execution, Execution.id == Step.execution_id)
            .join(Lead, Lead.id == Execution.lead_id)
            .order_by(Step.number)
        ).all()
        assert [tuple(row) for row in rows] == [
            ("warm@example.com", "waiting", one) for one in ("done", "done", "waiting")
        ]
        assert session.scalars(select(LeadTag.tag)).all() == ["hot"]
        assert session.scalars(select(Message.recipient)).all() == ["warm@example.com"]


def choose(hands: Hands, plus: Locator, kind: str) -> None:
    """Choose a section from the menu of a +, as one who looks for it: by its name in the list."""
    hands.click(plus)
    hands.click(hands.page.locator("#modal .kind-name", has_text=kind).first)
    expect(hands.page.locator("#section-form .dialog-title")).to_have_text(kind)
    hands.settle()


def save(hands: Hands) -> None:
    hands.click(hands.page.locator("#modal [data-submit]"))
    expect(hands.page.locator("#modal")).not_to_be_visible()
    hands.settle()


def test_a_skilled_user_builds_it_in_a_minute_by_keyboard_alone(
    new_context: Callable[..., BrowserContext], ready: ServedApp, capsys: pytest.CaptureFixture[str]
) -> None:
    page = ready.open(new_context())
    page.goto(ready.base + "/workflows")
    page.wait_for_load_state("networkidle")
    hands = Hands(page, key_seconds=0.12)
    hands.press("Tab", "Enter", "Tab", "Tab", "Enter")  # past the menu, to "New workflow"
    page.get_by_label("Name").focus()
    hands.type("Hot leads")
    hands.press("Enter")
    expect(page.locator("#add-trigger")).to_be_visible()
    page.wait_for_load_state("networkidle")
    hands.press("i")
    expect(page.locator("textarea[name=text]")).to_be_focused()
    hands.type(OUTLINE)
    hands.press("Tab", "Tab", "Enter")
    expect(page.get_by_role("button", name="Insert 5 sections")).to_be_focused()
    hands.press("Enter")
    shows(page, "Lead created", "Add tag", "Send email", "Delay", "Notify staff")
    hands.press("a")
    expect(page.locator("#modal").get_by_role("button", name="Activate")).to_be_focused()
    hands.press("Enter")
    page.wait_for_timeout(1500)
    page.screenshot(path="/tmp/s-act2.png")
    check(ready, page)
    with capsys.disabled():
        sys.stdout.write(f"\n{hands.told('a skilled user, by keyboard alone')}\n")
    assert hands.clicks == 0
    assert hands.seconds < 60


def test_a_newcomer_builds_it_in_three_minutes_by_hand(
    new_context: Callable[..., BrowserContext], ready: ServedApp, capsys: pytest.CaptureFixture[str]
) -> None:
    page = ready.open(new_context())
    page.goto(ready.base + "/workflows")
    page.wait_for_load_state("networkidle")
    hands = Hands(page, key_seconds=0.28)
    hands.click(page.get_by_role("link", name="New workflow").first)
    hands.type("Hot leads", into=page.get_by_label("Name"))
    hands.click(page.get_by_role("button", name="Create"))
    expect(page.locator("#add-trigger")).to_be_visible()
    page.wait_for_load_state("networkidle")
    choose(hands, page.locator("#add-trigger"), "Lead created")
    hands.pick(page.locator("[name='config.source']"), "import")
    hands.click(page.locator("summary", has_text="Only when"))
    hands.click(page.locator("#modal [value='add:filter']"))
    expect(page.locator("[name='filter.0.what']")).to_have_value("lead.score")  # what is asked most stands there
    hands.pick(page.locator("[name='filter.0.op']"), "gt")
    hands.type("50", into=page.locator("[name='filter.0.value']"))
    save(hands)
    choose(hands, page.locator("#add-start"), "Add tag")
    expect(page.locator("[name='config.tag']")).to_be_focused()
    hands.type("hot")
    save(hands)
    choose(hands, page.locator(".flow > .lane > .step:last-child > .edge .add"), "Send email")
    hands.pick(page.locator("[name='config.template']"), "welcome")
    save(hands)
    choose(hands, page.locator(".flow > .lane > .step:last-child > .edge .add"), "Delay")
    hands.type("2", into=page.get_by_label("days").first)
    save(hands)
    choose(hands, page.locator(".flow > .lane > .step:last-child > .edge .add"), "Notify staff")
    hands.click(page.get_by_label("The lead's owner"))
    save(hands)
    shows(page, "Lead created", "Add tag", "Send email", "Delay", "Notify staff")
    hands.click(page.locator("#toggle"))
    hands.click(page.locator("#modal").get_by_role("button", name="Activate"))
    check(ready, page)
    with capsys.disabled():
        sys.stdout.write(f"\n{hands.told('a newcomer, by hand')}\n")
    assert hands.seconds < 180
