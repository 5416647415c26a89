"""`campaigns executions`: what is running, what has ended, what failed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click

from campaigns.cli.output import print_json, print_rows
from campaigns.cli.program import Command, Group, Program, json_option, pass_program, tenant_option
from campaigns.cli.tenancy import reading_tenant, writing_tenant
from campaigns.services import executions as service
from campaigns.services.workflows import get_workflow

STATUSES = ("ready", "running", "waiting", "listening", "held", "finished", "stopped", "cancelled", "failed")


@click.group(cls=Group)
def executions() -> None:
    """Executions: list, show, cancel, retry."""


@executions.command("list", cls=Command, example="campaigns executions list --tenant acme --status failed")
@tenant_option
@click.option("--workflow", help="Of this workflow alone (its key).")
@click.option("--lead", type=click.UUID, help="Of this lead alone.")
@click.option("--status", type=click.Choice(STATUSES), help="In this status alone.")
@click.option("--section", help="With a token at this section now.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="At most so many.")
@json_option
@pass_program
def list_(program: Program, *, tenant_key: str, limit: int, as_json: bool, **filters: Any) -> None:
    """List executions, newest first."""
    with reading_tenant(program, tenant_key) as (_, session):
        if filters["workflow"] is not None:
            get_workflow(session, filters["workflow"])
        found = service.list_executions(session, limit=limit, **filters)
    rows = [service.describe_summary(one) for one in found]
    columns = ["id", "workflow", "version", "lead", "status", "created_at", "reason"]
    print_rows(rows, columns=columns, as_json=as_json)


@executions.command(cls=Command, example="campaigns executions show 0192f… --tenant acme --json")
@click.argument("execution_id", metavar="ID", type=click.UUID)
@tenant_option
@json_option
@pass_program
def show(program: Program, *, execution_id: UUID, tenant_key: str, as_json: bool) -> None:
    """Show one execution with its steps and what decided them."""
    with reading_tenant(program, tenant_key) as (_, session):
        found = service.describe_execution(service.get_execution(session, execution_id))
    if as_json:
        print_json(found)
        return
    for name in ("id", "workflow", "version", "lead", "status", "reason", "created_at", "finished_at"):
        click.echo(f"{name}: {'' if found[name] is None else found[name]}")
    print_rows(found["steps"], columns=["at", "section", "type", "outcome", "receipt"], as_json=False)


@executions.command(cls=Command, example="campaigns executions cancel 0192f… --tenant acme")
@click.argument("execution_id", metavar="ID", type=click.UUID)
@tenant_option
@pass_program
def cancel(program: Program, *, execution_id: UUID, tenant_key: str) -> None:
    """End an execution as cancelled; print its status."""
    with writing_tenant(program, tenant_key) as (_, session):
        status = service.cancel_execution(session, execution_id).status
    click.echo(status)


@executions.command(cls=Command, example="campaigns executions retry 0192f… --tenant acme")
@click.argument("execution_id", metavar="ID", type=click.UUID)
@tenant_option
@pass_program
def retry(program: Program, *, execution_id: UUID, tenant_key: str) -> None:
    """Let a failed execution go on at the section that failed, with the state it had; print its status."""
    with writing_tenant(program, tenant_key) as (_, session):
        status = service.retry_execution(session, execution_id).status
    click.echo(status)
