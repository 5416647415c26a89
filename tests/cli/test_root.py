"""What holds for every command: help with an example, errors on standard error, exit status."""

from __future__ import annotations

import click
import pytest
from flask import Flask

from campaigns.cli.program import Command, Program
from campaigns.cli.reference import commands
from campaigns.cli.root import COMMANDS, register, root
from campaigns.errors import CampaignsError, Problem
from tests.cli.conftest import Run

ALL = dict(commands(root, ()))


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_says_what_a_command_does_and_shows_an_example(run: Run, words: tuple[str, ...]) -> None:
    result = run(*words, "--help")
    assert result.exit_code == 0
    assert ALL[words].help
    assert f"campaigns {' '.join(words)}" in result.stdout.split("Example:\n")[1]


def test_help_of_the_program_lists_the_commands(run: Run) -> None:
    result = run("--help")
    assert [name for name in COMMANDS if f"  {name} " not in result.stdout] == []


def test_an_unknown_command_is_a_wrong_use(run: Run) -> None:
    result = run("launch")
    assert result.exit_code == 2
    assert result.stdout == ""


def test_wrong_settings_are_told_by_variable(run: Run) -> None:
    result = run("db", "current", tick_seconds=-1)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "CAMPAIGNS_TICK_SECONDS: " in result.stderr


def test_a_failure_is_told_with_each_problem_on_a_line() -> None:
    @click.command(cls=Command, example="campaigns fail")
    def fail() -> None:
        raise CampaignsError("Not so.", problems=[Problem("/name", "is required"), Problem("", "and more")])

    from click.testing import CliRunner

    result = CliRunner().invoke(fail)
    assert result.exit_code == 1
    assert result.stderr == "Error: Not so.\n  /name: is required\n  and more\n"


def test_flask_offers_the_same_commands(home) -> None:
    app = Flask("pages")
    register(app, Program(lambda _runtime, _demo: app, {"env_file": None, "home": home}))
    result = app.test_cli_runner().invoke(args=["db", "upgrade"])
    assert (result.exit_code, result.stdout) == (0, "The database is up to date.\n")
    assert app.test_cli_runner().invoke(args=["db", "current"]).stdout == "current\n"
    assert "Serve pages and API" in app.test_cli_runner().invoke(args=["serve", "--help"]).stdout


def test_every_page_of_help_has_an_example(run):
    def pages(command, words):
        yield words
        for name, below in getattr(command, "commands", {}).items():
            yield from pages(below, [*words, name])

    context = click.Context(root)
    found = [words for name in root.list_commands(context) for words in pages(root.get_command(context, name), [name])]
    assert len(found) > 25
    for words in ([], *found):
        shown = run(*words, "--help")
        assert (shown.exit_code, "Example" in shown.stdout) == (0, True), words


def test_words_that_are_no_text_are_refused(run):
    refused = run("tenant", "create", "bad\udcff", "--owner", "a@example.com")
    assert refused.exit_code == 2
    assert "is no text" in refused.stderr
