"""`campaigns simulate`: what a workflow would do, without doing it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from campaigns.cli.output import print_json, print_rows
from campaigns.cli.program import Command, Program, json_option, pass_program, tenant_option
from campaigns.cli.tenancy import reading_tenant
from campaigns.errors import NotFound
from campaigns.imports.contacts import address_and_key
from campaigns.services import leads, simulations
from campaigns.services.simulations import Asked


@click.command(cls=Command, example="campaigns simulate welcome --tenant acme --sample 100")
@click.argument("workflow_key", metavar="WORKFLOW")
@tenant_option
@click.option("--lead", "email", metavar="EMAIL", help="On this lead.")
@click.option("--sample", type=int, help="On so many leads, those changed last.")
@click.option("--days", type=int, help="On what has happened within so many days.")
@click.option("--version", type=int, help="This version; by default the draft.")
@click.option(
    "--event", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A JSON file: name and properties."
)
@json_option
@pass_program
def simulate(
    program: Program, *, workflow_key: str, tenant_key: str, email: str | None, as_json: bool, **chosen: Any
) -> None:
    """Run a draft or a version in virtual time, without effects; print how many came to each section."""
    made_up = json.loads(chosen["event"].read_text(encoding="utf-8")) if chosen["event"] is not None else None
    with reading_tenant(program, tenant_key) as (runtime, session):
        lead = leads.find_lead(session, email_key=address_and_key(email)[1]) if email is not None else None
        if email is not None and lead is None:
            raise NotFound(f"There is no lead {email}.")
        asked = Asked(lead.id if lead else None, chosen["sample"], chosen["days"], chosen["version"], made_up)
        checked = simulations.check(asked)
        found = simulations.run_simulation(session, workflow_key, checked, kinds=runtime.kinds)
    if as_json:
        print_json(simulations.describe(found))
        return
    click.echo(f"leads: {found.leads}")
    click.echo(", ".join(f"{status}: {count}" for status, count in sorted(found.statuses.items())))
    rows = [{"section": s, "type": found.types.get(s), "leads": count} for s, count in found.sections.items()]
    print_rows(rows, columns=["section", "type", "leads"], as_json=False)
