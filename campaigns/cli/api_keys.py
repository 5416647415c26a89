"""`campaigns api-key`: keys for programs that use the API."""

from __future__ import annotations

from uuid import UUID

import click

from campaigns.cli.output import print_rows
from campaigns.cli.program import Command, Group, Program, json_option, pass_program
from campaigns.cli.tenancy import reading_tenant, writing_tenant
from campaigns.services import api_keys as service
from campaigns.services.rights import SCOPES


@click.group("api-key", cls=Group)
def api_key() -> None:
    """API keys: create, list, revoke."""


@api_key.command(cls=Command, example="campaigns api-key create acme --name shop --scopes leads.edit,events.send")
@click.argument("tenant_key", metavar="TENANT")
@click.option("--name", required=True, help="What the key is for.")
@click.option("--scopes", multiple=True, help=f"What it may do, by default everything: {', '.join(SCOPES)}.")
@pass_program
def create(program: Program, *, tenant_key: str, name: str, scopes: tuple[str, ...]) -> None:
    """Make a key; print it alone. It can't be shown again."""
    wanted = [scope for part in scopes for scope in part.replace(",", " ").split()]
    with writing_tenant(program, tenant_key) as (_, session):
        _, key = service.create_key(session, name=name, scopes=wanted)
    click.echo(key)


@api_key.command("list", cls=Command, example="campaigns api-key list acme")
@click.argument("tenant_key", metavar="TENANT")
@json_option
@pass_program
def list_(program: Program, *, tenant_key: str, as_json: bool) -> None:
    """List the keys that are not revoked, newest first; never the keys themselves."""
    with reading_tenant(program, tenant_key) as (_, session):
        names = ("id", "name", "prefix", "scopes", "created_at", "last_used_at")
        rows = [{name: getattr(row, name) for name in names} for row in service.list_keys(session)]
    shown = rows if as_json else [{**row, "scopes": " ".join(row["scopes"]) or "everything"} for row in rows]
    columns = ["name", "prefix", "scopes", "created_at", "last_used_at"]
    print_rows(shown, columns=columns, as_json=as_json)


@api_key.command(cls=Command, example="campaigns api-key revoke acme shop")
@click.argument("tenant_key", metavar="TENANT")
@click.argument("name_or_id", metavar="NAME")
@pass_program
def revoke(program: Program, *, tenant_key: str, name_or_id: str) -> None:
    """End a key, by its name or id, from now on."""
    with writing_tenant(program, tenant_key) as (_, session):
        try:
            service.revoke_key(session, UUID(name_or_id))
        except ValueError:  # it is no id
            service.revoke_key_named(session, name_or_id)
