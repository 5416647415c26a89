"""The command line as tests call it: in this process, with a data folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from campaigns import runtime
from campaigns.cli.program import Program
from campaigns.cli.root import root
from campaigns.settings import Settings, load_settings
from campaigns.storage.transaction import Store
from tests.support.campaign import Campaign

Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "instance"


@pytest.fixture
def run(home: Path, tmp_path: Path) -> Run:
    """Call a command by its words, in this process. Nothing is caught that a user would not see."""

    def call(*words: str, input: str | None = None, **settings: object) -> Result:
        given = {"env_file": None, "home": home, "smtp_url": "memory:", "log_level": "error", **settings}
        program = Program(lambda _runtime, _demo: Flask("pages"), given)
        return CliRunner(catch_exceptions=False).invoke(root, list(words), obj=program, input=input)

    return call


@pytest.fixture
def parts(home: Path) -> Iterator[runtime.Runtime]:
    """Return what the commands work on, opened a second time, as another process would."""
    settings: Settings = load_settings(env_file=None, home=home, smtp_url="memory:")
    runtime.prepare_database(settings)
    opened = runtime.open_runtime(settings)
    yield opened
    opened.close()


@pytest.fixture
def store(parts: runtime.Runtime) -> Store:
    """Let `campaign` make its tenant `acme` where the commands look."""
    return parts.store


@pytest.fixture
def acme(campaign: Campaign) -> Campaign:
    """Return the tenant `acme`, with statuses, a list `hot` and a template `welcome`."""
    return campaign
