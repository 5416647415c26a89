"""Two transactions at once: one in a thread, and a look at who waits for whom. For PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import text

from campaigns.storage.db import owner_engine

PATIENCE_SECONDS = 20
Answer = TypeVar("Answer")


def waiting_for_a_lock(database_url: str) -> bool:
    """Tell whether some connection waits for another one's lock, now or within a while."""
    engine = owner_engine(database_url)
    pause = threading.Event()
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for _ in range(PATIENCE_SECONDS * 100):
                if connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                    return True
                pause.wait(0.01)
    finally:
        engine.dispose()
    return False


def in_thread(work: Callable[[], Answer]) -> Callable[[], Answer]:
    """Start work in a thread; return a function that waits for its answer."""
    found: list[Answer] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()

    def answer() -> Answer:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()
        return found[0]

    return answer
