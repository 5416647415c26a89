"""The part of a distributed worker that hears messages: a Procrastinate worker in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from psycopg import AsyncConnection, sql
from psycopg_pool import AsyncConnectionPool

from campaigns.dispatch.base import Lane, Work
from campaigns.dispatch.runner import pause_after

log = structlog.get_logger(__name__)

LOOK = "campaigns.look"
PRIORITIES: dict[Lane, int] = {"interactive": 20, "timed": 10, "bulk": 0}
STALLED_SECONDS = 30.0
KEEP_FAILED_HOURS = 24
HEALTHY_SECONDS = 60.0
POLL_SECONDS = 1.0  # what commits between the first fetch and LISTEN is heard of by no notification
EVERY_MINUTE = "* * * * *"


class Listener:
    """Answers each message with a drain, several at once, and tidies up what killed workers left behind.

    `look` is called where a drain stopped with more to do, and once a minute (by one process of all). Messages of
    other `lanes` are left to other workers.
    """

    def __init__(
        self,
        conninfo: str,
        *,
        role: str | None,
        concurrency: int,
        look: Callable[..., None],
        lanes: Collection[Lane] = tuple(PRIORITIES),
    ) -> None:
        self._conninfo = conninfo
        self._lanes = list(lanes)
        self._role = role
        self._concurrency = concurrency
        self._look = look
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self, work: Work) -> None:
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._live(work)), name="campaigns-listener", daemon=True
        )
        self._thread.start()

    def end(self) -> None:
        """Take no further message, and tell the drains in hand to stop."""
        with self._lock:
            if self._stopping.is_set():
                return  # a second cancel would break off the worker's own farewell
            self._stopping.set()
            if self._loop is not None and self._task is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)

    def join(self, timeout_seconds: float) -> bool:
        """Wait for the thread to end; return whether it did."""
        if self._thread is None:
            return True
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    async def _live(self, work: Work) -> None:
        with self._lock:
            if self._stopping.is_set():
                return
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        try:
            await self._listen_again_and_again(work, self._loop)
        except asyncio.CancelledError:
            log.info("dispatch.listener_stopped")
        finally:
            with self._lock:
                self._loop = self._task = None

    async def _listen_again_and_again(self, work: Work, loop: asyncio.AbstractEventLoop) -> None:
        """Listen until the end; a lost database or a dead listener only means another try, after a pause."""
        failures = 0
        while not self._stopping.is_set():
            began = loop.time()
            try:
                await self._listen(work)
            except Exception:
                log.exception("dispatch.listener_failed", failures=failures + 1)
            failures = 1 if loop.time() - began > HEALTHY_SECONDS else failures + 1
            await asyncio.sleep(pause_after(failures))

    async def _listen(self, work: Work) -> None:
        pool = AsyncConnectionPool(
            self._conninfo,
            min_size=1,
            max_size=self._concurrency + 2,
            configure=self._take_role,
            check=AsyncConnectionPool.check_connection,
            open=False,
        )
        app = self._app(work)
        # The pool is ours since one that the app opens hangs for good where the stop comes while it opens.
        async with pool, app.open_async(pool):
            await app.run_worker_async(
                queues=self._lanes,
                concurrency=self._concurrency,
                delete_jobs="successful",
                install_signal_handlers=False,
                fetch_job_polling_interval=POLL_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
            )

    def _app(self, work: Work) -> App:
        app = App(connector=PsycopgConnector(configure=self._take_role))  # for the listening connection

        def look(tenant_id: str, lane: Lane) -> None:
            """Whose message it is does not matter: a look is for all that is due."""
            if not self._stopping.is_set() and work.drain(self._stopping.is_set):
                self._look()

        async def tick(timestamp: int) -> None:
            self._look(duties=True)
            await sweep(app)

        app.task(name=LOOK)(look)
        app.periodic(cron=EVERY_MINUTE)(app.task(name="campaigns.tick", queue="timed", priority=100)(tick))
        return app

    async def _take_role(self, connection: AsyncConnection) -> None:
        if self._role is not None:
            await connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(self._role)))
            await connection.commit()


async def sweep(app: App) -> None:
    """Remove messages that killed workers held, and failed ones after a day; the work is found by its rows."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        try:
            await app.job_manager.finish_job(job, Status.ABORTED, delete_job=True)
        except ConnectorException:  # another process removed it, or its worker was only slow
            log.info("dispatch.stalled_message_gone", job_id=job.id)
    await app.job_manager.prune_stalled_workers(STALLED_SECONDS)
    await app.job_manager.delete_old_jobs(
        nb_hours=KEEP_FAILED_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )
