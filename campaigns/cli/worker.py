"""`campaigns worker`: a process that works, beside those that serve pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import click
import structlog

from campaigns.cli.program import Command, Program, pass_program
from campaigns.dispatch.base import STOP_SECONDS, Lane
from campaigns.dispatch.process import run_until_stopped
from campaigns.worker import CALLS_STOP_SECONDS, Worker

log = structlog.get_logger(__name__)
LANES: tuple[Lane, ...] = get_args(Lane)


def named_lanes(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[Lane, ...]:
    """Return the lanes named, most urgent first; a name that is none is told."""
    named = {name.strip() for name in value.split(",")}
    unknown = sorted(named - set(LANES))
    if unknown:
        told = ", ".join(repr(name) for name in unknown)
        raise click.BadParameter(f"{told}: name one or more of {', '.join(LANES)}, separated by commas")
    return tuple(lane for lane in LANES if lane in named)


@click.command(
    cls=Command,
    example="CAMPAIGNS_DISPATCH=distributed campaigns worker --concurrency 4\n"
    "campaigns worker --lanes interactive,timed\n"
    "campaigns worker --once",
)
@click.option(
    "--concurrency", type=click.IntRange(1, 64), default=2, show_default=True,
    help="Pieces of work at the same time; on SQLite it is always one.",
)  # fmt: skip
@click.option(
    "--lanes", callback=named_lanes, default=",".join(LANES), show_default=True, metavar="LANE,…",
    help="The work it does: interactive (somebody waits), timed (its hour has come; mails), bulk (imports). "
    "All workers together must serve all three.",
)  # fmt: skip
@click.option("--once", is_flag=True, help="Do what is due now, then end: for cron.")
@pass_program
def worker(program: Program, *, concurrency: int, lanes: tuple[Lane, ...], once: bool) -> None:
    """Run executions, imports and mails.

    Safe beside `campaigns serve` and other workers: each piece of work is leased to one of them. SIGTERM ends it within
    25 seconds; work in hand is finished or handed back. Exit status 1 when something had to be left to its lease.
    """
    if program.settings.dispatch == "inline" and not once:
        raise click.UsageError("with CAMPAIGNS_DISPATCH=inline there is nothing to wait for: add --once")
    with program.open(concurrency=concurrency, lanes=lanes) as runtime:
        runtime.note_plugins()
        if once:
            runtime.worker.tick()
            runtime.worker.drain(lambda: False)
            return
        runtime.worker.call_aside()
        tally = Tally(runtime.worker, dispatch=program.settings.dispatch, concurrency=concurrency, lanes=lanes)
        ended = run_until_stopped(runtime.dispatch, tally, stop_seconds=STOP_SECONDS - CALLS_STOP_SECONDS)
        ended = runtime.worker.stop_aside(CALLS_STOP_SECONDS) and ended
        log.info("worker.stopped", in_time=ended, pieces=tally.pieces)
    if not ended:
        raise click.exceptions.Exit(1)


class Tally:
    """The work, counted, so that an operator sees which worker did how much."""

    def __init__(self, worker: Worker, **facts: object) -> None:
        self.pieces = 0
        self._worker = worker
        self._facts = facts

    def drain(self, deadline: Callable[[], bool]) -> bool:
        while not deadline():
            if not self._worker.run_once(deadline):
                return False
            self.pieces += 1
        return True

    def tick(self) -> None:
        """Say at the first duty that the worker runs: from then on it can be told to stop."""
        if self._facts:
            log.info("worker.started", **self._facts)
            self._facts = {}
        self._worker.tick()
