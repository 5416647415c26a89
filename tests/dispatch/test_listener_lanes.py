"""A worker hears the messages of its lanes, and leaves those of others where they are. On PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, NullPool, create_engine, text

from campaigns.dispatch.base import Lane
from campaigns.dispatch.distributed import Distributed
from campaigns.ids import new_id

PATIENCE = 20.0
LEFT = text("SELECT queue_name FROM procrastinate_jobs WHERE task_name = 'campaigns.look'")


class Looks:
    """Work that tells when the messages of a lane are gone."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.heard = threading.Event()

    def drain(self, deadline: Callable[[], bool]) -> bool:
        with self.engine.connect() as connection:
            if "doing" in connection.scalars(text("SELECT status::text FROM procrastinate_jobs")).all():
                self.heard.set()
        return False

    def tick(self) -> None:
        pass


@pytest.mark.parametrize(("mine", "other"), [("interactive", "bulk"), ("bulk", "interactive")])
def test_messages_of_other_lanes_are_left(postgres_url: str, mine: Lane, other: Lane) -> None:
    engine = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    dispatch = Distributed(postgres_url, role=None, tick_seconds=3600, lanes=[mine])
    work = Looks(engine)
    with engine.begin() as connection:
        for lane in (other, mine):
            dispatch.offer(connection, new_id(), lane)
    dispatch.start(work)
    try:
        assert work.heard.wait(PATIENCE)
    finally:
        assert dispatch.stop()
    with engine.connect() as connection:
        assert connection.scalars(LEFT).all() == [other]
