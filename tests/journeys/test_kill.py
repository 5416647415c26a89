"""SIGKILL in the middle of an import with a running workflow, at fifty random points.

Each life is a process of its own, forked and killed after a random moment of work. The clock that the next one is told
is past the dead one's lease, so nothing waits for real. What the rows say at the end is the judge.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from campaigns.clock import FixedClock
from campaigns.messages.memory import MemoryTransport
from campaigns.sections.registry import kinds
from campaigns.services.import_files import Uploads
from campaigns.storage.db import Database
from campaigns.storage.models import (
    Enrolment,
    Event,
    Execution,
    Import,
    Lead,
    ListMember,
    PendingEvent,
    Step,
    WorkflowTotal,
)
from campaigns.storage.transaction import Store
from campaigns.worker import Worker
from tests.support.campaign import Campaign

KILLS = 50
ROWS = 4000
SECTIONS = [
    {
        "id": "s1",
        "type": "flow.if",
        "config": {"condition": {"field": "lead.score", "op": "gte", "value": 50}},
        "branches": {"yes": [{"id": "s2", "type": "list.add", "config": {"list": "hot"}}]},
    },
    {"id": "s3", "type": "lead.add_points", "config": {"points": 1000}},
]


def live(url: str, uploads: Path, at: datetime) -> None:
    """Work until nothing is due: the body of one life."""
    worker = Worker(Store(Database(url), FixedClock(at)), kinds(), MemoryTransport(), Uploads(uploads))
    while worker.run_once():
        pass
    os._exit(0)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")  # each child makes connections of its own
def test_kill_at_fifty_points_loses_and_doubles_nothing(
    campaign: Campaign, database_url: str, clock: FixedClock
) -> None:
    campaign.workflow(SECTIONS)
    chance = random.Random(20261120)
    kills = files = 0
    while kills < KILLS:
        campaign.start_import("email,score\n" + "".join(f"p{files}-{n}@example.com,{n % 100}\n" for n in range(ROWS)))
        files += 1
        ended = False
        while not ended and kills < KILLS:
            clock.advance(timedelta(minutes=1))
            ended = not killed(
                lambda: live(database_url, campaign.uploads.folder, clock.now()), after=chance.uniform(0.01, 0.25)
            )
            kills += not ended
    clock.advance(timedelta(minutes=1))
    campaign.run()
    check(campaign, files)


def killed(body: Callable[[], None], *, after: float) -> bool:
    """Run a body in a forked process and kill it after a moment; return whether it was still working then."""
    process = multiprocessing.get_context("fork").Process(target=body)
    process.start()
    time.sleep(after)  # the moment to strike is a point in real work, not a wait for a condition
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    return process.exitcode == -signal.SIGKILL


def check(campaign: Campaign, files: int) -> None:
    total = files * ROWS
    hot = total // 2
    with campaign.read() as session:

        def count(model: type, *where: object) -> int:
            return session.scalar(select(func.count()).select_from(model).where(*where)) or 0

        imported = session.scalars(select(Import)).all()
        assert {(entry.status, entry.rows, entry.created, entry.failed) for entry in imported} == {
            ("done", ROWS, ROWS, 0)
        }
        assert count(Lead) == total
        assert count(Execution, Execution.status == "finished") == count(Execution) == total
        assert session.scalar(select(func.count(Execution.lead_id.distinct()))) == total
        assert count(Step) == 2 * total + hot
        assert count(ListMember) == hot
        assert count(Event, Event.name == "lead.created") == total
        assert count(Event, Event.source == "execution") == total + hot
        assert count(PendingEvent) == 0
        assert session.scalar(select(func.min(Lead.score))) >= 1000
        assert session.scalar(select(func.max(Lead.score))) < 2000
        assert session.execute(select(func.sum(Enrolment.ever), func.sum(Enrolment.active))).one() == (total, 0)
        totals = session.scalars(select(WorkflowTotal)).one()
        assert (totals.started, totals.finished, totals.active) == (total, total, 0)
        assert sum(entry.started for entry in imported) == total
