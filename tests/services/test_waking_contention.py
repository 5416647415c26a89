"""Run now beside workers that have the same executions in hand: one after the other, every step once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from campaigns.errors import LeaseLost
from campaigns.sections.registry import kinds
from campaigns.services import waking
from campaigns.services.execution_pages import Filters
from campaigns.services.runner import Runner
from campaigns.services.waking import Chosen
from campaigns.storage.models import Execution, SectionCount
from tests.support.campaign import Campaign
from tests.support.lines import hours, note
from tests.support.sending import BY_EVENT, is_settled, send, steps

AT_D = Filters(workflow="flow", section="d")


def wake(campaign: Campaign) -> None:
    with campaign.write() as session:
        waking.wake_execution(session, campaign.only(Execution).id)


class Slow(Runner):
    """A worker that is held up between reading its items and deciding them."""

    meanwhile = staticmethod(lambda: None)

    def _attempt(self, items, lease, **options):
        act, self.meanwhile = self.meanwhile, lambda: None
        act()
        return super()._attempt(items, lease, **options)


def test_beside_a_worker_that_has_the_same_execution_in_hand_every_step_is_taken_once(campaign: Campaign, clock):
    campaign.workflow([hours("d"), note("n"), hours("e")], triggers=[BY_EVENT])
    send(campaign, "go")
    clock.advance(timedelta(minutes=59, seconds=59))
    worker = Slow(campaign.store, kinds())

    def act():
        clock.advance(timedelta(seconds=-1))
        wake(campaign)
        clock.advance(timedelta(seconds=1))

    worker.meanwhile = act
    clock.advance(timedelta(seconds=1))
    with pytest.raises(LeaseLost):
        worker._work(worker._claim(), lambda: False)
    campaign.run()
    assert steps(campaign) == [("d", "waiting"), ("d", "resumed"), ("n", "done"), ("e", "waiting")]
    assert {(row.section, row.waiting, row.passed) for row in campaign.all(SectionCount) if row.section != "n"} == {
        ("t1", 0, 1), ("d", 0, 1), ("e", 1, 0),
    }  # fmt: skip


def together(*acts) -> list[Exception]:
    """Run acts in threads of their own; return what any of them raised."""
    raised = []

    def attempt(act):
        try:
            act()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            raised.append(error)

    threads = [threading.Thread(target=attempt, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


def test_many_at_once_beside_workers_go_on_once_each(campaign: Campaign):
    campaign.workflow([hours("d"), note("n")])
    campaign.imports("email\n" + "".join(f"p{n}@example.com\n" for n in range(120)))

    def run_now():
        chunk, going = waking.Chunk(0, None), True
        while going:
            with campaign.write() as session:
                chunk = waking.wake_some(session, Chosen(AT_D), after=chunk.after, most=20)
            going = chunk.after is not None

    def work():
        runner = Runner(campaign.store, kinds())
        for _ in range(20):
            runner.run_once()

    assert together(run_now, run_now, work, work) == []
    campaign.run()
    assert campaign.statuses() == {"finished": 120}
    found = steps(campaign)
    assert (found.count(("d", "resumed")), found.count(("n", "done"))) == (120, 120)
    is_settled(campaign)
