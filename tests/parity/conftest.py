"""Rules are the same on every database, and what may differ is tested beside the services: SQLite is enough here."""

from __future__ import annotations

import pytest


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url
