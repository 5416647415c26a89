"""Work at once, in the caller: for tests, and for one pass from cron. It has no thread of its own."""

from __future__ import annotations

import threading
from uuid import UUID

import structlog
from sqlalchemy import Connection

from campaigns.dispatch.base import STOP_SECONDS, Lane, Work
from campaigns.dispatch.life import Life

log = structlog.get_logger(__name__)


class Inline:
    """Runs the work inside `wake`. What no wake announced is done by the next one, or by `tick`."""

    def __init__(self) -> None:
        self._life = Life()
        self._work: Work | None = None
        self._idle = threading.Condition()
        self._draining = False
        self._again = False

    def offer(self, connection: Connection, tenant_id: UUID, lane: Lane) -> None:
        """Nothing to remember: the wake after the commit does the work."""

    def wake(self, tenant_id: UUID, lane: Lane) -> None:
        """Do all the work that is due before returning. A failure is logged: the caller's commit stands."""
        try:
            self._drain()
        except Exception:
            log.exception("dispatch.drain_failed", lane=lane)

    def start(self, work: Work) -> None:
        self._life.begin()
        self._work = work

    def tick(self) -> None:
        """Do the slow duties, then all that is due: what the other dispatches do by the clock. Failures are raised."""
        if self._work is not None and self._life.running:
            self._work.tick()
            self._drain()

    def stop(self, timeout_seconds: float = STOP_SECONDS) -> bool:
        self._life.end()
        with self._idle:
            return self._idle.wait_for(lambda: not self._draining, timeout_seconds)

    def _drain(self) -> None:
        """Drain until nothing is left. Called while draining, by the work or beside it, it asks for one more round."""
        with self._idle:
            if self._work is None or not self._life.running:
                return
            self._again = True
            if self._draining:
                return
            self._draining = True
        try:
            while self._next_round():
                if self._work.drain(self._life.stopping.is_set):
                    self._again = True
        except BaseException:
            self._finish()
            raise

    def _next_round(self) -> bool:
        """Whether to look once more; the last look and the end of draining are one step, so that no wake is lost."""
        with self._idle:
            if self._again and self._life.running:
                self._again = False
                return True
            self._finish()
            return False

    def _finish(self) -> None:
        with self._idle:
            self._draining = False
            self._idle.notify_all()
