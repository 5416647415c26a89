"""The whole runtime in one thread, seed by seed: whatever is interleaved, lost, doubled or killed, I1 to I12 hold.

`SIMULATED_SEEDS` (a count), `SIMULATED_FROM` and `SIMULATED_STORE` (sqlite or postgresql) say which seeds, and where;
`make simulate SEEDS=10000` sets them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, timedelta
from unittest.mock import patch

import pytest

from campaigns.engine.recurring import ScheduleSpec
from campaigns.services import hand_overs, import_chunks, import_undo, lead_moves, runner, schedules
from campaigns.storage.models import Schedule
from campaigns.storage.queries import erasure
from campaigns.storage.transaction import TenantSession
from tests.support.postgresql import PostgreSQL
from tests.support.simulation.simulation import Broken, Simulation
from tests.support.simulation.stage import Stage
from tests.support.simulation.template import file_stage, server_stage

SEEDS = int(os.environ.get("SIMULATED_SEEDS", "300"))
STORE = os.environ.get("SIMULATED_STORE", "sqlite")
FIRST = int(os.environ.get("SIMULATED_FROM", "0"))
TOGETHER = 25  # seeds of one test: those of a workload follow each other
KEPT = (33, 81, 85, 88, 89, 113, 1027, 20170)  # have failed once
POINTS = 20
ON_BOTH = 10  # seeds


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Return the stage that all seeds of a process play on."""
    return file_stage(tmp_path_factory.mktemp("simulation"))


@pytest.fixture(scope="session")
def other_stage(postgresql: PostgreSQL) -> Stage:
    """Return a stage on PostgreSQL."""
    return server_stage(postgresql)


def play(stage: Stage, seeds: Iterable[int]) -> None:
    for seed in seeds:
        Simulation(stage, seed).run()


@pytest.mark.slow
@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, TOGETHER))
def test_every_invariant_holds_after_every_commit(request: pytest.FixtureRequest, first: int) -> None:
    stage: Stage = request.getfixturevalue("stage" if STORE == "sqlite" else "other_stage")
    play(stage, range(first, min(first + TOGETHER, FIRST + SEEDS)))


@pytest.mark.slow
def test_they_hold_on_postgresql_as_well(other_stage: Stage) -> None:
    play(other_stage, range(ON_BOTH))


@pytest.mark.parametrize("seed", KEPT)
def test_seeds_that_have_failed_hold(stage: Stage, seed: int) -> None:
    Simulation(stage, seed).run()


def test_a_seed_is_the_same_each_time_it_is_played(stage: Stage) -> None:
    for seed in (3, 7):
        first, second = Simulation(stage, seed).run(), Simulation(stage, seed).run()
        assert first.trace.digest() == second.trace.digest()
        assert first.scene.after.tables == second.scene.after.tables


@pytest.mark.slow
def test_a_process_may_die_at_any_point(stage: Stage) -> None:
    whole = Simulation(stage, 5, crash_at=0, turns=40).run()
    assert whole.faults.points > POINTS
    for point in range(1, whole.faults.points, max(1, whole.faults.points // POINTS)):
        assert Simulation(stage, 5, crash_at=point, turns=40).run().faults.struck == 1


def forget_the_lease() -> AbstractContextManager[object]:
    """Let every worker write, whoever holds the shards by now."""
    return patch.object(runner, "_check", lambda connection, lease: None)


def repeat_every_mail() -> AbstractContextManager[object]:
    """Hand over again whatever a dead worker had in hand."""
    return patch.object(hand_overs, "_may_go", lambda message, suppressed, brake, now: True)


def lose_wake_ups() -> AbstractContextManager[object]:
    """Commit work without saying that it is due."""
    return patch.object(TenantSession, "make_due", lambda session, kind, shards, **when: None)


def leave_those_who_move() -> AbstractContextManager[object]:
    """Let what runs for a lead go on where it has gone away from."""
    return patch.object(lead_moves, "stop_leads", lambda session, lead_ids, reason: 0)


def leave_those_who_are_erased() -> AbstractContextManager[object]:
    """Let what runs for a lead go on without it."""
    return patch.object(erasure, "unfinished", lambda session, lead_ids: [])


@contextmanager
def leave_what_was_begun() -> Iterator[None]:
    """Undo an import, and let what it has started go on, for leads that stay as well."""
    with (
        patch.object(import_undo, "_stop", lambda session, rows: 0),
        patch.object(import_undo, "_removable", lambda session, entry, lead_ids: set()),
    ):
        yield


def forget_what_was_refused() -> AbstractContextManager[object]:
    """Count the rows of a file that were refused, and keep none."""
    return patch.object(import_chunks, "_keep_problems", lambda session, import_id, problems: None)


def plan_what_has_been() -> AbstractContextManager[object]:
    """Plan a schedule's next time from an hour ago: one that has come comes again."""

    def plan(session: TenantSession, row: Schedule, spec: ScheduleSpec, tenant_zone: str) -> None:
        row.next_at = schedules.next_after(spec.rule, session.now - timedelta(hours=1), UTC)

    return patch.object(schedules, "_plan_next", plan)


@pytest.mark.parametrize(
    ("mistake", "found"),
    [
        (forget_the_lease, "I5"),
        (repeat_every_mail, "mail|I9"),
        (lose_wake_ups, "I11"),
        (leave_those_who_move, "places"),
        (leave_those_who_are_erased, "places"),
        (leave_what_was_begun, "undone after"),
        (forget_what_was_refused, "imports after"),
        (plan_what_has_been, "times after"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_simulation_finds_mistakes(
    stage: Stage, mistake: Callable[[], AbstractContextManager[object]], found: str
) -> None:
    with mistake(), pytest.raises(Broken, match=found):
        play(stage, [*range(100, 300, 25), *range(100)])  # of several workloads first
