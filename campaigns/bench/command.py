"""The command `campaigns bench`."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import sys
from functools import partial
from typing import Any

import click

from campaigns.bench import executions, latency, pages, tokens
from campaigns.bench.figures import Benchmark, Figure
from campaigns.bench.stores import fresh

BENCHMARKS: dict[str, Benchmark] = {
    "executions": executions.executions,
    "wakeups": executions.wakeups,
    "import": executions.import_only,
    "import_run": executions.import_run,
    "event_latency": latency.event_latency,
    "waiting": executions.waiting,
    "history": executions.history,
    "page": pages.page,
    "tokens": tokens.tokens,
    "simulation": tokens.simulation,
}
STORES = ("sqlite", "postgresql")

HELP = """Measure the headline figures, each beside the raw ceiling of the same rows in the same run.

PostgreSQL is the one of the extra `test`, or the server named in CAMPAIGNS_BENCH_POSTGRESQL. The figures are:

"""
HELP += "\n\n".join(f"{name}: {(measure.__doc__ or '').strip()}" for name, measure in BENCHMARKS.items())


@click.command(help=HELP, epilog="\b\nExample:\n  campaigns bench --store sqlite --only executions --leads 10000")
@click.option(
    "--store", type=click.Choice([*STORES, "all"]), default="all", show_default=True, help="Where to measure."
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(list(BENCHMARKS)),
    metavar="NAME",
    help="Measure this alone; may be given several times.",
)
@click.option(
    "--leads", type=click.IntRange(min=1), default=100_000, show_default=True, help="How many leads go through."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def bench(store: str, only: tuple[str, ...], leads: int, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Measure, and print what was measured."""
    figures: list[Figure] = []
    program = click.get_current_context().obj
    for kind in STORES if store == "all" else (store,):
        for name in only or BENCHMARKS:
            click.echo(f"measuring {name} on {kind} …", err=True)
            with fresh(kind) as opened:
                opened.make_app = partial(program.make_app, demo="")
                figures += BENCHMARKS[name](opened, leads)
    if as_json:
        click.echo(json.dumps({"machine": machine(), "figures": [figure.as_json() for figure in figures]}, indent=2))
    else:
        click.echo(table(figures))


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "sqlite": sqlite3.sqlite_version,
        "implementation": sys.implementation.name,
    }


def table(figures: list[Figure]) -> str:
    """Return the figures as lines of text."""
    lines = [
        f"{'figure':<15}{'store':<12}{'metric':<12}{'value':>14}{'ceiling':>14}{'share':>8}{'leads':>10}{'seconds':>10}"
    ]
    for figure in figures:
        ceiling = f"{figure.ceiling:,.1f}" if figure.ceiling else "–"
        share = f"{figure.value / figure.ceiling:.0%}" if figure.ceiling else "–"
        lines.append(
            f"{figure.name:<15}{figure.store:<12}{figure.metric:<12}{figure.value:>14,.2f}{ceiling:>14}{share:>8}"
            f"{figure.leads:>10,}{figure.seconds:>10.2f}"
        )
    return "\n".join(lines)
