"""Leases on shards: one holder at a time, taken over when they expire, and no wake-up lost in between."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from campaigns.ids import new_id
from campaigns.storage.models import Due, PendingEvent
from campaigns.storage.queries import due
from campaigns.storage.queries.due import LEASE, SHARDS, shard_of
from campaigns.storage.transaction import system, tenant_session, writing
from campaigns.tenancy import Tenancy
from tests.support.locks import in_thread, waiting_for_a_lock
from tests.support.workflows import make_tenant

ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
MOMENT = timedelta(seconds=1)


@pytest.fixture
def tenancy(store):
    return make_tenant(store)


def bump(store, tenancy, *shards, kind="run", lane=0, at=None):
    with system(store, writes=True) as session:
        due.bump(session.connection(), tenancy.tenant_id, kind, shards, lane=lane, at=at or session.now)


def claim(store, owner, *, kind="run", most_shards=SHARDS):
    with system(store, writes=True) as session:
        return due.claim(session.connection(), kind, owner, now=session.now, most_shards=most_shards)


def held(store, lease):
    with system(store, writes=True) as session:
        return due.still_held(session.connection(), lease)


def row(store, shard=0, kind="run"):
    with system(store) as session:
        return session.scalars(select(Due).where(Due.shard == shard, Due.kind == kind)).one()


def settle(store, lease, *, keep=False):
    with writing(store, Tenancy(lease.tenant_id)) as session:
        return due.settle(session.connection(), lease, now=session.now, keep=keep)


def test_every_lead_belongs_to_one_of_sixteen_shards_evenly_and_in_both_forms():
    ids = [new_id() for _ in range(2000)]
    assert {shard_of(lead) for lead in ids} == set(range(SHARDS))
    assert all(shard_of(lead) == shard_of(lead.bytes) for lead in ids)


def test_what_is_held_is_not_claimed_again_until_it_is_given_back(store, tenancy):
    bump(store, tenancy, 0, 1)
    first, second = new_id(), new_id()
    lease = claim(store, first)
    assert (lease.shards, lease.owner) == ([0, 1], first)
    assert claim(store, second) is None
    assert not settle(store, lease).more
    assert claim(store, second) is None
    bump(store, tenancy, 1)
    assert claim(store, second).shards == [1]


def test_a_lease_expires_and_its_holder_finds_another_fence(store, tenancy, clock):
    bump(store, tenancy, 0)
    dead = claim(store, new_id())
    clock.advance(LEASE)
    assert claim(store, new_id()) is None
    assert held(store, dead)
    clock.advance(MOMENT)
    heir = claim(store, new_id())
    assert heir.fences[0] > dead.fences[0]
    assert held(store, heir)
    assert not held(store, dead)


def test_settling_and_giving_back_by_a_holder_that_lost_its_lease_change_nothing(store, tenancy, clock):
    bump(store, tenancy, 0)
    dead = claim(store, new_id())
    clock.advance(LEASE + MOMENT)
    heir = claim(store, new_id())
    settle(store, dead)
    with system(store, writes=True) as session:
        due.abandon(session.connection(), dead)
        due.release(session.connection(), dead, next_at=None)
    found = row(store)
    assert (found.owner, found.fence) == (heir.owner, heir.fences[0])
    assert found.next_at is not None


def test_a_lease_that_is_kept_is_renewed(store, tenancy, clock):
    bump(store, tenancy, 0)
    lease = claim(store, new_id())
    clock.advance(timedelta(seconds=20))
    settle(store, lease, keep=True)
    clock.advance(timedelta(seconds=20))
    assert held(store, lease)
    assert claim(store, new_id()) is None


def test_interactive_work_goes_first_and_then_who_was_not_served_for_the_longest_time(store, clock):
    acme, bulk, late = (make_tenant(store, key) for key in ("acme", "bulk", "late"))
    bump(store, bulk, 0, lane=2)
    clock.advance(MOMENT)
    bump(store, acme, 0, lane=0)
    bump(store, late, 0, lane=2)
    clock.advance(MOMENT)
    served = [claim(store, new_id()).tenant_id for _ in range(3)]
    assert served == [acme.tenant_id, bulk.tenant_id, late.tenant_id]


def test_a_worker_takes_no_more_shards_than_it_may(store, tenancy):
    bump(store, tenancy, *range(SHARDS))
    first, second = claim(store, new_id(), most_shards=8), claim(store, new_id(), most_shards=8)
    assert sorted(first.shards + second.shards) == list(range(SHARDS))


def test_a_bump_only_moves_forward(store, tenancy, clock):
    now = clock.now()
    bump(store, tenancy, 0, at=now + timedelta(hours=2), lane=2)
    bump(store, tenancy, 0, at=now + timedelta(hours=1), lane=1)
    bump(store, tenancy, 0, at=now + timedelta(hours=3), lane=0)
    found = row(store)
    assert (found.next_at, found.lane) == (now + timedelta(hours=1), 0)
    assert claim(store, new_id()) is None


def add_pending(session, shard=0):
    """Queue an event as the last statements of a producer do."""
    session.execute(insert(PendingEvent).values(tenant_id=session.tenant_id, shard=shard, lane=0, event_id=new_id()))
    due.bump(session.connection(), session.tenant_id, "run", [shard], lane=0, at=session.now)


@pytest.mark.parametrize("keep", [True, False])
def test_settling_finds_what_is_left(store, tenancy, keep):
    bump(store, tenancy, 0, 1)
    lease = claim(store, new_id())
    with writing(store, tenancy) as session:
        add_pending(session, shard=1)
    settled = settle(store, lease, keep=keep)
    assert (settled.more, settled.lane) == (True, 0)
    assert row(store, 0).next_at is None
    assert row(store, 1).next_at == store.clock.now()


@ON_POSTGRESQL
def test_a_producer_that_comes_while_a_holder_settles_waits_and_wakes_the_shard(store, tenancy, database_url):
    bump(store, tenancy, 0)
    lease = claim(store, new_id())
    holder = tenant_session(store, tenancy, writes=True)
    assert not due.settle(holder.connection(), lease, now=holder.now, keep=False).more

    def produce():
        with writing(store, tenancy) as session:
            add_pending(session)
        return True

    produced = in_thread(produce)
    assert waiting_for_a_lock(database_url)
    holder.commit()
    holder.close()
    assert produced()
    assert row(store).next_at == store.clock.now()
    assert claim(store, new_id()).shards == [0]


@ON_POSTGRESQL
@pytest.mark.parametrize("keep", [True, False])
def test_a_holder_that_settles_while_a_producer_commits_waits_and_sees_its_work(store, tenancy, database_url, keep):
    bump(store, tenancy, 0)
    lease = claim(store, new_id())
    producer = tenant_session(store, tenancy, writes=True)
    add_pending(producer)
    settled = in_thread(lambda: settle(store, lease, keep=keep))
    assert waiting_for_a_lock(database_url)
    producer.commit()
    producer.close()
    assert settled().more
    assert row(store).next_at == store.clock.now()


@ON_POSTGRESQL
@pytest.mark.parametrize("kind", ["outbox", "import"])
def test_looking_before_giving_back_another_kind_waits_for_producers_too(store, tenancy, database_url, kind):
    bump(store, tenancy, 0, kind=kind)
    lease = claim(store, new_id(), kind=kind)
    producer = tenant_session(store, tenancy, writes=True)
    due.bump(producer.connection(), tenancy.tenant_id, kind, [0], lane=0, at=producer.now)

    def look():
        with writing(store, tenancy) as session:
            due.lock(session.connection(), lease)
            return producer.info.get("committed", False)

    looked = in_thread(look)
    assert waiting_for_a_lock(database_url)
    producer.info["committed"] = True
    producer.commit()
    producer.close()
    assert looked()


@ON_POSTGRESQL
def test_a_batch_that_is_being_written_is_not_taken_over_but_may_be_bumped(store, tenancy, clock):
    bump(store, tenancy, 0)
    lease = claim(store, new_id())
    writer = tenant_session(store, tenancy, writes=True)
    assert due.still_held(writer.connection(), lease)
    clock.advance(LEASE + MOMENT)
    assert claim(store, new_id()) is None
    bump(store, tenancy, 0)
    writer.commit()
    writer.close()
    assert claim(store, new_id()).fences[0] > lease.fences[0]


def test_a_look_that_writes_nothing_tells_whether_there_is_work(store, tenancy, clock):
    def anything():
        with system(store) as session:
            return due.anything(session.connection(), "run", now=session.now)

    assert not anything()
    bump(store, tenancy, 0, at=clock.now() + MOMENT)
    assert not anything()
    clock.advance(MOMENT)
    assert anything()
    claim(store, new_id())
    assert not anything()
