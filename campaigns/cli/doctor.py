"""`campaigns doctor`: whether all is well with this installation."""

from __future__ import annotations

from collections.abc import Iterator

import click

from campaigns import runtime
from campaigns.cli.output import print_rows
from campaigns.cli.program import Command, Program, json_option, pass_program
from campaigns.sections.registry import registry
from campaigns.services import health, plugins
from campaigns.services.health import Check
from campaigns.settings import Settings

_STATES = {
    "current": Check("database", "ok", "the schema is current"),
    "empty": Check(
        "database", "warning", "the database is empty: `campaigns serve` or `campaigns db upgrade` fills it"
    ),
    "behind": Check("database", "failed", "the schema is older than this program: run campaigns db upgrade"),
    "ahead": Check("database", "failed", "the schema is newer than this program: install the newer version"),
}


@click.command(cls=Command, example="campaigns doctor")
@json_option
@pass_program
def doctor(program: Program, *, as_json: bool) -> None:
    """Look at settings, database, locks of tenancy, overdue work, plugins, mail server and disk.

    Exit status 1 when something failed; warnings do not count.
    """
    found = list(examine(program.settings))
    rows = [{"check": one.name, "state": one.state, "message": one.message} for one in found]
    print_rows(rows, columns=["check", "state", "message"], as_json=as_json)
    if any(one.state == "failed" for one in found):
        raise click.exceptions.Exit(1)


def examine(settings: Settings) -> Iterator[Check]:
    """Make every check, each whatever the others said."""
    yield Check("settings", "ok", f"data folder {settings.home}, dispatch {settings.dispatch}")
    yield from _examine_database(settings)
    yield plugins.check_plugins(registry(settings.plugins))
    yield health.check_mail(settings.smtp_url)
    yield health.check_folder(settings.home)


def _examine_database(settings: Settings) -> Iterator[Check]:
    try:
        state = runtime.database_state(settings)
    except runtime.DatabaseUnreachable as error:
        yield Check("database", "failed", error.message)
        return
    yield _STATES[state]
    if state == "current":
        opened = runtime.open_runtime(settings)
        try:
            yield from health.check_store(opened.store)
            yield plugins.check_missing(opened.store, opened.kinds)
        finally:
            opened.close()
