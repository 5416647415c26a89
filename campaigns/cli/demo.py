"""`campaigns demo`: the whole job on sample data, told in a table, then served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from campaigns import resources
from campaigns.cli.demo_tenants import make_tenants
from campaigns.cli.importing import counts_shown, describe_import, start_import, wait_for
from campaigns.cli.output import print_table
from campaigns.cli.program import Command, Program, pass_program
from campaigns.cli.serving import free_port, serve_until_stopped
from campaigns.cli.tenancy import tenancy_of
from campaigns.imports.options import ImportOptions
from campaigns.messages.console import ConsoleTransport
from campaigns.services import demo as service
from campaigns.services import demo_texts
from campaigns.services.quiet import settle
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Tenancy

if TYPE_CHECKING:
    from campaigns.runtime import Runtime

MAILS = "demo-mails.txt"


@click.command(cls=Command, example="campaigns demo\ncampaigns demo --no-serve")
@click.option("--no-serve", is_flag=True, help="End after the table.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="By default 5000, or a free one where that is taken.")
@pass_program
def demo(program: Program, *, no_serve: bool, host: str, port: int | None) -> None:
    """Do the main job on sample data, then serve it.

    Makes a tenant with an active workflow, imports two thousand leads (some of them bad), prints what became of them,
    and serves pages and worker. Mails are written to a file in the data folder, whatever CAMPAIGNS_SMTP_URL says. A
    second run finds everything there and goes on; to start over, remove the data folder.
    """
    with (
        _mails(program.settings.home / MAILS) as transport,
        program.open(upgrade_sqlite=True, transport=transport) as runtime,
    ):
        sign_in = make_tenants(runtime)
        _run(runtime, tenancy_of(runtime, service.KEY))
        _run_small(runtime, tenancy_of(runtime, "demo-small"))
        shown = f"{sign_in.email}  {sign_in.password}"
        click.echo(f"\nMails:   {program.settings.home / MAILS}\nSign in: {shown}")
        if no_serve:
            return
        app = program.make_app(runtime, shown)
        chosen = free_port(host) if port is None else port
        ended = serve_until_stopped(runtime, app, host=host, port=chosen, tell=_tell)
    if not ended:
        raise click.exceptions.Exit(1)


def _tell(address: str) -> None:
    click.echo(f"Open:    {address}   (Ctrl+C ends it)")


@contextmanager
def _mails(path: Path) -> Iterator[ConsoleTransport]:
    """Write mails to a file: a thousand of them would bury the table, and none of these people exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        yield ConsoleTransport(stream=file)


def _run(runtime: Runtime, tenancy: Tenancy) -> None:
    with writing(runtime.store, tenancy) as session:
        service.furnish(session, runtime.kinds)
    with reading(runtime.store, tenancy) as session:
        entry = service.first_import(session)
    if entry is None:
        click.echo("Importing demo/leads.csv, with the workflow running …")
        entry = start_import(runtime, tenancy, resources.demo() / "leads.csv", options=ImportOptions(), again=True)
    else:
        click.echo(f"The demo is there already. To start over: {_start_over(runtime)}")
    wait_for(runtime, tenancy, entry)
    with reading(runtime.store, tenancy) as session:
        found = describe_import(session, entry.id)
        executions, messages = service.count_executions(session), service.count_messages(session)
    _print(found, executions, messages)


def _run_small(runtime: Runtime, tenancy: Tenancy) -> None:
    """Give the second tenant a few leads, and nothing that runs."""
    with reading(runtime.store, tenancy) as session:
        is_there = service.first_import(session) is not None
    if not is_there:
        with writing(runtime.store, tenancy) as session:
            service.make_vocabulary(session)
        options = ImportOptions(list="newsletter")
        start_import(runtime, tenancy, resources.demo() / "small.csv", options=options, again=True)
    settle(runtime.store, tenancy.tenant_id, run_once=runtime.worker.run_once)


def _start_over(runtime: Runtime) -> str:
    if runtime.store.database.is_sqlite:
        return f"rm -r {runtime.settings.home}"
    return "use another database"


def _print(found: dict[str, Any], executions: dict[str, int], messages: dict[str, int]) -> None:
    counts = counts_shown(found)
    rows = {name: counts[name] for name in ("created", "updated", "unchanged", "skipped")} | {
        "rejected": counts["failed"]
    }
    tables = {"Rows": rows, f"Executions of “{demo_texts.WORKFLOW_NAME}”": executions, "Messages": messages}
    for title, counts in tables.items():
        click.echo()
        print_table([[name.replace("_", " "), str(count)] for name, count in counts.items()], heads=[title, "count"])
    click.echo()
    rejected = [[str(one["line"]), one["column"], one["reason"]] for one in found["problems"]]
    print_table(rejected, heads=["Rejected line", "column", "reason"])
