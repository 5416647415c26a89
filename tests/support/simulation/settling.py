"""The end of a simulation: nothing goes wrong any more, and time passes until nothing is left to be done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from campaigns.services import versions
from campaigns.worker import next_due
from tests.support.simulation import cast
from tests.support.simulation.actors import Actor
from tests.support.simulation.people import KEYS
from tests.support.simulation.sleeping import resting, settled

if TYPE_CHECKING:
    from tests.support.simulation.simulation import Simulation

LONG = timedelta(hours=1, minutes=10)  # every lease is over by then, and every move is settled
SLACK = (timedelta(seconds=1), timedelta(minutes=30), timedelta(hours=6))  # so that some are due together
MOST = 3000


def settle(play: Simulation) -> None:
    """Do all that is left, whenever it is due, and see that everything has come to its end."""
    play.settler = Actor("the end", lambda _: lambda: None)
    worker = cast.hire(play, play.settler)
    owners, play.settler.owners = play.settler.owners, set()
    play.clock.step(max(timedelta(0), play.clock.latest - play.clock.now()))
    play.clock.pass_time(LONG)
    if play.chance.random() < 0.5:
        _activate_all(play)
    worker.tick()
    worker.tick()  # the second has nothing to tell that the first has not told
    play.settler.owners = owners
    for _ in range(MOST):
        if play.attempt(worker.run_once):
            continue
        due = _after_those_that_rest(play) if _rests(play) else next_due(play.store)
        if due is None:
            _look(play)
            return
        assert isinstance(due, datetime)
        play.clock.pass_time(max(timedelta(0), due - play.clock.now()) + play.chance.choice(SLACK))
    play.fail("the work does not end")


def _activate_all(play: Simulation) -> None:
    for key, tenancy in play.tenants.items():
        people = cast.new_people(play, key, tenancy)
        for name in KEYS:
            people.do(partial(versions.activate, key=name, kinds=cast.KINDS))


def _rests(play: Simulation) -> bool:
    """Whether all mails that are left wait for a person, as those of workflows that the storm brake has stopped do."""
    left = {row.message for row in play.scene.after["outbox"]}
    return bool(left) and left <= resting(play.scene.after, play.reader.stopped_workflows())


def _after_those_that_rest(play: Simulation) -> datetime | None:
    """Return when anything else is due next: those mails are looked at each hour, and that comes to nothing."""
    due = play.scene.after["due"]
    moments = [row.next_at for row in due if row.kind != "outbox" and row.next_at is not None]
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=min(moments)) if moments else None


def _look(play: Simulation) -> None:
    """Read everything anew and look at it once more."""
    reader = play.stage.shelf.read()
    everything = reader.read(())
    active, stopped = reader.active_workflows(), reader.stopped_workflows()
    reader.close()
    try:
        assert everything.tables == play.scene.after.tables, "something was written that no commit has told"
        settled(everything, active, stopped)
    except AssertionError as error:
        play.fail(f"at the end: {error}")
