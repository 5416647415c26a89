"""What a process stands on, put together from its settings."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from alembic import command

from campaigns import resources, runtime
from campaigns.dispatch.distributed import Distributed
from campaigns.dispatch.embedded import Embedded
from campaigns.dispatch.inline import Inline
from campaigns.errors import CampaignsError
from campaigns.settings import Settings, load_settings
from campaigns.storage import migrate
from campaigns.storage.db import owner_engine
from tests.support.postgresql import PostgreSQL

Make = Callable[..., Settings]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return lambda **given: load_settings(env_file=None, home=tmp_path, smtp_url="memory:", **given)


def older(url: str) -> None:
    """Bring an empty database to the first revision alone."""
    engine = owner_engine(url)
    config = migrate.configuration(resources.migrations())
    with engine.connect() as connection, connection.begin():
        connection.info["unguarded"] = True
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({}, Embedded),
        ({"dispatch": "inline"}, Inline),
        ({"database_url": "postgresql://127.0.0.1:1/none"}, Embedded),
        ({"database_url": "postgresql://127.0.0.1:1/none", "dispatch": "distributed"}, Distributed),
    ],
)
def test_making_the_parts_starts_no_thread(make: Make, given: dict[str, str], kind: type) -> None:
    before = threading.active_count()
    opened = runtime.open_runtime(make(**given))
    assert type(opened.dispatch) is kind
    assert threading.active_count() == before
    opened.close()


def test_several_at_once_are_a_crew_where_the_store_allows_it(make: Make) -> None:
    many = runtime.open_runtime(make(database_url="postgresql://127.0.0.1:1/none"), concurrency=3)
    assert isinstance(many.dispatch, runtime.Crew)
    assert len(many.dispatch.members) == 3
    one = runtime.open_runtime(make(), concurrency=3)
    assert isinstance(one.dispatch, Embedded)


def test_a_crew_works_side_by_side_and_stops_together() -> None:
    crew = runtime.Crew([Embedded(tick_seconds=60), Embedded(tick_seconds=60)])
    both = threading.Barrier(2)

    class Work:
        def drain(self, deadline: Callable[[], bool]) -> bool:
            both.wait(10)  # passes only when the other member is here too
            return False

        def tick(self) -> None:
            pass

    crew.start(Work())
    assert crew.stop(10)
    assert not both.broken


def test_an_empty_database_is_migrated(make: Make) -> None:
    settings = make()
    assert runtime.database_state(settings) == "empty"
    runtime.prepare_database(settings)
    assert runtime.database_state(settings) == "current"


def test_an_older_sqlite_file_is_upgraded_by_those_who_may(make: Make) -> None:
    settings = make()
    older(settings.database_url)
    with pytest.raises(runtime.DatabaseNotCurrent, match="campaigns db upgrade"):
        runtime.prepare_database(settings)
    runtime.prepare_database(settings, upgrade_sqlite=True)
    assert runtime.database_state(settings) == "current"


def test_an_older_postgresql_database_is_never_upgraded_unasked(make: Make, postgresql: PostgreSQL) -> None:
    settings = make(database_url=postgresql.fresh_database(migrated=False))
    older(settings.database_url)
    with pytest.raises(runtime.DatabaseNotCurrent):
        runtime.prepare_database(settings, upgrade_sqlite=True)
    postgresql.drop(settings.database_url)


def test_a_server_that_does_not_answer_is_one_of_our_errors(make: Make) -> None:
    with pytest.raises(CampaignsError, match="The database does not answer: "):
        runtime.database_state(make(database_url="postgresql://nobody@127.0.0.1:1/none"))


def test_a_beat_that_is_left_out_is_no_news_and_one_that_fails_is(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        runtime.configure_log(make())
        scheduler = logging.getLogger("apscheduler.scheduler")
        scheduler.warning("Execution of job skipped: maximum number of running instances reached (1)")
        scheduler.error("The job failed")
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()
    told = capsys.readouterr().err
    assert "skipped" not in told
    assert "The job failed" in told
