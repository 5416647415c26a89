"""What a process of this program stands on, put together from the settings: used by every command and by the app."""

from __future__ import annotations

import logging
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import cast, get_args

from sqlalchemy.exc import InterfaceError, OperationalError

from campaigns import log, resources
from campaigns.dispatch.base import STOP_SECONDS, Dispatch, Lane, Work
from campaigns.dispatch.distributed import Distributed
from campaigns.dispatch.embedded import Embedded
from campaigns.dispatch.inline import Inline
from campaigns.engine.kinds import Kinds
from campaigns.errors import CampaignsError
from campaigns.messages.handover import Transport
from campaigns.messages.transport import open_transport
from campaigns.outgoing.client import Client
from campaigns.performing.children import Children
from campaigns.sections import registry
from campaigns.services import plugin_changes
from campaigns.services.import_files import Uploads
from campaigns.services.programs import ProgramCache
from campaigns.settings import Settings
from campaigns.storage import migrate, notice
from campaigns.storage.db import Database
from campaigns.storage.transaction import Announcer, Store
from campaigns.vault import Vault
from campaigns.worker import Outside, Worker

ALL_LANES: tuple[Lane, ...] = get_args(Lane)
_TALKATIVE = ("alembic", "procrastinate", "waitress", "tzlocal")  # log.configure has quieted apscheduler further


class DatabaseUnreachable(CampaignsError):
    """The database does not answer."""

    code = "database_unreachable"


class DatabaseNotCurrent(CampaignsError):
    """The database is older than this program; bring it up to date with: campaigns db upgrade."""

    code = "database_not_current"


class DatabaseNewer(CampaignsError):
    """The database was migrated by a newer version of this program: install that version."""

    code = "database_newer"


@dataclass
class Runtime:
    """The parts of one process. Making it starts no thread and connects to nothing; `close` ends all connections."""

    settings: Settings
    store: Store
    dispatch: Dispatch
    kinds: Kinds
    transport: Transport
    uploads: Uploads
    lanes: Collection[Lane] = ALL_LANES

    @cached_property
    def worker(self) -> Worker:
        calls = Client(self.settings.outgoing_allow)
        outside = Outside(calls=calls, vault=self.vault, performer=self.performer)
        return Worker(self.store, self.kinds, self.transport, self.uploads, outside=outside, lanes=self.lanes)

    @cached_property
    def performer(self) -> Children:
        return Children(self.kinds, self.settings.outgoing_allow)

    @cached_property
    def programs(self) -> ProgramCache:
        """What pages ask why something did or did not happen; the worker has its own."""
        return ProgramCache(self.kinds)

    @cached_property
    def vault(self) -> Vault:
        return Vault(self.settings.secret_key)

    def note_plugins(self) -> None:
        """Write into the audit logs which plugins came, changed, broke or went since the last start."""
        plugin_changes.note_changes(self.store, registry.registry(self.settings.plugins))

    def close(self) -> None:
        self.performer.close()
        self.store.database.dispose()


def open_runtime(
    settings: Settings,
    *,
    transport: Transport | None = None,
    concurrency: int = 1,
    lanes: Collection[Lane] = ALL_LANES,
) -> Runtime:
    """Put the parts together. `concurrency`: how many pieces of work a worker process does at the same time.

    `lanes`: the work it does; what lies in others is left to other processes.
    """
    database = Database(settings.database_url, pool_size=10 + concurrency)
    dispatch = make_dispatch(settings, database, concurrency=concurrency, lanes=lanes)
    made = Runtime(
        settings=settings,
        store=Store(database, announcer=cast("Announcer", dispatch)),  # the store names lanes by plain strings
        dispatch=dispatch,
        kinds=registry.kinds(settings.plugins),
        transport=transport or open_transport(settings.smtp_url),
        uploads=Uploads(settings.home / "uploads"),
        lanes=lanes,
    )
    if isinstance(dispatch, Inline):
        dispatch.start(made.worker)  # it has no thread: whoever makes work does it at once, in every process
    return made


def make_dispatch(
    settings: Settings, database: Database, *, concurrency: int = 1, lanes: Collection[Lane] = ALL_LANES
) -> Dispatch:
    """Return the dispatch that the settings name, not started.

    On SQLite there is one writer, so one piece of work at a time is as quick as several.
    """
    if settings.dispatch == "distributed":
        return Distributed(
            settings.database_url, concurrency=concurrency, tick_seconds=settings.tick_seconds, lanes=lanes
        )
    if settings.dispatch == "inline":
        return Inline()
    if database.is_sqlite:
        return Embedded(tick_seconds=settings.tick_seconds, noticed=notice.changes(database))
    if concurrency == 1:
        return Embedded(tick_seconds=settings.tick_seconds)
    return Crew([Embedded(tick_seconds=settings.tick_seconds) for _ in range(concurrency)])


class Crew:
    """Several embedded dispatches as one: each has a runner of its own."""

    def __init__(self, members: list[Embedded]) -> None:
        self.members = members

    def offer(self, connection: object, tenant_id: object, lane: Lane) -> None:
        """Nothing to remember: the wake after the commit is in the same process."""

    def wake(self, tenant_id: object, lane: Lane) -> None:
        for member in self.members:
            member.look()

    def start(self, work: Work) -> None:
        for member in self.members:
            member.start(work)

    def stop(self, timeout_seconds: float = STOP_SECONDS) -> bool:
        """Stop them side by side, so that the slowest alone counts."""
        with ThreadPoolExecutor(len(self.members)) as side_by_side:
            return all(list(side_by_side.map(lambda member: member.stop(timeout_seconds), self.members)))


def prepare_database(settings: Settings, *, upgrade_sqlite: bool = False) -> None:
    """Migrate an empty database; raise a CampaignsError that says what to do where it can't be used as it is.

    `upgrade_sqlite` also brings an older SQLite file up to date: one file, one installation, nobody else to ask.
    An older PostgreSQL database may be in use by other processes, so its upgrade stays a command of its own.
    """
    state = database_state(settings)
    is_sqlite = settings.database_url.startswith("sqlite")
    if state == "empty" or (state == "behind" and is_sqlite and upgrade_sqlite):
        migrate.upgrade(settings.database_url, resources.migrations())
    elif state == "behind":
        raise DatabaseNotCurrent
    elif state == "ahead":
        raise DatabaseNewer


def database_state(settings: Settings) -> migrate.State:
    """Return how the database stands to this program; raise DatabaseUnreachable."""
    try:
        return migrate.state(settings.database_url, resources.migrations())
    except (OperationalError, InterfaceError) as error:
        raise DatabaseUnreachable(f"The database does not answer: {_first_line(error.orig)}") from error


def configure_log(settings: Settings) -> None:
    """Send log lines to standard error; libraries speak up from warnings on."""
    log.configure(style=settings.log_format, level=settings.log_level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
