"""`campaigns sections`: which section types there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import click

from campaigns.cli.output import print_json, print_rows
from campaigns.cli.program import Command, Group, Program, json_option, pass_program
from campaigns.cli.scaffold import files_for
from campaigns.cli.scaffold_texts import Shape
from campaigns.engine.kinds import Kind
from campaigns.errors import Conflict, Invalid, Problem
from campaigns.sections.describing import describe, markdown
from campaigns.sections.registry import registry


@click.group(cls=Group)
def sections() -> None:
    """Section types: what workflows are made of. List, show, new."""


@sections.command("list", cls=Command, example="campaigns sections list --json")
@json_option
@pass_program
def list_(program: Program, *, as_json: bool) -> None:
    """List the section types, plugins' included."""
    found = registry(program.settings.plugins)
    rows = [_row(kind) for _, kind in sorted(found.kinds.items())]
    print_rows(rows, columns=["type", "role", "label", "help"], as_json=as_json)
    for name, why in found.broken.items():
        click.echo(f"Warning: {name}: not loaded: {why}", err=True)


@sections.command(cls=Command, example="campaigns sections show flow.delay")
@click.argument("type_", metavar="TYPE")
@json_option
@pass_program
def show(program: Program, *, type_: str, as_json: bool) -> None:
    """Show what the docs say of one section type, as Markdown; with --json the JSON Schema of its config."""
    found = registry(program.settings.plugins)
    kind = found.get(type_)
    if as_json:
        print_json({**_row(kind), "schema": kind.model.model_json_schema()})
    else:
        click.echo(markdown(describe(kind, found.kinds)), nl=False)


@sections.command(
    cls=Command,
    example="campaigns sections new crm.send --as perform\npytest test_crm_send.py\n"
    "CAMPAIGNS_PLUGINS=crm_send campaigns serve",
)
@click.argument("type_", metavar="TYPE")
@click.option(
    "--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=".", help="Where to write it."
)
@click.option(
    "--as", "shape", type=click.Choice(get_args(Shape)), default="action", show_default=True,
    help="What to begin with: an action that changes the lead, one that performs outside, a condition, a trigger.",
)  # fmt: skip
@pass_program
def new(program: Program, *, type_: str, folder: Path, shape: Shape) -> None:
    """Write a Python module with a section type of one's own, its test and its page; print their paths.

    It works as it is: name it in CAMPAIGNS_PLUGINS, with its folder on the PYTHONPATH, and change it from there. The
    test runs with pytest.
    """
    if type_ in registry(program.settings.plugins).kinds:
        raise Conflict(f"There is a section type {type_} already.")
    files = {folder / name: text for name, text in files_for(type_, shape).items()}
    for path in files:
        if path.exists():
            raise Conflict(f"There is a file {path} already.")
    for path, text in files.items():
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise Invalid(problems=[Problem("--folder", f"{path}: {error.strerror}")]) from None
        click.echo(path)


def _row(kind: Kind) -> dict[str, Any]:
    return {
        "type": kind.name,
        "role": kind.role,
        "label": kind.label,
        "help": " ".join(kind.help.split()),
        "plugin": kind.plugin,
    }
