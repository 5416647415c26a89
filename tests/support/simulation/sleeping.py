"""I11: nothing is stuck. Whatever is not at its end has something that will wake it, and somebody will look in time."""

from __future__ import annotations

from tests.support.simulation.rows import Execution, Rows, Token
from tests.support.simulation.scene import FINAL, Scene, describe

_STORED = frozenset({"ready", "waiting", "listening", "held", "failed"}) | FINAL
_OPEN_CALLS = frozenset({"planned", "calling"})
_OPEN_IMPORTS = frozenset({"pending", "running"})
Place = tuple[bytes, str, int]


def i11_nothing_is_stuck(scene: Scene) -> None:
    """Each execution has ended, rests with a reason, or waits for something; each shard is looked at in time."""
    rows = scene.after
    if scene.wrote("executions", "tokens", "waits", "outside_calls"):
        waits = {(row[0], row[1]) for row in rows["waits"]}
        calls = {(row.execution, str(row.step)) for row in rows["outside_calls"] if row.state in _OPEN_CALLS}
        for execution in rows["executions"]:
            _rests(execution, rows.tokens_of[execution.id], waits, calls)
    _is_looked_at(rows, scene.latest)


def resting(rows: Rows, stopped: set[bytes]) -> set[bytes]:
    """Return the mails that wait until a person lets their workflow go on."""
    return {
        row.id
        for row in rows["messages"]
        if row.state == "planned" and (of := rows.by_id.get(row.execution)) is not None and of.workflow in stopped
    }


def settled(rows: Rows, active: set[bytes], stopped: set[bytes]) -> None:
    """Raise unless everything has come to its end: after all work is done and all time has passed.

    Mails of a workflow that the storm brake has stopped wait for a person, and are looked at again and again.
    """
    assert not rows["pending_events"], "events are left"
    assert {row.message for row in rows["outbox"]} <= resting(rows, stopped), "mails are left"
    assert not any(row.status in _OPEN_IMPORTS for row in rows["imports"]), "imports are left"
    kinds = {row.kind for row in rows["due"] if row.next_at is not None}
    assert kinds <= ({"outbox"} if rows["outbox"] else set()), "work is left"
    for execution in rows["executions"]:
        done = execution.status in FINAL or (execution.status == "failed" and execution.reason != "")
        held = execution.status == "held" and execution.workflow not in active
        assert done or held, f"left for ever: {describe(execution)}"


def _rests(
    execution: Execution, tokens: list[Token], waits: set[tuple[bytes, int]], calls: set[tuple[bytes, str]]
) -> None:
    assert execution.status in _STORED, describe(execution)
    assert (execution.finished_at is not None) == (execution.status in FINAL), describe(execution)
    if execution.status in FINAL:
        assert not tokens, f"has ended, and has tokens: {describe(execution)}"
        assert not any(key == execution.id for key, _ in waits), f"has ended, and waits: {describe(execution)}"
        return
    assert tokens, f"has no token: {describe(execution)}"
    if execution.status == "failed":
        assert execution.reason, "failed without a reason"
    for token in tokens:
        if execution.status in {"held", "failed"}:
            assert token.wake_at is None, f"{execution.status}, and would be woken: {describe(token)}"
        if execution.status != "failed":
            _wakes(execution, token, waits, calls)


def _wakes(execution: Execution, token: Token, waits: set[tuple[bytes, int]], calls: set[tuple[bytes, str]]) -> None:
    timed = (token.due_at if execution.status == "held" else token.wake_at) is not None
    told = (token.execution, token.number) in waits
    called = token.call is not None and (token.execution, token.call) in calls
    assert timed or told or called or token.fork, f"nothing wakes {describe(token)} of {describe(execution)}"


def _is_looked_at(rows: Rows, latest: int) -> None:
    looks: dict[Place, int] = {
        (row.tenant, row.kind, row.shard): row.next_at for row in rows["due"] if row.next_at is not None
    }
    for place, at in _wanted(rows, latest).items():
        found = looks.get(place)
        assert found is not None, f"nobody will ever look: {place[1]} of shard {place[2]}"
        assert found <= max(at, latest), f"nobody looks in time: {place[1]} of shard {place[2]}"


def _wanted(rows: Rows, latest: int) -> dict[Place, int]:
    """Return by when somebody has to look at each shard that has work."""
    moments = [((row.tenant, "run", row.shard), latest) for row in rows["pending_events"]]
    moments += [((row.tenant, "run", row.shard), row.wake_at) for row in rows["tokens"] if row.wake_at is not None]
    moments += [((row.tenant, "outbox", row.shard), row.lease_until or row.next_at) for row in rows["outbox"]]
    moments += [((row.tenant, "import", 0), latest) for row in rows["imports"] if row.status in _OPEN_IMPORTS]
    calls = (row for row in rows["outside_calls"] if row.next_at is not None)
    moments += [((row.tenant, "call", row.shard), row.next_at) for row in calls]
    wanted: dict[Place, int] = {}
    for place, at in moments:
        wanted[place] = min(at, wanted.get(place, at))
    return wanted
