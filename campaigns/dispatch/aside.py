"""Work that waits for others: done in threads beside the runner, so that who does not answer holds up nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)


class Aside:
    """At most so many threads; each works until there is nothing to do, and ends. What `stop` leaves has a lease."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._stopping = threading.Event()

    def begin(self, work: Callable[[], bool]) -> bool:
        """Have a thread do pieces of work until there is none; return False when all threads are busy."""
        with self._lock:
            if self._stopping.is_set() or len(self._threads) >= self._most:
                return False
            thread = threading.Thread(target=self._run, args=(work,), name="campaigns-aside", daemon=True)
            self._threads.add(thread)
        thread.start()
        return True

    def stop(self, timeout_seconds: float) -> bool:
        """Begin nothing further and wait for what is in hand; return whether it ended within the time."""
        self._stopping.set()
        return self.wait(timeout_seconds)

    def wait(self, timeout_seconds: float) -> bool:
        """Wait for what is in hand; return whether it ended within the time."""
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(timeout_seconds)
        return not any(thread.is_alive() for thread in threads)

    def _run(self, work: Callable[[], bool]) -> None:
        try:
            while work() and not self._stopping.is_set():
                pass
        except Exception:
            log.exception("aside.failed")  # it has given its lease back, to be due again in a moment
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())
