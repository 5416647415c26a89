"""API keys: shown once, found again by what they carry, ended at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaigns.errors import Conflict, Invalid, NotFound
from campaigns.ids import new_id
from campaigns.services import api_keys
from campaigns.services.api_keys import BadKey, authenticate_key
from campaigns.storage.models import ApiKey, AuditEntry
from campaigns.storage.transaction import reading, writing
from campaigns.tenancy import Tenancy
from tests.support.campaign import new_tenant


@pytest.fixture
def tenancy(store):
    return Tenancy(new_tenant(store, "acme"))


def create(store, tenancy, name="Website", scopes=()):
    with writing(store, tenancy) as session:
        return api_keys.create_key(session, name=name, scopes=scopes)


def test_a_key_opens_its_own_tenant_as_itself(store, tenancy):
    row, token = create(store, tenancy, scopes=["leads.view", "leads.edit"])
    found, scopes = authenticate_key(store, token)
    assert (found.tenant_id, found.actor.kind, found.actor.id) == (tenancy.tenant_id, "api_key", row.id)
    assert scopes == {"leads.view", "leads.edit"}


def test_the_key_itself_is_stored_nowhere(store, tenancy):
    _, token = create(store, tenancy)
    secret = token.rpartition("_")[2]
    assert len(secret) == 64
    with reading(store, tenancy) as session:
        row = session.scalars(select(ApiKey)).one()
        assert secret not in repr([getattr(row, column.name) for column in ApiKey.__table__.columns])
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "api_key.created")).one()
        assert secret not in repr(entry.detail)


def test_anything_else_is_refused(store, tenancy):
    _, token = create(store, tenancy)
    head, tenant, prefix, secret = token.split("_")
    other = new_tenant(store, "other")
    for forged in (
        "", "cmp_", token[:-1], token + "0", token.upper(),
        "_".join([head, tenant, prefix, secret[:-1] + ("0" if secret[-1] != "0" else "1")]),
        "_".join([head, tenant, "0" * 12, secret]),
        f"{head}_{other.hex}_{prefix}_{secret}",
        f"{head}_{new_id().hex}_{prefix}_{secret}",
    ):  # fmt: skip
        with pytest.raises(BadKey):
            authenticate_key(store, forged)


def test_a_revoked_key_ends_at_once_and_frees_its_name(store, tenancy):
    row, token = create(store, tenancy)
    with writing(store, tenancy) as session:
        api_keys.revoke_key(session, row.id)
    with pytest.raises(BadKey):
        authenticate_key(store, token)
    with pytest.raises(NotFound), writing(store, tenancy) as session:
        api_keys.revoke_key(session, row.id)
    create(store, tenancy)
    with reading(store, tenancy) as session:
        assert [key.name for key in api_keys.list_keys(session)] == ["Website"]


def test_names_are_unique_and_scopes_are_known(store, tenancy):
    create(store, tenancy)
    with pytest.raises(Conflict):
        create(store, tenancy)
    with pytest.raises(Invalid, match="not valid"):
        create(store, tenancy, "Other", ["leads.vieww"])
    with pytest.raises(Invalid):
        create(store, tenancy, "Other", ["team.manage"])  # keys manage no people


def test_the_last_use_is_noted_now_and_then(store, tenancy, clock):
    _, token = create(store, tenancy)
    authenticate_key(store, token)
    first = used(store, tenancy)
    clock.advance(timedelta(minutes=1))
    authenticate_key(store, token)
    assert used(store, tenancy) == first == clock.now() - timedelta(minutes=1)
    clock.advance(timedelta(hours=1))
    authenticate_key(store, token)
    assert used(store, tenancy) == clock.now()


def used(store, tenancy):
    with reading(store, tenancy) as session:
        return session.scalars(select(ApiKey.last_used_at)).one()
