"""SIGKILL while a mail is handed over: the window that cannot be closed, and what is said of it."""

import multiprocessing
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from campaigns.clock import FixedClock
from campaigns.messages.handover import Accepted
from campaigns.messages.memory import MemoryTransport
from campaigns.services import templates
from campaigns.services.hand_overs import AT_ONCE, LEASE
from campaigns.services.outbox import Outbox
from campaigns.storage.db import Database
from campaigns.storage.models import Message, OutboxItem
from campaigns.storage.transaction import Store
from tests.support.campaign import Campaign

COUNT = AT_ONCE + 2
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")  # children open their own


class Ledger(MemoryTransport):
    """A mail server that writes down what it takes, and takes the worker's life at the nth mail, before or after."""

    def __init__(self, path: Path, *, strike: int | None = None, before: bool = False) -> None:
        super().__init__()
        self.path, self.strike, self.before = path, strike, before

    def send(self, message) -> Accepted:
        self.strike = None if self.strike is None else self.strike - 1
        if self.strike == 0 and self.before:
            os.kill(os.getpid(), signal.SIGKILL)
        with self.path.open("a") as file:
            file.write(f"{message.key}\n")
        if self.strike == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().send(message)

    def taken(self) -> list[str]:
        return self.path.read_text().split() if self.path.exists() else []


def plan(campaign: Campaign, message_class: str) -> None:
    with campaign.write() as session:
        facts = {"key": "news", "name": "News", "subject": "News", "message_class": message_class}
        templates.create_template(session, **facts, source="<html><body><p>Hello</p></body></html>")
    campaign.workflow([{"id": "s1", "type": "email.send", "config": {"template": "news"}}])
    campaign.start_import("email\n" + "".join(f"p{n}@example.com\n" for n in range(COUNT)))
    while campaign.worker._import_chunk() or campaign.worker._runner().run_once():
        pass


def live(url: str, clock: FixedClock, transport: Ledger) -> bool:
    """Hand over in a process of its own until nothing is due; return whether it was killed."""

    def body() -> None:
        outbox = Outbox(Store(Database(url), clock), transport)
        while outbox.run_once():
            pass
        os._exit(0)

    process = multiprocessing.get_context("fork").Process(target=body)
    process.start()
    process.join(60)
    return process.exitcode == -signal.SIGKILL


def messages(campaign: Campaign) -> dict[str, str]:
    with campaign.read() as session:
        assert session.scalars(select(OutboxItem)).all() == []
        return {message.key: message.state for message in session.scalars(select(Message))}


@pytest.mark.parametrize("before", [True, False], ids=["before it is taken", "after it is taken"])
@pytest.mark.parametrize("strike", [1, AT_ONCE, AT_ONCE + 1, COUNT])
def test_marketing_mail_is_sent_at_most_once_and_nobody_claims_to_know(
    campaign: Campaign, database_url, clock, tmp_path, strike, before
):
    plan(campaign, "marketing")
    ledger = Ledger(tmp_path / "ledger", strike=strike, before=before)
    assert live(database_url, clock, ledger)
    clock.advance(LEASE + timedelta(seconds=1))
    assert not live(database_url, clock, Ledger(ledger.path))
    taken, said = ledger.taken(), messages(campaign)
    unknown = AT_ONCE if strike <= AT_ONCE else COUNT - AT_ONCE
    assert sorted(said.values()) == ["handed_over"] * (COUNT - unknown) + ["unknown"] * unknown
    assert len(taken) == len(set(taken))
    assert {key for key, state in said.items() if state == "handed_over"} <= set(taken)
    assert len([key for key in taken if said[key] == "unknown"]) == (strike - 1) % AT_ONCE + 1 - before


@pytest.mark.parametrize("deaths", [1, 2])
def test_transactional_mail_arrives_and_is_repeated_at_most_once(
    campaign: Campaign, database_url, clock, tmp_path, deaths
):
    plan(campaign, "transactional")
    path = tmp_path / "ledger"
    for _ in range(deaths):
        assert live(database_url, clock, Ledger(path, strike=AT_ONCE))
        clock.advance(LEASE + timedelta(seconds=1))
    assert not live(database_url, clock, Ledger(path))
    taken, said = Ledger(path).taken(), messages(campaign)
    assert sorted(taken.count(key) for key in said) == [1] * (COUNT - AT_ONCE) + [2] * AT_ONCE
    unknown = AT_ONCE if deaths == 2 else 0
    assert sorted(said.values()) == ["handed_over"] * (COUNT - unknown) + ["unknown"] * unknown
