"""A snapshot knows whether anybody has committed since it was taken. SQLite alone decides on snapshots."""

import pytest
from sqlalchemy.exc import IntegrityError

from campaigns.storage.models import List
from campaigns.storage.snapshot import snapshot
from campaigns.storage.transaction import Store, writing
from campaigns.tenancy import Tenancy
from tests.support.workflows import make_tenant

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def tenancy(store: Store) -> Tenancy:
    return make_tenant(store)


def add_list(store: Store, tenancy: Tenancy, key: str) -> None:
    with writing(store, tenancy) as session:
        session.add(List(key=key, name=key, created_at=session.now))


def test_a_snapshot_is_present_while_nobody_commits(store, tenancy):
    add_list(store, tenancy, "before")
    with snapshot(store, tenancy.tenant_id) as seen:
        seen.end()
        assert seen.is_present()
        with writing(store, tenancy):
            assert seen.is_present()


def test_a_commit_of_anybody_makes_it_past_also_before_it_has_ended(store, tenancy):
    with snapshot(store, tenancy.tenant_id) as seen:
        add_list(store, tenancy, "meanwhile")
        seen.end()
        assert not seen.is_present()


def test_a_commit_after_its_end_makes_it_past(store, tenancy):
    with snapshot(store, tenancy.tenant_id) as seen:
        seen.end()
        add_list(store, tenancy, "later")
        assert not seen.is_present()


def test_what_was_rolled_back_leaves_it_present(store, tenancy):
    add_list(store, tenancy, "before")
    with snapshot(store, tenancy.tenant_id) as seen:
        seen.end()
        with pytest.raises(IntegrityError):
            add_list(store, tenancy, "before")
        assert seen.is_present()
