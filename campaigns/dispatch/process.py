"""A process that does nothing but work, until it is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from campaigns.dispatch.base import STOP_SECONDS, Dispatch, Work


def run_until_stopped(dispatch: Dispatch, work: Work, *, stop_seconds: float = STOP_SECONDS) -> bool:
    """Start, wait for SIGTERM or SIGINT, stop; return whether the work in hand ended in time. Main thread only.

    A second signal finds the handlers that were there before, so by default it ends the process at once.
    """
    with _told_to_stop() as told:
        dispatch.start(work)
        try:
            while not told.wait(1.0):  # a wait with an end lets Windows see Ctrl+C
                pass
        finally:
            ended = dispatch.stop(stop_seconds)
    return ended


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    told = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def tell(number: int, frame: object) -> None:
        restore()
        told.set()

    for number in before:
        signal.signal(number, tell)
    try:
        yield told
    finally:
        restore()
