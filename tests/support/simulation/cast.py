"""Who takes part in a simulation: workers, who ticks, and the people of each tenant; and what they find at first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from campaigns.errors import CampaignsError
from campaigns.services import versions, workflows
from campaigns.services.outbox import Outbox
from campaigns.storage.transaction import Store, writing
from campaigns.tenancy import Tenancy
from campaigns.vault import Vault
from campaigns.worker import Outside, Worker
from tests.support.simulation.actors import Actor
from tests.support.simulation.importing import Clerks
from tests.support.simulation.outside import Mailbox, Plugins, Receiver
from tests.support.simulation.people import People
from tests.support.simulation.stage import repeatable
from tests.support.simulation.template import domain, open_tenants, other_than
from tests.support.simulation.workloads import Author, all_kinds

if TYPE_CHECKING:
    from tests.support.simulation.simulation import Simulation

KINDS = all_kinds()
SHARED = 5  # so many seeds in a row have the same workflows


def prepare(play: Simulation) -> None:
    """Set the stage: tenants with workflows. A few seeds share them, since writing them takes long."""
    workload = play.seed // SHARED
    if play.stage.prepared != workload:
        play.stage.reset()
        with repeatable(f"workload/{workload}", play.clock):
            _write(play.store, Random(f"workload/{workload}"))
        play.stage.keep(workload)
    play.stage.reset(prepared=True)
    found = open_tenants(play.store)
    keys = [key for key in found if key == "acme" or play.chance.random() < 0.4]
    play.tenants = {key: found[key] for key in keys}
    play.all_tenants = found


def _write(store: Store, chance: Random) -> None:
    """Write the workflows, and activate them."""
    for number, (key, tenancy) in enumerate(open_tenants(store).items()):
        author = Author(chance, away=other_than(key), after=10 + number * 100)
        other = author.document(start=chance.choice(["pinged", "go"]))
        _publish(store, tenancy, "other", other)
        started = "other" if chance.random() < 0.3 else None
        _publish(store, tenancy, "welcome", author.document(start="go", other=started))


def _publish(store: Store, tenancy: Tenancy, key: str, document: dict[str, Any]) -> None:
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name=key.title(), key=key, document=document, kinds=KINDS)
    try:
        with writing(store, tenancy) as session:
            versions.activate(session, key, kinds=KINDS)
    except CampaignsError:  # it would start itself for ever, and stays a draft
        pass


def introduce(play: Simulation) -> None:
    """Let everybody take part."""
    tenants = play.tenants.items()
    play.scene.domains = {tenancy.tenant_id.bytes: domain(key) for key, tenancy in play.all_tenants.items()}
    play.scene.lines, play.scene.has_file = play.files.lines, play.files.has
    actors = play.troupe.actors
    actors += [Actor(f"worker {number}", lambda actor: _work(play, actor)) for number in range(play.workers)]
    actors.append(Actor("ticker", lambda actor: _tick(play, actor)))
    for key, tenancy in tenants:
        people = new_people(play, key, tenancy)
        people.is_wild = play.chance.random() < 0.85
        actors.append(Actor(f"people of {key}", partial(_act, play, people)))


def new_people(play: Simulation, key: str, tenancy: Tenancy) -> People:
    clerks = Clerks(play.files, play.chance, domain(key))
    return People(play.store, tenancy, play.chance, Author(play.chance, away=other_than(key)), domain(key), clerks)


def hire(play: Simulation, actor: Actor) -> Worker:
    """Return a worker as a process that has just started makes it; its leases are the actor's."""
    mailbox = Mailbox(play.ledger, play.chance, play.outside, lambda: play.scene.commits)
    receiver = Receiver(play.ledger, play.chance, play.outside)
    plugins = Plugins(play.ledger, play.chance, play.outside)
    outside = Outside(calls=receiver, vault=Vault(""), performer=plugins)
    worker = Worker(play.store, KINDS, mailbox, play.files, outside=outside)
    worker._mine.outbox = Outbox(play.store, mailbox, timer=play.clock.timer)
    owners = (worker._runner().owner, worker._outbox().owner, worker._caller().owner)
    actor.owners = {owner.bytes for owner in owners}
    return worker


def _work(play: Simulation, actor: Actor) -> Callable[[], None]:
    worker, chance = hire(play, actor), play.chance
    patience = chance.choice([0.0, 0.1, 0.5])

    def body() -> None:
        while True:
            if not play.attempt(lambda: worker.run_once(lambda: chance.random() < patience)):
                actor.is_idle, actor.asleep = True, chance.randint(5, 40)
            play.troupe.pause()
            actor.is_idle = False

    return body


def _tick(play: Simulation, actor: Actor) -> Callable[[], None]:
    worker = hire(play, actor)
    actor.owners = set()

    def body() -> None:
        while True:
            actor.asleep = play.chance.randint(40, 140)
            play.troupe.pause()
            play.attempt(worker.tick)

    return body


def _act(play: Simulation, people: People, actor: Actor) -> Callable[[], None]:
    def body() -> None:
        while True:
            play.attempt(people.act)
            actor.asleep = play.chance.randint(1, 9)
            play.troupe.pause()

    return body
