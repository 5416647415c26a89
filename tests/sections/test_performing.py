"""The base of section types that perform: what a step plans, what a job offers, what an answer of HTTP means."""

from __future__ import annotations

import pytest

from campaigns.engine.effects import PluginRun
from campaigns.engine.outcome import Fail, Perform
from campaigns.outgoing.call import Answer, RecordingSender
from campaigns.sections.performing import GiveUp, Job, TryLater, expect_ok
from tests.support.acting import Act
from tests.support.programs import NOW, VOCABULARY, context, item, lead, walk


def job(sender: RecordingSender | None = None, **secrets: str) -> Job:
    return Job("k1", 1, {}, secrets, sender or RecordingSender())


def test_a_step_plans_a_run_with_plain_values_and_rests():
    view = context(lead(seen=NOW), event={"name": "go"}, state={"n": 1})
    asked = Act(mode="well", password="crm").prepare(VOCABULARY)(view)
    assert isinstance(asked, Perform)
    assert asked.wait
    run = asked.effect
    assert isinstance(run, PluginRun)
    assert run.asked["lead"]["seen"] == str(NOW)
    assert (run.asked["event"], run.asked["state"]) == ({"name": "go"}, {"n": 1})
    assert run.config == {"mode": "well", "password": "crm", "fields": {}}
    assert (run.secrets, run.retries, run.seconds, run.limit, run.memory) == (("crm",), 3, 300, 30.0, 128)


def test_no_type_may_take_longer_than_half_a_minute(monkeypatch):
    monkeypatch.setattr(Act, "time_limit", 4000)
    assert Act().decide(context()).effect.limit == 30.0


def test_the_walk_notes_the_type(monkeypatch):
    from tests.support import programs
    from tests.support.acting import acting_kinds

    monkeypatch.setattr(programs, "KINDS", acting_kinds())
    ((_, section, _, run),) = walk(item("test.act")).outside
    assert (section, run.type) == ("s1", "test.act")


def test_more_than_64_kib_are_not_handed_over():
    answer = Act().decide(context(state={"x": "y" * 70_000}))
    assert answer == Fail("more than 64 KiB would be handed to it")


def test_references_are_found_in_the_fields_that_say_so():
    assert [(one.kind, one.key, one.path) for one in Act(password="crm").references()] == [
        ("secret", "crm", "/password")
    ]
    assert Act().references() == []


def test_a_call_carries_the_key_and_json():
    sender = RecordingSender()
    job(sender).send("POST", "https://x.example.com/", json={"a": 1}, headers={"X-A": "b"})
    (sent,) = sender.sent
    assert (sent.body, sent.key) == (b'{"a": 1}', "k1")
    assert sent.headers == {"content-type": "application/json", "webhook-id": "k1", "X-A": "b"}


def test_a_secret_that_is_gone_is_told():
    assert job(crm="x").secret("crm") == "x"
    with pytest.raises(GiveUp, match=r"There is no secret crm\."):
        job().secret("crm")


@pytest.mark.parametrize(
    ("status", "headers", "kind", "after"),
    [
        (503, {}, TryLater, 0),
        (429, {"retry-after": "7"}, TryLater, 7),
        (404, {}, GiveUp, None),
        (302, {}, GiveUp, None),
    ],
)
def test_what_is_not_2xx_is_raised(status, headers, kind, after):
    with pytest.raises(kind, match=f"answered {status}") as caught:
        expect_ok(Answer(status, headers, b"", 1))
    assert getattr(caught.value, "after_seconds", None) == after


def test_2xx_is_given_back():
    answer = Answer(201, {}, b'{"a": 1}', 1)
    assert expect_ok(answer) is answer
    assert answer.json() == {"a": 1}
