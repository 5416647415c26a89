"""The reference page of the commands, written from the commands themselves: `make docs`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from campaigns.cli.root import root

INTRODUCTION = """# Command line

Every command has `--help`. Exit status 0 means done, 1 that it failed, 2 that it was called wrongly. Errors go to
standard error: a sentence, then one line `path: message` for each problem. `--json` prints data for programs. Long work
shows a bar while a terminal looks on. All commands may be used beside a running `campaigns serve`, and also as
`flask --app wsgi …`.

A command that finds an empty database migrates it first. One that finds an older one says to run
`campaigns db upgrade`; `serve` and `demo` upgrade an SQLite file by themselves. This page is written by `make docs`.
"""


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join([INTRODUCTION, *(_described(words, command) for words, command in commands(root, ()))])


def commands(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command that can be called, with the words that call it."""
    if not isinstance(command, click.Group):
        yield words, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        if found is not None:
            yield from commands(found, (*words, name))


def _described(words: tuple[str, ...], command: click.Command) -> str:
    context = click.Context(command, info_name=" ".join(("campaigns", *words)))
    usage = " ".join(command.collect_usage_pieces(context))
    paragraphs = (command.help or "").replace("\b\n", "").split("\n\n")
    told = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    options = "".join(f"- {line}\n" for line in _options(command, context))
    example = (command.epilog or "").partition("Example:\n")[2]
    shown = "\n".join(line.removeprefix("  ") for line in example.splitlines())
    return f"## {context.info_name}\n\n`{context.info_name} {usage}`\n\n{told}\n\n{options}\n```sh\n{shown}\n```\n"


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1] and "--help" not in parameter.opts:
            yield f"`{record[0]}`: {record[1]}"
