"""Workflows that surely start each other for ever are refused; what may end is not."""

import pytest

from campaigns.engine.cycles import cycle_problems, outline
from campaigns.engine.validation import parse
from tests.support.lines import hours, note
from tests.support.programs import KINDS, document, item

COLD = {"field": "lead.score", "op": "lt", "value": 50}


def received(name, **more):
    return {"id": "t1", "type": "event.received", "config": {"name": name}, **more}


def read(*sections, triggers=None, **settings):
    return parse(document(*sections, triggers=triggers, **settings), KINDS)


def start(key, **more):
    return item("workflow.start", "s", workflow=key) | more


def emit(name):
    return item("event.emit", "s", name=name)


def found(key, own, **others):
    known = {name: outline(one, KINDS) for name, one in others.items()}
    return {problem.path: problem.message for problem in cycle_problems(key, own, known, KINDS)}


def test_itself():
    assert list(found("a", read(note("n"), start("a")))) == ["/sections/1/config/workflow"]


def test_each_other_also_across_five():
    others = {f"w{n}": read(start(f"w{n + 1}")) for n in range(1, 5)} | {"w5": read(start("a"))}
    problems = found("a", read(start("w1")), **others)
    assert problems == {
        "/sections/0/config/workflow": "starts this workflow again by way of w1, w2, w3, w4, w5, for every lead and "
        "without an end"
    }
    del others["w3"]  # not live
    assert found("a", read(start("w1")), **others) == {}


def test_by_events():
    ping = read(emit("pong"), triggers=[received("ping")])
    pong = read(emit("ping"), triggers=[received("pong")])
    assert list(found("a", ping, b=pong)) == ["/sections/0/config/name"]
    assert list(found("a", read(emit("ping"), triggers=[received("ping")]))) == ["/sections/0/config/name"]


@pytest.mark.parametrize(
    "own",
    [
        read(start("a", only_if=COLD)),
        read(start("a", disabled=True)),
        read(item("flow.if", "i", condition=COLD, branches={"yes": [start("a")]})),
        read(item("flow.finish", "f"), start("a")),
        read(start("a"), limits={"per_lead_ever": 3}),
        read(start("a"), reenter_after={"days": 1}),
        read(start("a"), keep_while=COLD),
        read(emit("x"), triggers=[received("x", filter=COLD)]),
        read(emit("x"), triggers=[received("x", mode="exit")]),
        read(start("elsewhere")),
    ],
)
def test_what_may_come_to_an_end_is_left_to_the_guard_at_run_time(own):
    assert found("a", own) == {}


def test_a_delay_does_not_end_it():
    assert found("a", read(hours("d"), start("a")))
