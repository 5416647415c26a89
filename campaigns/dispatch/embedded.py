"""Web and worker in one process: one tick of APScheduler, one event, one runner thread."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Connection

from campaigns.dispatch.base import STOP_SECONDS, Lane, Work
from campaigns.dispatch.life import Life
from campaigns.dispatch.runner import Runner

log = structlog.get_logger(__name__)

DUTIES_SECONDS = 30.0
NOTICE_SECONDS = 0.1


class Embedded:
    """Looks for work after each wake and every `tick_seconds`; does the slow duties at the start and every 30 s.

    `noticed`, where given, is asked ten times a second whether another process may have made work (on SQLite, by
    `PRAGMA data_version`). It is always asked from one and the same thread, which is not the one that starts.
    """

    def __init__(self, *, tick_seconds: float = 1.0, noticed: Callable[[], bool] | None = None) -> None:
        self._noticed = noticed
        self._beat_seconds = min(tick_seconds, NOTICE_SECONDS) if noticed else tick_seconds
        self._beats_per_look = max(1, round(tick_seconds / self._beat_seconds))
        self._beats_per_duties = max(1, round(DUTIES_SECONDS / self._beat_seconds))
        self._beats = 0
        self._life = Life()
        self._scheduler: BackgroundScheduler | None = None
        self._runner: Runner | None = None

    def offer(self, connection: Connection, tenant_id: UUID, lane: Lane) -> None:
        """Nothing to remember: the wake after the commit is in the same process."""

    def wake(self, tenant_id: UUID, lane: Lane) -> None:
        self.look()

    def look(self, *, duties: bool = False) -> None:
        """Have the runner look at once, whoever made the work; does nothing before the start or after the stop."""
        if self._runner is not None:
            self._runner.wake(duties=duties)

    def start(self, work: Work) -> None:
        self._life.begin()
        self._runner = Runner(work, self._life.stopping)
        self._runner.wake(duties=True)
        self._runner.start()
        self._scheduler = BackgroundScheduler(
            timezone="UTC", executors={"default": {"type": "threadpool", "max_workers": 1}}
        )
        self._scheduler.add_job(
            self._beat,
            "interval",
            seconds=self._beat_seconds,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        self._scheduler.start()

    def stop(self, timeout_seconds: float = STOP_SECONDS) -> bool:
        self._life.end()
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            scheduler.shutdown(wait=False)
        if self._runner is None or self._runner.join(timeout_seconds):
            return True
        log.error("dispatch.stop_timed_out", timeout_seconds=timeout_seconds)
        return False

    def _beat(self) -> None:
        self._beats += 1
        duties = self._beats % self._beats_per_duties == 0
        if duties or self._beats % self._beats_per_look == 0 or self._something_noticed():
            self.look(duties=duties)

    def _something_noticed(self) -> bool:
        if self._noticed is None:
            return False
        try:
            return self._noticed()
        except Exception:
            log.exception("dispatch.notice_failed")
            return True
