"""What the tests themselves stand on: no network, no settings of the developer, clean databases, a strict browser."""

from __future__ import annotations

import os
import socket

import pytest
from playwright.sync_api import Page
from sqlalchemy import func, inspect, select, text

from campaigns.storage.db import owner_engine
from campaigns.storage.models import Tenant
from campaigns.storage.transaction import Store, reading, system
from tests.support.browser import Console
from tests.support.network import NetworkForbidden
from tests.support.postgresql import PostgreSQL
from tests.support.workflows import make_tenant


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_other_machines_cannot_be_reached(address: str) -> None:
    with pytest.raises(NetworkForbidden):
        socket.create_connection((address, 80), timeout=1)


def test_other_names_cannot_be_looked_up() -> None:
    with pytest.raises(NetworkForbidden):
        socket.getaddrinfo("example.com", 443)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_no_setting_of_the_developer_is_left() -> None:
    assert [name for name in os.environ if name.startswith("CAMPAIGNS_")] == []


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_database_of_its_own(database_url: str, turn: int) -> None:
    engine = owner_engine(database_url)
    with engine.begin() as connection:
        assert "leads" in inspect(connection).get_table_names()
        connection.execute(text("CREATE TABLE traces (turn integer)"))  # fails where an earlier test left one
    engine.dispose()


@pytest.mark.parametrize("turn", range(5))
def test_no_row_is_left_of_an_earlier_test(store: Store, turn: int) -> None:
    with system(store) as session:
        assert session.scalar(select(func.count()).select_from(Tenant)) == 0, f"in turn {turn}"
    tenancy = make_tenant(store)
    with reading(store, tenancy) as session:
        assert session.scalar(select(func.count()).select_from(Tenant)) == 1


def test_an_empty_database_can_be_had(postgresql: PostgreSQL) -> None:
    url = postgresql.fresh_database(migrated=False)
    assert url != postgresql.fresh_database()


@pytest.mark.browser
def test_the_console_is_listened_to(page: Page, console: Console) -> None:
    page.evaluate("console.error('lost'); setTimeout(() => { throw new Error('oops') })")
    page.evaluate("new Promise(done => setTimeout(done))")
    assert [line.split(" (")[0] for line in console.complaints()] == ["error: lost", "uncaught: oops"]
    console.expect("lost|oops")


@pytest.mark.browser
def test_a_barrier_is_found(page: Page, axe) -> None:
    page.set_content("<html lang=en><title>A</title><main><h1>A</h1></main></html>")
    axe(page)
    page.set_content("<html lang=en><title>A</title><main><h1>A</h1><img src='data:,'></main></html>")
    with pytest.raises(AssertionError, match="image-alt"):
        axe(page)
