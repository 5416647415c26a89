"""Who takes part, each in a greenlet of its own: one runs at a time, and the seed says who goes next."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from greenlet import greenlet


class Crashed(BaseException):
    """A process was killed here. No handler of the program may go on after it."""


@dataclass
class Actor:
    """A process: a body that never returns, made anew when it has crashed. `owners` are those of its leases."""

    name: str
    make: Callable[[Actor], Callable[[], None]]
    owners: set[bytes] = field(default_factory=set)
    is_dead: bool = False
    is_idle: bool = False  # it sleeps because it has found nothing to do, and may be woken
    asleep: int = 0  # turns that it does not get: frozen, or not restarted yet
    thread: greenlet | None = None


class Troupe:
    """All actors. `pause` gives the turn back; outside of any actor it does nothing."""

    def __init__(self, chance: Random) -> None:
        self.actors: list[Actor] = []
        self.current: Actor | None = None
        self._chance = chance
        self._main = greenlet.getcurrent()

    def pause(self) -> None:
        """Let others go first; killed in the meantime, go no further."""
        if self.current is not None:
            self._main.switch()
            self.check()

    def check(self) -> None:
        """Stop an actor that is dead: whatever its handlers still try to do."""
        if self.current is not None and self.current.is_dead:
            raise Crashed

    def turn(self) -> Actor | None:
        """Give one actor a turn, which lasts until its next pause; return whose it was."""
        for actor in self.actors:
            actor.asleep = max(0, actor.asleep - 1)
        able = [actor for actor in self.actors if not actor.asleep]
        if not able:
            return None
        actor = self._chance.choice(able)
        self.run(actor)
        return actor

    def run(self, actor: Actor) -> None:
        """Run an actor until its next pause or its end."""
        if actor.thread is None or actor.thread.dead:
            actor.is_dead = False
            actor.thread = greenlet(_until_killed(actor.make(actor)))
        self.current = actor
        try:
            actor.thread.switch()
        finally:
            self.current = None

    def ring(self) -> None:
        """Say that there is work: heard by nobody, by one who has nothing to do, or by several."""
        for _ in range(self._chance.choice([0, 1, 2, 2, 3])):
            idle = [actor for actor in self.actors if actor.is_idle]
            if idle:
                actor = self._chance.choice(idle)
                actor.is_idle, actor.asleep = False, 0

    def kill(self, actor: Actor) -> None:
        """End an actor wherever it stands."""
        actor.is_dead = True
        if actor.thread is not None and not actor.thread.dead:
            self.run(actor)

    def end(self) -> None:
        for actor in self.actors:
            self.kill(actor)


def _until_killed(body: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        with suppress(Crashed):
            body()

    return run
