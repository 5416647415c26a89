"""SIGKILL of a worker while a plugin performs: its child ends too, and the run is made again with the same key."""

from __future__ import annotations

import multiprocessing
import os
import select
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from campaigns.clock import FixedClock
from campaigns.messages.memory import MemoryTransport
from campaigns.performing.children import Children
from campaigns.services import events
from campaigns.services.calls import LEASE
from campaigns.services.events import Sent
from campaigns.services.import_files import Uploads
from campaigns.storage.db import Database
from campaigns.storage.models import Execution, OutsideCall, Step
from campaigns.storage.transaction import Store
from campaigns.worker import Outside, Worker
from tests.support.acting import acting_kinds
from tests.support.campaign import Campaign
from tests.support.programs import item
from tests.support.sending import ANN, BY_EVENT, is_settled, tags

MOST_SECONDS = 60  # that anything here may take on a busy machine


def live(url: str, uploads: Path, at: datetime) -> None:
    """Work until nothing is due: the body of the life that is ended."""
    known = acting_kinds()
    outside = Outside(performer=Children(known))
    worker = Worker(Store(Database(url), FixedClock(at)), known, MemoryTransport(), Uploads(uploads), outside=outside)
    while worker.run_once():
        pass
    os._exit(0)


class Pipe:
    """What runs tell of themselves."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        self._end = os.open(path, os.O_RDWR)

    def told(self) -> tuple[str, int, int]:
        """Return key, number of the try, and process of the next run that tells."""
        assert select.select([self._end], [], [], MOST_SECONDS)[0], "nothing was run"
        key, attempt, process = os.read(self._end, 4096).decode().split()
        return key, int(attempt), int(process)

    def close(self) -> None:
        os.close(self._end)


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Pipe]:
    made = Pipe(tmp_path / "pipe")
    yield made
    made.close()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")  # the child makes connections of its own
def test_a_run_whose_worker_is_killed_is_made_again_with_its_key_and_the_step_is_taken_once(
    campaign: Campaign, database_url: str, clock: FixedClock, pipe: Pipe
) -> None:
    campaign.kinds = acting_kinds()
    act = item("test.act", "a", mode="is slow at first", fields={"pipe": str(pipe.path)})
    campaign.workflow([act | {"branches": {"done": [item("lead.add_tag", "y", tag="done")]}}], triggers=[BY_EVENT])
    with campaign.write() as session:
        events.take(session, [Sent("go", {"email": ANN}, None, {})])

    process = multiprocessing.get_context("fork").Process(
        target=live, args=(database_url, campaign.uploads.folder, clock.now())
    )
    process.start()
    key, attempt, child = pipe.told()
    ending = os.pidfd_open(child)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert select.select([ending], [], [], MOST_SECONDS)[0], "the child outlives its worker"
    os.close(ending)
    assert (process.exitcode, attempt, campaign.only(OutsideCall).state) == (-signal.SIGKILL, 1, "calling")

    clock.advance(LEASE + timedelta(seconds=1))
    performer = Children(campaign.kinds)
    outside = Outside(performer=performer)
    campaign.worker = Worker(campaign.store, campaign.kinds, campaign.transport, campaign.uploads, outside=outside)
    campaign.run()
    performer.close()
    assert pipe.told()[:2] == (key, 2)
    assert campaign.only(Execution).state == {"key": key}
    taken = sorted((step.number, step.section, step.outcome) for step in campaign.all(Step))
    assert taken == [(0, "a", "waiting"), (1, "a", "done"), (2, "y", "done")]
    assert tags(campaign) == ["done"]
    is_settled(campaign)
