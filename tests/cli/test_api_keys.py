from __future__ import annotations

import json

import pytest

from campaigns.errors import NotSignedIn
from campaigns.runtime import Runtime
from campaigns.services.api_keys import authenticate_key
from tests.cli.conftest import Run
from tests.support.campaign import Campaign


def test_create_prints_a_key_that_opens_the_tenant(run: Run, acme: Campaign, parts: Runtime) -> None:
    result = run("api-key", "create", "acme", "--name", "shop")
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 1)
    tenancy, scopes = authenticate_key(parts.store, result.stdout.strip())
    assert (tenancy.tenant_id, scopes) == (acme.tenancy.tenant_id, frozenset())


def test_scopes_limit_it(run: Run, acme: Campaign, parts: Runtime) -> None:
    words = ("api-key", "create", "acme", "--name", "shop", "--scopes", "leads.view,leads.edit")
    _, scopes = authenticate_key(parts.store, run(*words, "--scopes", "events.send").stdout.strip())
    assert scopes == {"leads.view", "leads.edit", "events.send"}


def test_a_scope_that_does_not_exist_makes_no_key(run: Run, acme: Campaign) -> None:
    result = run("api-key", "create", "acme", "--name", "shop", "--scopes", "leads.fly")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "/scopes: there is no scope leads.fly" in result.stderr
    assert json.loads(run("api-key", "list", "acme", "--json").stdout) == []


def test_list_never_shows_the_key(run: Run, acme: Campaign) -> None:
    key = run("api-key", "create", "acme", "--name", "shop").stdout.strip()
    for words in ((), ("--json",)):
        shown = run("api-key", "list", "acme", *words).stdout
        assert "shop" in shown
        assert key.rsplit("_", 1)[-1] not in shown


def test_revoke_ends_it(run: Run, acme: Campaign, parts: Runtime) -> None:
    key = run("api-key", "create", "acme", "--name", "shop").stdout.strip()
    assert run("api-key", "revoke", "acme", "shop").exit_code == 0
    assert json.loads(run("api-key", "list", "acme", "--json").stdout) == []
    with pytest.raises(NotSignedIn):
        authenticate_key(parts.store, key)
    assert run("api-key", "revoke", "acme", "none").exit_code == 1
