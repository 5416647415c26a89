"""`campaigns serve`: pages, API and worker in one process."""

from __future__ import annotations

import click

from campaigns.cli.program import Command, Program, pass_program
from campaigns.cli.serving import serve_until_stopped


@click.command(cls=Command, example="campaigns serve --host 0.0.0.0 --port 8000")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=5000, show_default=True, help="0 takes a free one.")
@pass_program
def serve(program: Program, *, host: str, port: int) -> None:
    """Serve pages and API, with the worker in the same process.

    Migrates an empty database, and an SQLite file of an older version; for an older PostgreSQL database it says to run
    `campaigns db upgrade`. With CAMPAIGNS_DISPATCH=distributed the work is left to `campaigns worker`. SIGTERM ends it
    within 25 seconds.
    """
    with program.open(upgrade_sqlite=True) as runtime:
        app = program.make_app(runtime, "")
        ended = serve_until_stopped(
            runtime, app, host=host, port=port, tell=lambda address: click.echo(f"Campaigns answers at {address}")
        )
    if not ended:
        raise click.exceptions.Exit(1)
