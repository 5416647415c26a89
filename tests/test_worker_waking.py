"""A worker that finds nothing left must not sleep through what is committed in that moment. On PostgreSQL."""

import pytest
from sqlalchemy import delete, insert, select, update

from campaigns.messages.memory import MemoryTransport
from campaigns.sections.registry import kinds
from campaigns.services.import_files import Uploads
from campaigns.services.outbox import Outbox
from campaigns.storage.models import Due, Import, OutboxItem
from campaigns.storage.queries import due
from campaigns.storage.transaction import system, tenant_session, writing
from campaigns.tenancy import Tenancy
from campaigns.worker import Worker
from tests.support.factories import plant
from tests.support.locks import in_thread, waiting_for_a_lock

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def planted(store):
    """Return a tenant with one row of everything, of which nothing is due."""
    made = plant(store, "acme")
    with writing(store, Tenancy(made.tenant_id)) as session:
        session.execute(delete(OutboxItem).where(OutboxItem.tenant_id == made.tenant_id))
    return made


def claim(store, kind, tenant_id):
    with system(store, writes=True) as session:
        due.bump(session.connection(), tenant_id, kind, [0], lane=1, at=session.now)
        return due.claim(session.connection(), kind, tenant_id, now=session.now, most_shards=16)


def next_at(store, kind):
    with system(store) as session:
        return session.scalars(select(Due.next_at).where(Due.kind == kind, Due.shard == 0)).one()


def test_mail_planned_while_the_outbox_gives_back_its_lease_is_not_slept_through(store, planted, database_url):
    lease = claim(store, "outbox", planted.tenant_id)
    producer = tenant_session(store, Tenancy(planted.tenant_id), writes=True)
    item = planted.rows["outbox"] | {"next_at": producer.now, "lease_until": None, "shard": 0}
    producer.execute(insert(OutboxItem).values(item))
    due.bump(producer.connection(), planted.tenant_id, "outbox", [0], lane=1, at=producer.now)
    settled = in_thread(lambda: Outbox(store, MemoryTransport())._settle(lease))
    assert waiting_for_a_lock(database_url)
    producer.commit()
    producer.close()
    settled()
    assert next_at(store, "outbox") == store.clock.now()


def test_an_import_started_while_the_worker_gives_back_its_lease_is_not_slept_through(
    store, planted, database_url, tmp_path
):
    with system(store, writes=True) as session:
        due.bump(session.connection(), planted.tenant_id, "import", [0], lane=2, at=session.now)
    worker = Worker(store, kinds(), MemoryTransport(), Uploads(tmp_path))
    claimed = claim_of(worker)
    producer = tenant_session(store, Tenancy(planted.tenant_id), writes=True)
    opened = update(Import).where(Import.tenant_id == planted.tenant_id).values(status="pending")
    producer.execute(opened)
    due.bump(producer.connection(), planted.tenant_id, "import", [0], lane=2, at=producer.now)
    rested = in_thread(lambda: worker._rest(claimed, more=False))
    assert waiting_for_a_lock(database_url)
    producer.commit()
    producer.close()
    rested()
    assert next_at(store, "import") == store.clock.now()


def claim_of(worker):
    with system(worker.store, writes=True) as session:
        owner = worker._runner().owner
        return due.claim(session.connection(), "import", owner, now=session.now, most_shards=1)
