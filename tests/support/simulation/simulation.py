"""A simulation of the whole runtime: its workers, its people and what goes wrong, all chosen by one seed.

    Simulation(stage, seed).run()

plays it to its end, and raises `Broken` with the seed and what was done last as soon as an invariant does not hold.
"""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from hashlib import blake2b
from random import Random
from typing import NoReturn
from uuid import UUID

from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from campaigns.storage.queries.batch_writes import Conflict
from campaigns.storage.transaction import Store
from campaigns.tenancy import Tenancy
from tests.support.simulation import cast, invariants
from tests.support.simulation.actors import Actor, Crashed, Troupe
from tests.support.simulation.faults import Faults
from tests.support.simulation.files import new_files
from tests.support.simulation.outside import Ledger
from tests.support.simulation.rows import Reader
from tests.support.simulation.scene import Scene
from tests.support.simulation.settling import settle
from tests.support.simulation.stage import SimulatedClock, Stage, repeatable

SPANS = (0.01, 0.3, 2.0, 6.0, 6.0, 31.0, 95.0, 310.0, 4000.0)
STEP = timedelta(hours=2)
MAIN = Actor("the end", lambda _: lambda: None)


class Broken(AssertionError):
    """An invariant does not hold."""


class Simulation:
    """One seed. `crash_at`: instead of by chance, a process dies at this point alone; `turns`: how long it lasts."""

    def __init__(self, stage: Stage, seed: int, *, crash_at: int | None = None, turns: int | None = None) -> None:
        self.stage, self.seed = stage, seed
        self.chance = chance = Random(f"seed/{seed}")
        self.clock, self.ledger = SimulatedClock(), Ledger()
        self.troupe = Troupe(chance)
        self.store = Store(stage.database, self.clock, self)
        self.workers, self.turns = chance.choice([1, 2, 2, 3, 3]), turns or chance.randint(60, 140)
        self.haste = chance.choice([0.05, 0.15, 0.3])
        rates = chance.choice([(0.0, 0.0), (0.01, 0.005), (0.02, 0.005), (0.05, 0.0), (0.0, 0.03)])
        crashes, errors = rates if crash_at is None else (0.0, 0.0)
        self.faults = Faults(self.troupe, chance, crashes, errors, only=crash_at)
        self.calm = crash_at is not None
        self.done: deque[str] = deque(maxlen=80)
        self.trace = blake2b(digest_size=8)
        self.failure: str | None = None
        self.settler = MAIN
        self.files = new_files(self.clock, lambda: self.opening(writes=False))
        self.tenants: dict[str, Tenancy]  # those whose people take part
        self.all_tenants: dict[str, Tenancy]
        self.reader: Reader
        self.scene: Scene

    def run(self) -> Simulation:
        """Play it to its end."""
        cast.prepare(self)
        same = repeatable(str(self.seed), self.clock)
        with same, capture_logs() as logs, closing(self.stage.shelf.read()) as reader:
            self._play(reader)
        woken = [entry for entry in logs if entry["event"] == "recovery.woken"]
        if woken:
            raise Broken(f"seed {self.seed}: work had been forgotten: {woken}")
        return self

    def _play(self, reader: Reader) -> None:
        self.reader = reader
        first = reader.read(())
        self.scene = Scene(self.clock, self.ledger, first, first)
        cast.introduce(self)
        self.stage.hooks = self
        try:
            for _ in range(self.turns):
                self._pass_time()
                self._turn()
            self.troupe.end()
            self._check()
            settle(self)
        finally:
            self.stage.hooks = None

    def _turn(self) -> None:
        actor = self.troupe.turn()
        if actor is not None:
            self.note(actor.name)
            if not self.calm and self.chance.random() < 0.015:
                actor.asleep = self.chance.randint(20, 90)
        self._check()

    def _pass_time(self) -> None:
        if self.chance.random() < self.haste:
            self.clock.pass_time(timedelta(seconds=self.chance.choice(SPANS) * self.chance.random()))
        if not self.calm and self.chance.random() < 0.004:
            self.clock.step(self.chance.choice([STEP, -STEP]))

    def _check(self) -> None:
        if self.failure is not None:
            told = "\n  ".join(self.done)
            raise Broken(f"seed {self.seed}: {self.failure}\nWhat was done last:\n  {told}")

    def note(self, what: str) -> None:
        """Remember what was done; the trace of a seed is the same each time it is played."""
        self.done.append(f"{self.clock.now():%m-%d %H:%M:%S} {what}")
        self.trace.update(what.encode())

    def fail(self, why: str) -> NoReturn:
        """Say that something does not hold, and stop whoever did it."""
        self.failure = self.failure or why
        if self.troupe.current is None:
            self._check()
        else:
            self.troupe.current.is_dead = True
        raise Crashed

    # What the stage tells.

    def opening(self, *, writes: bool) -> None:
        self.faults.point()
        if not self.stage.is_writing:
            self.troupe.pause()

    def committing(self) -> None:
        self.faults.commit()

    def committed(self, tables: set[str]) -> None:
        actor = self.troupe.current or self.settler
        self.scene.advance(self.reader.read(tables), actor)
        self.note(f"{actor.name} commits {' '.join(sorted(tables))}")
        for name, holds in invariants.ALL.items():
            try:
                holds(self.scene)
            except AssertionError as error:
                self.fail(f"{name} after a commit of {actor.name}: {error}")
        self.faults.commit()

    def offer(self, connection: Connection, tenant_id: UUID, lane: str) -> None:
        """Hear that a transaction makes work; it may still fail."""

    def wake(self, tenant_id: UUID, lane: str) -> None:
        """Hear that work has been committed."""
        self.troupe.ring()

    def outside(self, what: str) -> None:
        """A point before or after a mail or a call."""
        self.note(what)
        self.faults.point()
        self.troupe.pause()

    def attempt(self, work: Callable[[], object]) -> object:
        """Do a piece of work as the outermost loop of a process does: what the database refuses is tried again."""
        try:
            return work()
        except (OperationalError, Conflict):
            self.note("  failed, and will be tried again")
            return None
        except Exception as error:  # noqa: BLE001 - a process would go on after it, and nobody would see
            told = "".join(traceback.format_exception(error)[-6:])
            self.fail(f"{type(error).__name__} reached the outermost loop: {error}\n{told}")
