"""What every page's request goes through before its view."""

from __future__ import annotations

import pytest

from tests.support.builder_pages import DOCUMENT, save
from tests.support.lead_pages import empty_tenant

FORMS = [
    ("/workflows", "name"), ("/workflows/welcome/activation", "note"), ("/workflows/welcome/settings", "name"),
    ("/workflows/welcome/changes", "section"), ("/workflows/welcome/sections/s2", "note"), ("/lists", "name"),
    ("/leads", "first_name"), ("/templates", "subject"),
]  # fmt: skip
ADDRESSES = [
    "/workflows?q=%00", "/leads?q=%00", "/messages?q=%00", "/executions?q=%00", "/workflows/%00", "/lists/%00",
    "/workflows/welcome/sections?at=%00", "/workflows/welcome/executions?section=%00", "/leads?%00=1",
]  # fmt: skip


@pytest.fixture
def acme(store):
    return empty_tenant(store)


@pytest.fixture
def client(acme, signed_in):
    return signed_in(acme, "owner")


@pytest.fixture
def base(acme, client):
    """Return the tenant's address; it has a workflow."""
    base = f"/t/{acme.key}"
    client.submit(client.get(f"{base}/workflows/-/new"), "main form", name="Welcome")
    save(client, client.follow(), DOCUMENT)
    return base


def test_a_character_that_no_database_keeps_is_refused_wherever_it_is_sent(client, base):
    token = client.get(f"{base}/workflows/-/new").select_one("[name=csrf_token]")["value"]
    for path, name in FORMS:
        answer = client.raw.post(base + path, data={"csrf_token": token, name: "a\0b"})
        assert answer.status_code == 400, path
        assert "U+0000" in answer.text
    for address in ADDRESSES:
        assert client.raw.get(base + address).status_code in {400, 404}, address
