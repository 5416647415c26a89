"""What every command stands on: the settings, the process's parts, one way to say what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, update_wrapper
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, Unpack, cast

import click

from campaigns.errors import CampaignsError

if TYPE_CHECKING:
    from flask import Flask

    from campaigns.dispatch.base import Lane
    from campaigns.messages.handover import Transport
    from campaigns.runtime import Runtime
    from campaigns.settings import Settings

FLASK_KEY = "campaigns.program"
Function = TypeVar("Function", bound=Callable[..., Any])


class WorkerFacts(TypedDict, total=False):
    """How a worker works: pieces at the same time, and lanes."""

    concurrency: int
    lanes: Collection[Lane]


@dataclass
class Program:
    """The program as commands see it.

    `make_app(runtime, demo)` makes the web app on a process's parts; `demo` is a sign-in for it to show. The settings
    are those `known`, else they are read when first asked for, where `given` ones win.
    """

    make_app: Callable[[Runtime, str], Flask]
    given: dict[str, Any] = field(default_factory=dict)
    known: Settings | None = None

    @cached_property
    def settings(self) -> Settings:
        from campaigns import runtime, settings  # noqa: PLC0415 - `--help` answers without loading the database layer

        found = self.known or settings.load_settings(**self.given)
        runtime.configure_log(found)
        return found

    @contextmanager
    def open(
        self, *, upgrade_sqlite: bool = False, transport: Transport | None = None, **worker: Unpack[WorkerFacts]
    ) -> Iterator[Runtime]:
        """Open the parts on a database that is ready; closed at the end."""
        from campaigns import runtime  # noqa: PLC0415 - see `settings`

        runtime.prepare_database(self.settings, upgrade_sqlite=upgrade_sqlite)
        opened = runtime.open_runtime(self.settings, transport=transport, **worker)
        try:
            yield opened
        finally:
            opened.close()


def shown(example: str) -> str:
    """Return an example as the end of a help page."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in example.splitlines())


def is_text(word: str) -> bool:
    """Tell whether a word of the command line can be written down; bytes that are no text can't."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in word


class Group(click.Group):
    """Commands of one noun; its help shows the example of the first of them that is listed."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = [self.get_command(ctx, name) for name in self.list_commands(ctx)]
        examples = [command.example for command in found if isinstance(command, Command)]
        if examples:
            formatter.write("\n" + shown(examples[0]).removeprefix("\b\n") + "\n")


class Failure(click.ClickException):
    """A command that failed: the message, then one line `path: message` a problem, on standard error. Exit status 1."""

    def __init__(self, error: CampaignsError) -> None:
        super().__init__(error.message)
        self.error = error

    def show(self, file: Any = None) -> None:
        click.echo(f"Error: {self.message}", err=True)
        if not self.message.endswith(tuple(problem.message for problem in self.error.problems)):
            for problem in self.error.problems:
                click.echo(f"  {problem.path}: {problem.message}" if problem.path else f"  {problem.message}", err=True)


class Command(click.Command):
    """A command with an example in its help, whose expected failures are told in the words of the error family."""

    def __init__(self, *args: Any, example: str, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.epilog = shown(example)
        self.example = example

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for word in args:
            if not is_text(word):
                raise click.UsageError(f"{word!a} is no text in the terminal's encoding.", ctx)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CampaignsError as error:
            raise Failure(error) from error


def pass_program(function: Function) -> Function:
    """Hand the Program to a command as its first argument: ours, or the one that a Flask app was made with."""

    @click.pass_context
    def call(ctx: click.Context, *args: Any, **values: Any) -> Any:
        return ctx.invoke(function, find_program(ctx), *args, **values)

    return cast("Function", update_wrapper(call, function))  # it takes what the function takes, but for the program


def find_program(ctx: click.Context) -> Program:
    """Return the Program of a context; under `flask --app wsgi …` it is the app that knows it."""
    found = ctx.find_object(Program)
    if found is not None:
        return found
    app = ctx.obj.load_app()  # Flask's ScriptInfo
    program: Program = app.extensions[FLASK_KEY]
    return program


tenant_option = click.option("--tenant", "tenant_key", metavar="KEY", required=True, help="The tenant's key.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
