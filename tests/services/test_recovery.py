"""Work that nothing would wake is found, and woken where it lies."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from campaigns.services import recovery
from campaigns.storage.models import Due, Execution, Import, Lead, PendingEvent, Token
from campaigns.storage.transaction import system
from tests.support.campaign import Campaign, new_tenant

MAIL = [{"id": "s1", "type": "email.send", "config": {"template": "welcome"}}]
WAIT = [{"id": "s1", "type": "flow.delay", "config": {"duration": {"hours": 1}}}]
LEADS = "email\n" + "".join(f"p{n}@example.com\n" for n in range(40))


def put_to_sleep(store, *, gone=False):
    """Lose every wake-up, as a restored backup or a fault of ours would."""
    with system(store, writes=True) as session:
        session.execute(delete(Due) if gone else update(Due).values(next_at=None, owner=None, lease_until=None))


def due_shards(store, kind):
    with system(store) as session:
        return set(session.scalars(select(Due.shard).where(Due.kind == kind, Due.next_at.is_not(None))))


@pytest.mark.parametrize("gone", [True, False], ids=["row gone", "row says nothing"])
def test_pending_events_are_woken_by_shard_and_then_worked_through(campaign: Campaign, gone):
    campaign.workflow([{"id": "s1", "type": "flow.finish"}])
    campaign.start_import(LEADS)
    while not campaign.all(PendingEvent):
        assert campaign.worker._import_chunk()
    put_to_sleep(campaign.store, gone=gone)
    campaign.run()
    assert campaign.statuses() == {}
    shards = {row.shard for row in campaign.all(PendingEvent)}
    found = recovery.heal(campaign.store)
    assert due_shards(campaign.store, "run") == shards
    assert found >= len(shards)
    campaign.run()
    assert campaign.statuses() == {"finished": 40}
    assert recovery.heal(campaign.store) == 0


def test_waiting_tokens_are_woken_and_resume_when_their_time_has_come(campaign: Campaign, clock):
    campaign.workflow(WAIT)
    campaign.imports(LEADS)
    put_to_sleep(campaign.store)
    clock.advance(timedelta(hours=2))
    campaign.run()
    assert campaign.statuses() == {"waiting": 40}
    assert recovery.heal(campaign.store) == len({row.shard for row in campaign.all(Token)})
    campaign.run()
    assert campaign.statuses() == {"finished": 40}


def test_mails_and_imports_are_woken(campaign: Campaign):
    campaign.workflow(MAIL)
    campaign.start_import(LEADS)
    put_to_sleep(campaign.store)
    campaign.run()
    assert campaign.only(Import).status in {"pending", "running"}
    assert recovery.heal(campaign.store) == 1
    while campaign.worker._import_chunk():
        pass
    while campaign.worker._runner().run_once():
        pass
    put_to_sleep(campaign.store)
    campaign.run()
    assert campaign.transport.sent == []
    assert recovery.heal(campaign.store) > 0
    campaign.run()
    assert len(campaign.transport.sent) == 40
    assert recovery.heal(campaign.store) == 0


def test_what_is_due_or_held_or_waits_in_order_is_left_alone(campaign: Campaign):
    campaign.workflow(WAIT)
    campaign.imports(LEADS)
    before = due_shards(campaign.store, "run")
    assert recovery.heal(campaign.store) == 0
    assert due_shards(campaign.store, "run") == before


def test_each_tenant_is_looked_at_and_an_idle_one_stays_idle(campaign: Campaign):
    new_tenant(campaign.store, "idle")
    campaign.workflow([{"id": "s1", "type": "flow.finish"}])
    campaign.start_import(LEADS)
    put_to_sleep(campaign.store)
    campaign.worker.tick()
    campaign.run()
    assert (len(campaign.all(Lead)), len(campaign.all(Execution))) == (40, 40)
    with system(campaign.store) as session:
        assert {row.tenant_id for row in session.scalars(select(Due))} == {campaign.tenancy.tenant_id}
