"""`campaigns tenant`: organisations and their owners."""

from __future__ import annotations

import secrets
import sys

import click

from campaigns.cli.output import print_rows
from campaigns.cli.program import Command, Group, Program, json_option, pass_program
from campaigns.services import accounts, tenants
from campaigns.services.accounts import Person
from campaigns.storage.transaction import system


@click.group(cls=Group)
def tenant() -> None:
    """Tenants: create, list."""


@tenant.command(cls=Command, example="campaigns tenant create 'Acme Ltd' --owner anna@example.com")
@click.argument("name")
@click.option("--owner", metavar="EMAIL", required=True, help="Who owns it; an account is made where there is none.")
@click.option("--password-stdin", is_flag=True, help="Read a new account's password from standard input.")
@click.option("--parent", metavar="KEY", help="The tenant above, whose admins can open this one.")
@click.option("--key", help="Its key in addresses; by default made from the name.")
@pass_program
def create(
    program: Program, *, name: str, owner: str, password_stdin: bool, parent: str | None, key: str | None
) -> None:
    """Make a tenant with its owner; print its key alone.

    An owner who has an account already keeps their password. A new one gets the password from --password-stdin, or is
    asked for it at a terminal; else one is made and told on standard error.
    """
    with program.open() as runtime:
        with system(runtime.store) as session:
            known = accounts.find_user(session, owner)
        if known is not None and password_stdin:
            click.echo(f"{known.email} has an account already and keeps its password.", err=True)
        person = Person(owner, password=None if known else _password(from_stdin=password_stdin))
        made = accounts.create_tenant(runtime.store, name=name, owner=person, key=key, parent_key=parent)
    if person.password and not password_stdin and not sys.stdin.isatty():
        click.echo(f"Password: {person.password}", err=True)
    click.echo(made.key)


@tenant.command("list", cls=Command, example="campaigns tenant list --json")
@json_option
@pass_program
def list_(program: Program, *, as_json: bool) -> None:
    """List all tenants by key."""
    with program.open() as runtime, system(runtime.store) as session:
        found = tenants.list_tenants(session)
    keys = {one.id: one.key for one in found}
    rows = [
        {
            "key": one.key,
            "name": one.name,
            "parent": one.parent_id and keys[one.parent_id],
            "created_at": one.created_at,
        }
        for one in found
    ]
    print_rows(rows, columns=["key", "name", "parent", "created_at"], as_json=as_json)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return secrets.token_hex(12)
