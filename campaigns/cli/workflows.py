"""`campaigns workflow`: documents in and out, checked, activated."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Literal, cast

import click

from campaigns.cli.documents import name_from, read_document
from campaigns.cli.output import print_json, print_rows
from campaigns.cli.program import Command, Group, Program, json_option, pass_program, tenant_option
from campaigns.cli.tenancy import reading_tenant, writing_tenant
from campaigns.engine.cautions import find_warnings
from campaigns.engine.document import Document
from campaigns.engine.kinds import Kinds
from campaigns.engine.validation import find_problems, parse
from campaigns.errors import Invalid, NotFound, Problem
from campaigns.services import drafts, stories, versions, workflows
from campaigns.services.vocabulary import load_vocabulary
from campaigns.services.workflow_templates import list_workflow_templates
from campaigns.storage.transaction import TenantSession


@click.group(cls=Group)
def workflow() -> None:
    """Workflows: list, import, export, check, activate, deactivate; ready-made ones."""


@workflow.command("list", cls=Command, example="campaigns workflow list --tenant acme")
@tenant_option
@json_option
@pass_program
def list_(program: Program, *, tenant_key: str, as_json: bool) -> None:
    """List a tenant's workflows with their totals."""
    with reading_tenant(program, tenant_key) as (_, session):
        rows = workflows.describe_all(session, workflows.list_workflows(session))
    flat = rows if as_json else [{**row, **row["totals"]} for row in rows]
    print_rows(flat, columns=["key", "name", "state", "live_version", "active", "finished", "failed"], as_json=as_json)


@workflow.command("import", cls=Command, example="campaigns workflow import welcome.json --tenant acme --activate")
@click.argument("file", type=click.File(encoding="utf-8-sig"))
@tenant_option
@click.option("--key", help="The workflow to replace the draft of, or the key of a new one.")
@click.option("--name", help="A new workflow's name; by default the file's.")
@click.option("--activate", "live", is_flag=True, help="Publish it at once.")
@pass_program
def import_(program: Program, *, file: IO[str], tenant_key: str, key: str | None, name: str | None, live: bool) -> None:
    """Make a workflow from a document (a file, or - for standard input); print its key.

    Where the key is there already, the document becomes a new revision of its draft.
    """
    document = read_document(file)
    with writing_tenant(program, tenant_key) as (runtime, session):
        if key is not None and _exists(session, key):
            drafts.save_draft(session, key, document, change="Imported", kinds=runtime.kinds)
        else:
            chosen = name or name_from(file)
            key = workflows.create_workflow(session, name=chosen, key=key, document=document, kinds=runtime.kinds).key
        if live:
            versions.activate(session, key, kinds=runtime.kinds)
    click.echo(key)


@workflow.command(cls=Command, example="campaigns workflow export welcome --tenant acme > welcome.json")
@click.argument("key")
@tenant_option
@click.option(
    "--version", "number", type=click.IntRange(1, 2**31 - 1), help="A version's number; by default the draft."
)
@pass_program
def export(program: Program, *, key: str, tenant_key: str, number: int | None) -> None:
    """Print a workflow's document as JSON."""
    with reading_tenant(program, tenant_key) as (_, session):
        if number is None:
            document = drafts.get_draft(session, key).document
        else:
            document = versions.get_version(session, key, number).document
    print_json(document)


@workflow.command(
    cls=Command,
    example="campaigns workflow check welcome --tenant acme\ncampaigns workflow check welcome.json --tenant acme",
)
@click.argument("key_or_file", metavar="KEY|FILE")
@tenant_option
@json_option
@pass_program
def check(program: Program, *, key_or_file: str, tenant_key: str, as_json: bool) -> None:
    """Say what keeps a workflow from being activated. Exit status 0 when nothing does.

    Checks a workflow's draft and runs its story tests, or checks a document in a file (- for standard input) as it
    would stand in this tenant. Warnings go to standard error and keep nothing from being activated: sections that
    nobody comes to, and effects that start the workflow again.
    """
    with reading_tenant(program, tenant_key) as (runtime, session):
        if key_or_file == "-" or Path(key_or_file).is_file():
            with click.open_file(key_or_file, encoding="utf-8-sig") as file:
                document = parse(read_document(file), runtime.kinds)
            problems = find_problems(document, runtime.kinds, load_vocabulary(session))
        else:
            draft = drafts.get_draft(session, key_or_file)
            document = Document.model_validate(draft.document)
            problems = drafts.find_draft_problems(session, draft, kinds=runtime.kinds)
            problems += _failing_tests(session, key_or_file, runtime.kinds)
    for warning in find_warnings(document, runtime.kinds):
        click.echo(f"Warning: {warning.path}: {warning.message}", err=True)
    if as_json:
        print_json([{"path": problem.path, "message": problem.message} for problem in problems])
        if problems:
            raise click.exceptions.Exit(1)
    elif problems:
        raise Invalid("The workflow can't be activated yet.", problems=problems)
    else:
        click.echo("The workflow can be activated.")


@workflow.command(cls=Command, example="campaigns workflow activate welcome --tenant acme --note 'First version'")
@click.argument("key")
@tenant_option
@click.option("--note", default="", help="What is new, for the list of versions.")
@pass_program
def activate(program: Program, *, key: str, tenant_key: str, note: str) -> None:
    """Publish a workflow's draft, and listen; print the live version's number."""
    with writing_tenant(program, tenant_key) as (runtime, session):
        number = versions.activate(session, key, note=note, kinds=runtime.kinds).live_version
    click.echo(number)


@workflow.command(cls=Command, example="campaigns workflow deactivate welcome --tenant acme --running hold")
@click.argument("key")
@tenant_option
@click.option(
    "--running", type=click.Choice(["finish", "hold", "cancel"]), default="finish", show_default=True,
    help="What becomes of the executions inside.",
)  # fmt: skip
@pass_program
def deactivate(program: Program, *, key: str, tenant_key: str, running: str) -> None:
    """Cease to listen; nothing starts from then on."""
    with writing_tenant(program, tenant_key) as (_, session):
        versions.deactivate(session, key, running=cast("Literal['finish', 'hold', 'cancel']", running))


@workflow.command("templates", cls=Command, example="campaigns workflow templates --search trial")
@click.option("--search", default="", help="Words of the name, the category or the description.")
@json_option
def templates_(*, search: str, as_json: bool) -> None:
    """List the ready-made workflows that “New workflow” offers."""
    found = list_workflow_templates(search=search)
    rows = [one.model_dump(include={"key", "name", "category", "description"}) for one in found]
    print_rows(rows, columns=["key", "category", "name"], as_json=as_json)


def _failing_tests(session: TenantSession, key: str, kinds: Kinds) -> list[Problem]:
    """Return what does not hold of the story tests that block publishing; those that warn are said aside."""
    results = [result for result in stories.run_stories(session, key, kinds) if not result.passes]
    for result in results:
        if not result.story.blocks:
            click.echo(f"Warning: the test “{result.story.name}” fails: {'; '.join(result.failures)}", err=True)
    return [
        Problem(f"/tests/{result.story.name}", said)
        for result in results
        if result.story.blocks
        for said in result.failures
    ]


def _exists(session: TenantSession, key: str) -> bool:
    try:
        workflows.get_workflow(session, key)
    except NotFound:
        return False
    return True
