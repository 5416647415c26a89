"""Runs in one's own process, as the tests of plugins make them."""

from __future__ import annotations

import pytest

from campaigns.outgoing.call import RecordingSender, Unreachable
from campaigns.performing.task import InProcess, Task
from campaigns.sections.performing import GiveUp, TryLater
from tests.support.acting import acting_kinds


def perform(mode: str, *answers):
    performer = InProcess(acting_kinds(), RecordingSender(answers))
    return performer.perform(Task("test.act", "k1", config={"mode": mode}, asked={"lead": {"email": "a@example.com"}}))


def test_an_answer_comes_as_plain_values():
    assert perform("well")["state"]["seen"] == {"email": "a@example.com", "key": "k1", "attempt": 1}


@pytest.mark.parametrize(
    ("mode", "kind", "reason"),
    [
        ("raises", TryLater, "ZeroDivisionError: oh"),
        ("later", TryLater, "not yet"),
        ("gives up", GiveUp, r"There is no secret crm\."),
        ("answers nonsense", GiveUp, "has to answer with Performed"),
    ],
)
def test_what_goes_wrong_is_final_or_tried_again(mode, kind, reason):
    with pytest.raises(kind, match=reason):
        perform(mode)


def test_what_the_sender_raises_goes_through():
    with pytest.raises(Unreachable, match="gone"):
        perform("calls", Unreachable("gone"))
