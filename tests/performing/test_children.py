"""Runs in child processes: whatever a plugin does, an answer or a reason comes back, and the next run is unharmed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from campaigns.outgoing.call import Forbidden, Unreachable
from campaigns.performing.children import Children
from campaigns.performing.task import Task
from campaigns.sections.performing import GiveUp, TryLater
from tests.support.acting import acting_kinds

PATIENT, SHORT = 60.0, 0.3  # seconds: for what ends by itself, and for what has to be ended


def task(mode: str, *, limit: float = PATIENT, **more) -> Task:
    asked = {"lead": {"email": "ann@example.com"}, "event": {}, "state": {}}
    return Task("test.act", "k1", config={"mode": mode}, asked=asked, limit=limit, memory=128, **more)


@pytest.fixture
def children() -> Iterator[Children]:
    made = Children(acting_kinds())
    yield made
    made.close()


def test_a_run_is_given_what_was_asked_and_its_answer_comes_back(children):
    answer = children.perform(task("well", attempt=2))
    assert answer["state"] == {"seen": {"email": "ann@example.com", "key": "k1", "attempt": 2}}
    assert (answer["branch"], answer["events"]) == ("done", [["acted", {"by": "test"}]])


def test_a_child_is_kept_for_the_next_run_of_its_type(children):
    children.perform(task("well"))
    (first,) = children._idle.values()
    children.perform(task("well"))
    assert list(children._idle.values()) == [first]
    assert first.runs == 2


@pytest.mark.parametrize(
    ("mode", "limit", "kind", "reason"),
    [
        ("exits", PATIENT, TryLater, "its process ended with exit status 3"),
        ("is killed", PATIENT, TryLater, "its process ended by signal SIGKILL"),
        ("hangs", SHORT, TryLater, "it took more than 0.3 seconds"),
        ("allocates", PATIENT, TryLater, "it took more than 128 MiB of memory"),
        ("answers much", PATIENT, GiveUp, "perform answered with more than 64 KiB"),
        ("answers nonsense", PATIENT, GiveUp, "perform has to answer with Performed, not with str"),
        ("raises", PATIENT, TryLater, "ZeroDivisionError: oh"),
    ],
)
def test_what_goes_wrong_is_told_and_the_next_run_is_unharmed(children, mode, limit, kind, reason):
    with pytest.raises(kind) as caught:
        children.perform(task(mode, limit=limit))
    assert caught.value.message == reason
    assert children.perform(task("well"))["branch"] == "done"


def test_it_learns_no_settings_and_what_it_prints_goes_nowhere(children, monkeypatch, capfd):
    monkeypatch.setenv("CAMPAIGNS_SECRET_KEY", "k" * 40)
    monkeypatch.setenv("CAMPAIGNS_DATABASE_URL", "postgresql://u:p@127.0.0.1/x")
    answer = children.perform(task("prints", secrets={"crm": "s3cr3t"}))
    assert not [name for name in answer["state"]["environment"] if name.startswith("CAMPAIGNS_")]
    assert "s3cr3t" not in "".join(capfd.readouterr())


def test_its_calls_are_held_to_the_rules_for_addresses(children):
    with pytest.raises(GiveUp, match="does not lie on the public internet"):
        children.perform(task("calls"))
    allowing = Children(acting_kinds(), [ip_network("127.0.0.0/8")])
    try:
        with pytest.raises(TryLater, match="does not answer"):
            allowing.perform(task("calls"))
    finally:
        allowing.close()


def test_a_type_that_is_gone_or_performs_nothing_is_told(children):
    with pytest.raises(GiveUp, match=r"acme\.gone is not installed any more"):
        children.perform(Task("acme.gone", "k1"))
    with pytest.raises(GiveUp, match=r"log\.note has no perform"):
        children.perform(Task("log.note", "k1"))


def test_closing_ends_the_processes(children):
    children.perform(task("well"))
    (child,) = children._idle.values()
    children.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child._process.pid, 0)


def test_giving_up_and_trying_later_are_what_calls_know():
    assert issubclass(GiveUp, Forbidden)
    assert issubclass(TryLater, Unreachable)
