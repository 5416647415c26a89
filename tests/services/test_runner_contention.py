"""Several workers and writers at once: nothing twice, nothing lost, and nobody hears of locks."""

import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from campaigns.errors import LeaseLost
from campaigns.sections.registry import kinds
from campaigns.services import events, executions, leads
from campaigns.services.events import Sent
from campaigns.services.programs import ProgramCache
from campaigns.services.runner import Runner
from campaigns.storage.models import Enrolment, Execution, Lead, PendingEvent, Refusal, Step, WorkflowTotal
from campaigns.storage.queries.due import LEASE
from tests.support.campaign import Campaign
from tests.support.lines import hours
from tests.support.sending import ANN, BY_EVENT

SECTIONS = [
    {"id": "s1", "type": "lead.add_points", "config": {"points": 10}},
    {"id": "s2", "type": "list.add", "config": {"list": "hot"}},
]
WRITING_SECONDS = 2.0


def prepare(campaign: Campaign, count: int) -> None:
    """Import leads, and leave their events to be worked on."""
    campaign.workflow(SECTIONS)
    campaign.start_import("email\n" + "".join(f"p{n}@example.com\n" for n in range(count)))
    while campaign.worker._import_chunk():
        pass
    assert len(campaign.all(PendingEvent)) == count


def check(campaign: Campaign, count: int) -> None:
    """Check that each lead went through once, by every count there is."""
    with campaign.read() as session:
        assert session.scalar(select(func.count()).select_from(PendingEvent)) == 0
        assert session.scalar(select(func.count(Execution.lead_id.distinct()))) == count
        assert session.scalar(select(func.count()).select_from(Step)) == 2 * count
        assert set(session.scalars(select(Lead.score))) == {10}
        assert session.execute(select(func.sum(Enrolment.ever), func.sum(Enrolment.active))).one() == (count, 0)
        total = session.scalars(select(WorkflowTotal)).one()
        assert (total.started, total.finished, total.active) == (count, count, 0)
    assert campaign.statuses() == {"finished": count}


def together(*works):
    """Run works in threads of their own; return what any of them raised."""
    raised = []

    def run(work):
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            raised.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return raised


class Slow(Runner):
    """A worker that is held up between reading its items and deciding them."""

    meanwhile = staticmethod(lambda: None)

    def _attempt(self, items, lease, **options):
        self.meanwhile()
        return super()._attempt(items, lease, **options)


class Paused(ProgramCache):
    """Programs that take their time once: something else happens in the middle of a batch's reading."""

    def __init__(self, meanwhile):
        super().__init__(kinds())
        self.meanwhile = [meanwhile]

    def get(self, *arguments):
        found = super().get(*arguments)
        if self.meanwhile:
            self.meanwhile.pop()()
        return found


def take_over(campaign, clock, runner):
    """Let the lease expire, and another worker do some of the work."""

    def act():
        clock.advance(LEASE + timedelta(seconds=1))
        runner.run_once()

    return act


def test_a_worker_whose_lease_was_taken_over_commits_nothing(campaign: Campaign, clock):
    prepare(campaign, 60)
    heir, zombie = Runner(campaign.store, kinds()), Slow(campaign.store, kinds())
    zombie.meanwhile = take_over(campaign, clock, heir)
    with pytest.raises(LeaseLost):
        zombie._work(zombie._claim(), lambda: False)
    assert (zombie.done.events, heir.done.events > 0) == (0, True)
    zombie.meanwhile = lambda: None
    campaign.run()
    check(campaign, 60)


def test_losing_a_lease_is_no_error_of_the_worker(campaign: Campaign, clock):
    prepare(campaign, 20)
    zombie = Slow(campaign.store, kinds())
    zombie.meanwhile = take_over(campaign, clock, Runner(campaign.store, kinds()))
    assert zombie.run_once()
    zombie.meanwhile = lambda: None
    campaign.run()
    check(campaign, 20)


def test_a_worker_held_up_in_the_middle_of_a_batch_is_overtaken_or_waited_for_but_never_doubled(
    campaign: Campaign, clock
):
    """SQLite decides outside of the writer's turn, so another may overtake; PostgreSQL's locks make it wait."""
    prepare(campaign, 60)
    heir = Runner(campaign.store, kinds())
    late = Runner(campaign.store, kinds(), programs=Paused(take_over(campaign, clock, heir)))
    lease = late._claim()
    if campaign.store.database.is_sqlite:
        with pytest.raises(LeaseLost):
            late._work(lease, lambda: False)
        assert heir.done.events > 0
    else:
        late._work(lease, lambda: False)
        assert late.done.events > 0
    campaign.run()
    check(campaign, 60)


