"""What goes wrong, and when: by chance, or at one point that is named by its number."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from sqlalchemy.exc import OperationalError

from tests.support.simulation.actors import Crashed, Troupe


@dataclass
class Faults:
    """Points are counted. A process dies at `only`, the number of one; or at any, as often as `crashes` says.

    `errors`: how often a database answers that it can't, before or after it has committed.
    """

    troupe: Troupe
    chance: Random
    crashes: float = 0.0
    errors: float = 0.0
    only: int | None = None
    points: int = 0
    struck: int = 0

    def point(self) -> None:
        """Let a process die here."""
        self.troupe.check()
        actor = self.troupe.current
        if actor is None:
            return
        self.points += 1
        hit = self.points == self.only if self.only is not None else self.chance.random() < self.crashes
        if hit:
            self.struck += 1
            actor.is_dead = True
            actor.asleep = self.chance.randint(0, 20)
            raise Crashed

    def commit(self) -> None:
        """Let a process die or a statement fail at a commit."""
        self.point()
        if self.troupe.current is not None and self.chance.random() < self.errors:
            self.struck += 1
            raise OperationalError("COMMIT", None, Exception("the connection was lost"))
