"""Calls beside the rest: a plugin or a host that does not answer holds up nothing but its own sections."""

from __future__ import annotations

import threading

import pytest

from campaigns.outgoing.call import RecordingSender
from campaigns.performing.task import InProcess, Task
from campaigns.services import events
from campaigns.worker import Outside, Worker
from tests.support.acting import acting_kinds
from tests.support.campaign import Campaign
from tests.support.programs import item
from tests.support.sending import ANN, BY_EVENT, tags

PATIENCE = 30.0
ACT = item("test.act", "a", branches={"done": [item("lead.add_tag", "y", tag="done")]})


class Holding(InProcess):
    """Runs nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__(acting_kinds(), RecordingSender())
        self.begun, self.let_go = threading.Event(), threading.Event()

    def perform(self, task: Task):
        self.begun.set()
        assert self.let_go.wait(PATIENCE)
        return super().perform(task)


@pytest.fixture
def holding(campaign: Campaign):
    made = Holding()
    campaign.kinds = acting_kinds()
    outside = Outside(performer=made)
    campaign.worker = Worker(campaign.store, campaign.kinds, campaign.transport, campaign.uploads, outside=outside)
    campaign.worker.call_aside()
    yield made
    made.let_go.set()
    assert campaign.worker.stop_aside(PATIENCE)


def test_executions_go_on_while_a_plugin_is_in_hand(campaign: Campaign, holding: Holding):
    campaign.workflow([ACT], triggers=[BY_EVENT])
    campaign.workflow([item("lead.add_points", "p", points=1)], key="other")
    with campaign.write() as session:
        events.take(session, [events.Sent("go", {"email": ANN})])
    campaign.run()
    assert holding.begun.wait(PATIENCE)
    campaign.imports("email\nbob@example.com\n")
    assert campaign.statuses() == {"waiting": 1, "finished": 2}
    holding.let_go.set()
    assert campaign.worker._aside.wait(PATIENCE)
    campaign.run()
    assert (tags(campaign), campaign.statuses()) == (["done"], {"finished": 3})


def test_a_worker_that_stops_begins_no_further_call(campaign: Campaign, holding: Holding):
    assert campaign.worker.stop_aside(PATIENCE)
    campaign.workflow([ACT], triggers=[BY_EVENT])
    with campaign.write() as session:
        events.take(session, [events.Sent("go", {"email": ANN})])
    campaign.run()
    assert (campaign.statuses(), holding.begun.is_set()) == ({"waiting": 1}, False)