def test_a_start_by_hand_beside_a_batch_takes_the_slot_that_it_would_take(campaign: Campaign):
    campaign.workflow([hours("d")], triggers=[BY_EVENT])
    with campaign.write() as session:
        lead = leads.create_lead(session, {"email": ANN})
        events.take(session, [Sent("go", {"email": ANN})])

    def start():
        with campaign.write() as session:
            executions.start_by_hand(session, "flow", lead.id)

    Runner(campaign.store, kinds(), programs=Paused(start)).run_once()
    campaign.run()
    assert (campaign.only(Enrolment).active, campaign.only(Refusal).limit) == (1, "per_lead_active")


def test_a_dead_workers_shards_are_taken_when_its_lease_is_over(campaign: Campaign, clock):
    prepare(campaign, 60)
    dead = Runner(campaign.store, kinds())
    dead.most_shards = 16
    assert dead._claim() is not None
    campaign.run()
    assert campaign.statuses() == {}
    clock.advance(LEASE + timedelta(seconds=1))
    campaign.run()
    check(campaign, 60)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_workers_share_one_tenant_and_do_each_lead_once(campaign: Campaign):
    prepare(campaign, 600)
    runners = [Runner(campaign.store, kinds()) for _ in range(2)]
    leases = [runner._claim() for runner in runners]
    assert not set(leases[0].shards) & set(leases[1].shards)
    works = [lambda r=r, lease=lease: r._work(lease, lambda: False) for r, lease in zip(runners, leases, strict=True)]
    assert together(*works) == []
    assert all(runner.done.events > 0 for runner in runners)
    assert sum(runner.done.events for runner in runners) == 600
    check(campaign, 600)


def test_workers_in_threads_do_each_lead_once(campaign: Campaign):
    prepare(campaign, 600)
    runners = [Runner(campaign.store, kinds()) for _ in range(4)]

    def work(runner):
        while runner.run_once():
            pass

    assert together(*(lambda r=runner: work(r) for runner in runners)) == []
    campaign.run()
    check(campaign, 600)


class Writers:
    """What eight threads do at once until the time is up: imports, edits, new leads, tags, executions."""

    def __init__(self, campaign: Campaign, seconds: float):
        self.campaign = campaign
        self.ends = time.monotonic() + seconds
        self.counts = Counter()

    def until_the_end(self, name, act):
        def run():
            turn = 0
            while time.monotonic() < self.ends:
                act(turn)
                turn += 1
            self.counts[name] = turn

        return run

    def create(self, thread):
        def act(turn):
            with self.campaign.write() as session:
                leads.create_lead(session, {"email": f"new{thread}-{turn}@example.com"})

        return act

    def edit(self, chosen):
        def act(turn):
            with self.campaign.write() as session:
                leads.update_lead(session, chosen, {"first_name": f"Name {turn}"})

        return act

    def tag(self, chosen):
        def act(turn):
            with self.campaign.write() as session:
                (leads.add_tag if turn % 2 == 0 else leads.remove_tag)(session, chosen, "vip")

        return act

    def bring(self, turn):
        self.campaign.start_import("email\n" + "".join(f"file{turn}-{n}@example.com\n" for n in range(50)))

    def work(self, _turn):
        self.campaign.worker.run_once()


def test_eight_writers_at_once_are_never_told_of_locks(campaign: Campaign):
    campaign.workflow(SECTIONS)
    with campaign.write() as session:
        ann = leads.create_lead(session, {"email": "ann@example.com"}).id
        bob = leads.create_lead(session, {"email": "bob@example.com"}).id
    writers = Writers(campaign, WRITING_SECONDS)
    acts = {
        "create 1": writers.create(1), "create 2": writers.create(2), "edit ann": writers.edit(ann),
        "edit bob": writers.edit(bob), "tag ann": writers.tag(ann), "import": writers.bring,
        "work 1": writers.work, "work 2": writers.work,
    }  # fmt: skip
    assert together(*(writers.until_the_end(name, act) for name, act in acts.items())) == []
    assert min(writers.counts[name] for name in acts) > 0, writers.counts
    campaign.run()
    with campaign.read() as session:
        count = session.scalar(select(func.count()).select_from(Lead))
        assert count == 2 + writers.counts["create 1"] + writers.counts["create 2"] + 50 * writers.counts["import"]
        first_names = dict(session.execute(select(Lead.id, Lead.first_name).where(Lead.id.in_([ann, bob]))).all())
    check(campaign, count)
    assert first_names == {
        ann: f"Name {writers.counts['edit ann'] - 1}", bob: f"Name {writers.counts['edit bob'] - 1}",
    }  # fmt: skip
