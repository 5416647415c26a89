"""What every test stands on. The fixtures themselves live in tests/support, one file a theme."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as examples

from campaigns.settings import PREFIX, Settings, load_settings

pytest_plugins = [
    "tests.support.browser",
    "tests.support.builder_browser",
    "tests.support.databases",
    "tests.support.campaign",
    "tests.support.execution_scene",
    "tests.support.network",
    "tests.support.processes",
    "tests.support.trees",
]

# The same examples in every run, however slow the machine is; EXPLORE=1 looks for new ones.
examples.register_profile(
    "house", deadline=None, derandomize="EXPLORE" not in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
examples.load_profile("house")

for _name in [name for name in os.environ if name.startswith(PREFIX)]:
    del os.environ[_name]  # a developer's settings must not change what the tests mean


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings with a data folder of this test alone, SQLite, mail kept in memory, and local assets."""
    return load_settings(env_file=None, home=tmp_path / "instance", smtp_url="memory:", assets="local")
