"""Documents of all section types, drawn by chance, with forks, jumps, waits, goals and listeners: two readings.

The engine and a naive reading go through the same script of hours that pass, events that come, and points that
somebody gives; after each of them the steps, the status, the sections where something stands, the state and the lead
are the same. A failure names the seed.
"""

import random

import pytest

from campaigns.engine.validation import find_problems, parse
from tests.engine.drawn_documents import Drawn
from tests.engine.naive_lines import NaiveLines, TooLong
from tests.support.lines import Line
from tests.support.programs import KINDS, VOCABULARY


def play(line, what, much):
    """Let the engine go through one thing that happens."""
    if what == "pass":
        line.pass_time(hours=much)
    elif what == "event":
        line.event(much)
    else:
        line.subject.values["score"] += much
        line.changed()


def of_engine(line):
    subject, execution = line.subject, line.execution
    return {
        "steps": line.steps,
        "status": line.status,
        "standing": line.standing if line.status != "failed" else None,
        "state": execution.state,
        "lead": {"city": None} | dict(subject.values),
        "tags": (subject.tags, subject.lists, len(execution.outside)),
        "numbered": [number for number, *_ in execution.steps] == list(range(execution.next_number)),
    }


def of_reading(naive):
    standing = sorted(line.at for line in naive.lines) if naive.status == "running" else []
    return {
        "steps": naive.steps,
        "status": naive.outcome,
        "standing": standing if naive.outcome != "failed" else None,
        "state": naive.state,
        "lead": {"city": None} | naive.values,
        "tags": (naive.tags, naive.lists, naive.mails),
        "numbered": True,
    }


def compare(seed):
    drawn = Drawn(random.Random(seed))
    raw, script = drawn.raw, drawn.script()
    assert find_problems(parse(raw, KINDS), KINDS, VOCABULARY) == []
    try:
        naive = NaiveLines(raw)
        line = Line(*raw["sections"])
        for what, much in [("pass", 0), *script]:
            play(line, what, much)
            {"pass": naive.pass_time, "event": naive.event, "score": naive.score}[what](much)
            assert of_engine(line) == of_reading(naive), f"seed {seed}, {what} {much}"
            waits = [(token.number, one.name, one.event_type) for token in line.execution.tokens.values()
                     for one in token.waits]  # fmt: skip
            assert len(waits) == len(set(waits)), f"seed {seed}: waits for the same twice"
    except TooLong:
        return


@pytest.mark.parametrize("block", range(10))
def test_the_engine_does_what_a_naive_reading_of_the_document_does(block):
    for seed in range(block * 100, block * 100 + 100):
        compare(seed)
