"""`campaigns leads`: a file of leads in, and who is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from campaigns.cli.documents import read_document
from campaigns.cli.importing import describe_import, print_import, start_import, wait_for
from campaigns.cli.output import print_json, print_rows
from campaigns.cli.program import Command, Group, Program, json_option, pass_program, tenant_option
from campaigns.cli.tenancy import reading_tenant, tenancy_of
from campaigns.errors import CampaignsError, Invalid, Problem
from campaigns.imports.options import ImportOptions
from campaigns.services.lead_search import read_wanted, search_leads
from campaigns.services.leads import lead_json
from campaigns.storage.transaction import reading

Mapping = dict[str, str | None]


class ImportEnded(CampaignsError):
    """The import ended before the end of the file."""

    code = "import_ended"


@click.group(cls=Group)
def leads() -> None:
    """Leads: import, list."""


@leads.command("import", cls=Command, example="campaigns leads import leads.csv --tenant acme --list newsletter --wait")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@tenant_option
@click.option(
    "--mapping", type=click.File(encoding="utf-8-sig"), help='JSON: {"column": "field", …}; by default by name.'
)
@click.option("--no-workflows", is_flag=True, help="Start no workflow by these rows.")
@click.option(
    "--existing", type=click.Choice(["update", "skip"]), default="update", show_default=True, help="Known leads."
)
@click.option("--list", "list_", metavar="KEY", help="Add the leads to this list.")
@click.option("--create-fields", is_flag=True, help="Make a field for each unknown column.")
@click.option("--again", is_flag=True, help="Also if the same file was imported within the hour.")
@click.option("--wait", is_flag=True, help="Work until the rows are done and their executions have nothing left to do.")
@json_option
@pass_program
def import_(program: Program, *, file: Path, tenant_key: str, wait: bool, as_json: bool, **choices: Any) -> None:
    """Import leads from a CSV file; encoding and separator are recognised.

    Without --wait the file is queued for `serve` or `worker`, and the import's id is printed. With it the command
    works itself, beside whoever else does. Refused rows are listed and do not fail it; exit status 1 means that the
    import itself failed.
    """
    options, mapping = _options(choices), _mapping(choices["mapping"])
    with program.open() as runtime:
        tenancy = tenancy_of(runtime, tenant_key)
        entry = start_import(runtime, tenancy, file, mapping=mapping, options=options, again=choices["again"])
        if wait:
            wait_for(runtime, tenancy, entry)
        with reading(runtime.store, tenancy) as session:
            found = describe_import(session, entry.id)
    if not wait:
        print_json(found) if as_json else click.echo(entry.id)
        return
    print_json(found) if as_json else print_import(found)
    if found["status"] != "done":
        raise ImportEnded(f"The import is {found['status']}: {found['reason'] or 'see the imports page'}")


@leads.command("list", cls=Command, example="campaigns leads list --tenant acme --status qualified --json")
@tenant_option
@click.option("--search", "q", default="", help="Words of name, address or phone.")
@click.option("--status", default="", help="Of this status alone (its key).")
@click.option("--list", "list_", metavar="KEY", default="", help="On this list alone.")
@click.option("--tag", default="", help="With this tag alone.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="At most so many.")
@json_option
@pass_program
def list_leads(program: Program, *, tenant_key: str, limit: int, as_json: bool, **filters: str) -> None:
    """List leads, newest first."""
    given = {name.rstrip("_"): value for name, value in filters.items()}
    with reading_tenant(program, tenant_key) as (_, session):
        found = search_leads(session, read_wanted(session, given), limit=limit)
        rows = lead_json(session, found.leads)
    print_rows(rows, columns=["id", "email", "first_name", "last_name", "status", "score"], as_json=as_json)
    if found.total > len(rows):
        click.echo(f"{len(rows)} of {found.total} leads; --limit shows more.", err=True)


def _options(choices: dict[str, Any]) -> ImportOptions:
    return ImportOptions(
        existing=choices["existing"],
        list=choices["list_"],
        create_fields=choices["create_fields"],
        start_workflows=not choices["no_workflows"],
    )


def _mapping(file: Any) -> Mapping | None:
    if file is None:
        return None
    try:
        return TypeAdapter(Mapping).validate_python(read_document(file))
    except ValidationError as error:
        wrong = [Problem("/" + "/".join(map(str, one["loc"])), one["msg"]) for one in error.errors()]
        raise Invalid('A mapping is {"column": "field", …}.', problems=wrong) from None
