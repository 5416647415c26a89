"""`campaigns db`: the schema of the database."""

from __future__ import annotations

import click

from campaigns import resources, runtime
from campaigns.cli.program import Command, Group, Program, pass_program
from campaigns.storage import migrate


@click.group(cls=Group)
def db() -> None:
    """The database's schema."""


@db.command(cls=Command, example="campaigns db upgrade")
@pass_program
def upgrade(program: Program) -> None:
    """Bring the database to the present schema.

    Several processes may call this at once: one does it, the others wait. Before upgrading a PostgreSQL database that
    is in use, make a backup.
    """
    if runtime.database_state(program.settings) == "ahead":
        raise runtime.DatabaseNewer
    migrate.upgrade(program.settings.database_url, resources.migrations())
    click.echo("The database is up to date.")


@db.command(cls=Command, example="campaigns db current && echo ready")
@pass_program
def current(program: Program) -> None:
    """Print how the database stands: empty, behind, current or ahead. Exit status 0 when it is current."""
    state = runtime.database_state(program.settings)
    click.echo(state)
    if state != "current":
        raise click.exceptions.Exit(1)
