"""Rules about time: no scheduler drops a tick, and no queue holds a delay."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "campaigns"
TICK = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
DELAYS = {"eta", "countdown", "schedule_at", "schedule_in", "queueing_lock", "apply_async"}


def broken(source: str) -> list[str]:
    """Return what a module does against the rules, a line each."""
    return [f"line {call.lineno}: {why}" for call in calls(source) for why in faults(call)]


def calls(source: str) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))


def faults(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given = {word.arg: word.value.value for word in call.keywords if isinstance(word.value, ast.Constant)}
    if name in ("add_job", "scheduled_job"):
        yield from (f"{name} without {key}={TICK[key]}" for key in TICK if given.get(key, ...) != TICK[key])
    yield from (f"{name} with {word.arg}" for word in call.keywords if word.arg in DELAYS)
    if name in DELAYS:
        yield f"call of {name}"


def test_every_tick_is_safe_and_no_message_is_delayed() -> None:
    found = {str(path): broken(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_there_is_one_tick_job_in_all() -> None:
    sources = [path.read_text("utf-8") for path in PACKAGE.rglob("*.py")]
    assert sum(getattr(call.func, "attr", "") == "add_job" for source in sources for call in calls(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "scheduler.add_job(tick, 'interval', seconds=1)",
        "scheduler.add_job(tick, coalesce=True, max_instances=1, misfire_grace_time=1)",
        "scheduler.add_job(tick, coalesce=True, misfire_grace_time=None)",
        "look.configure(schedule_in={'seconds': 5}).defer()",
        "look.apply_async(countdown=5)",
        "look.defer(queueing_lock='one')",
    ],
)
def test_the_rule_finds_what_it_is_for(source: str) -> None:
    assert broken(source)
