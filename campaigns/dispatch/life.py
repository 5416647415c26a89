"""The life of a dispatch: new, then started once, then stopped for good."""

from __future__ import annotations

import threading

from campaigns.dispatch.base import DispatchUsedTwice


class Life:
    """Where in its life a dispatch is. Safe to ask and change from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started = False
        self._stopping = threading.Event()

    @property
    def running(self) -> bool:
        return self._started and not self._stopping.is_set()

    @property
    def stopping(self) -> threading.Event:
        """Set as soon as the stop begins, and never cleared."""
        return self._stopping

    def begin(self) -> None:
        """Start the life; raises DispatchUsedTwice where it has been started or ended before."""
        with self._lock:
            if self._started or self._stopping.is_set():
                raise DispatchUsedTwice
            self._started = True

    def end(self) -> None:
        """End it, whether or not it ever began."""
        with self._lock:
            self._stopping.set()
