"""The app on a clean database, and people who are signed in to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from campaigns.app import create_app
from campaigns.clock import FixedClock
from campaigns.runtime import open_runtime
from campaigns.settings import Settings, load_settings
from campaigns.storage.transaction import Store
from tests.support.checking_client import CheckingClient
from tests.support.compiled_pages import compiled_once
from tests.support.factories import Planted, plant, sign_in


@pytest.fixture
def app_settings(settings: Settings, database_url: str) -> Settings:
    """Return settings that point to the test's own database."""
    return load_settings(
        env_file=None,
        home=settings.home,
        database_url=database_url,
        dispatch="inline",
        smtp_url="memory:",
        assets="local",
        secret_key=settings.secret_key,
    )


@pytest.fixture
def app(app_settings: Settings, clock: FixedClock) -> Iterator[Flask]:
    """Return the app with a clock that the test tells; it starts nothing."""
    runtime = open_runtime(app_settings)
    made = compiled_once(create_app(runtime=runtime, clock=clock))
    made.testing = True
    yield made
    runtime.close()


@pytest.fixture
def store(app: Flask) -> Store:
    """Return the app's own store."""
    found: Store = app.extensions["runtime"].store
    return found


@pytest.fixture
def client(app: Flask) -> CheckingClient:
    """Return a stranger's browser."""
    return CheckingClient(app)


@pytest.fixture
def acme(store: Store) -> Planted:
    """Return a tenant with a user for each role and one row of everything."""
    return plant(store, "acme")


@pytest.fixture
def signed_in(app: Flask, store: Store) -> Callable[..., CheckingClient]:
    """Return a function that gives the browser of a tenant's user with a role."""

    def browser(planted: Planted, role: str = "owner") -> CheckingClient:
        client = CheckingClient(app)
        take_session(client, sign_in(store, planted.users[role]))  # type: ignore[index]  # a role
        return client

    return browser


def take_session(client: CheckingClient, token: str) -> None:
    """Put a session's token into a browser's cookie, as signing in does."""
    with client.raw.session_transaction() as session:
        session["_user_id"] = token
