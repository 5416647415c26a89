"""The command `campaigns`: a group whose commands are loaded when they are called."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import click

from campaigns.cli.program import FLASK_KEY, Program, shown

if TYPE_CHECKING:
    from flask import Flask

COMMANDS = {
    "api-key": "campaigns.cli.api_keys:api_key",
    "bench": "campaigns.bench.command:bench",
    "db": "campaigns.cli.db:db",
    "demo": "campaigns.cli.demo:demo",
    "doctor": "campaigns.cli.doctor:doctor",
    "executions": "campaigns.cli.executions:executions",
    "leads": "campaigns.cli.leads:leads",
    "sections": "campaigns.cli.sections:sections",
    "serve": "campaigns.cli.serve:serve",
    "simulate": "campaigns.cli.simulations:simulate",
    "tenant": "campaigns.cli.tenants:tenant",
    "worker": "campaigns.cli.worker:worker",
    "workflow": "campaigns.cli.workflows:workflow",
}


class Lazy(click.Group):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.command(
    cls=Lazy,
    epilog=shown("campaigns demo\ncampaigns serve --port 8000"),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="campaigns", message="%(version)s")
def root() -> None:
    """Campaigns: build workflows in the browser, import leads, watch each go through once.

    Settings come from the environment or from a file .env; `campaigns doctor` shows whether all is well.
    """


def register(app: Flask, program: Program) -> None:
    """Offer the same commands as `flask --app wsgi …`."""
    app.extensions[FLASK_KEY] = program
    context = click.Context(root)
    for name in COMMANDS:
        app.cli.add_command(_Later(name, context), name)


class _Later(click.Group):
    """Stands for a command among Flask's own, until it is called."""

    def __init__(self, name: str, context: click.Context) -> None:
        super().__init__(name, add_help_option=False)
        self._context = context

    @property
    def _real(self) -> click.Command:
        found = root.get_command(self._context, self.name or "")
        assert found is not None  # noqa: S101 - made from the same table
        return found

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> click.Context:
        return self._real.make_context(info_name, args, parent=parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        return self._real.invoke(ctx)

    def get_short_help_str(self, limit: int = 45) -> str:
        return self._real.get_short_help_str(limit)
