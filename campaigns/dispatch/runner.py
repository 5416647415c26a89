"""The one thread of a process that looks for work whenever it is told to."""

from __future__ import annotations

import threading

import structlog

from campaigns.dispatch.base import Work

log = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 30.0


def pause_after(failures: int) -> float:
    """Return the seconds to rest after so many failures in a row: doubling, and never more than half a minute."""
    return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(failures - 1, 16))


class Runner:
    """Drains the work each time it is woken; no failure of the work ends it."""

    def __init__(self, work: Work, stopping: threading.Event) -> None:
        self._work = work
        self._stopping = stopping
        self._wanted = threading.Event()
        self._duties = threading.Event()
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="campaigns-runner", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self, *, duties: bool = False) -> None:
        """Ask for a look, with `duties` for the slow duties too. Any number of asks before the look are one."""
        if duties:
            self._duties.set()
        self._wanted.set()

    def join(self, timeout_seconds: float) -> bool:
        """Wait for the thread, once `stopping` is set; return whether it ended."""
        self._wanted.set()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            if self._stopping.is_set():
                return
            self._wanted.clear()  # before looking: what is announced from here on gets a look of its own
            self._do_duties()
            self._look()

    def _do_duties(self) -> None:
        if not self._duties.is_set():
            return
        self._duties.clear()
        try:
            self._work.tick()
        except Exception:
            log.exception("dispatch.tick_failed")

    def _look(self) -> None:
        if self._stopping.is_set():
            return
        try:
            more = self._work.drain(self._stopping.is_set)
        except Exception:
            self._failures += 1
            pause = pause_after(self._failures)
            log.exception("dispatch.drain_failed", failures=self._failures, pause_seconds=pause)
            self._stopping.wait(pause)
            more = True
        else:
            self._failures = 0
        if more:
            self._wanted.set()
