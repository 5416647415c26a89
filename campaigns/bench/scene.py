"""The work that is measured: a tenant, its workflow, its leads, and a worker that does what is due."""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from campaigns.clock import FixedClock
from campaigns.ids import new_id
from campaigns.imports.options import ImportOptions
from campaigns.messages.memory import MemoryTransport
from campaigns.sections.registry import kinds
from campaigns.services import import_chunks, imports, versions, vocabulary, workflows
from campaigns.services.import_files import Uploads
from campaigns.storage.models import LeadField, LeadStatus, Membership, Tenant
from campaigns.storage.transaction import Store, TenantSession, system, writing
from campaigns.tenancy import Tenancy
from campaigns.worker import Worker

IF_AND_ACTIONS = [
    {
        "id": "s1",
        "type": "flow.if",
        "config": {"condition": {"field": "lead.score", "op": "gte", "value": 50}},
        "branches": {
            "yes": [
                {"id": "s2", "type": "lead.set_field", "config": {"field": "grade", "value": "hot"}},
                {"id": "s3", "type": "lead.set_status", "config": {"status": "qualified"}},
                {"id": "s4", "type": "list.add", "config": {"list": "hot"}},
                {"id": "s5", "type": "flow.finish", "config": {}},
            ],
            "no": [
                {"id": "s6", "type": "lead.set_status", "config": {"status": "contacted"}},
                {"id": "s7", "type": "list.add", "config": {"list": "cold"}},
                {"id": "s8", "type": "flow.finish", "config": {}},
            ],
        },
    }
]
DELAY = {"id": "s0", "type": "flow.delay", "config": {"duration": {"days": 2}, "time_zone": "tenant"}}


class Scene:
    """One tenant on a store."""

    def __init__(self, store: Store, uploads: Uploads) -> None:
        self.store = store
        self.uploads = uploads
        self.tenancy = Tenancy(new_id())
        self.key = f"bench-{self.tenancy.tenant_id.hex[-6:]}"
        self.worker = Worker(store, kinds(), MemoryTransport(), uploads)
        self._set_up()

    def _set_up(self) -> None:
        tenant_id = self.tenancy.tenant_id
        with system(self.store, writes=True) as session:
            session.add(Tenant(id=tenant_id, key=self.key, name="Bench", created_at=session.now))
        with writing(self.store, self.tenancy) as session:
            for position, key in enumerate(("new", "contacted", "qualified")):
                session.add(LeadStatus(key=key, name=key, position=position, is_default=position == 0))
            session.add(LeadField(key="grade", name="Grade", type="text", choices=[], created_at=session.now))
            for key in ("hot", "cold"):
                vocabulary.create_list(session, name=key, key=key)

    def join(self, session: TenantSession, user_id: UUID) -> None:
        """Make a user an owner."""
        session.add(Membership(user_id=user_id, role="owner", created_at=session.now))

    @property
    def now(self) -> datetime:
        return self.store.clock.now()

    def later(self, **span: float) -> Scene:
        """Return the same scene with a clock that stands so much later."""
        moved = copy.copy(self)
        moved.store = at(self.store, self.now + timedelta(**span))
        moved.worker = Worker(moved.store, kinds(), MemoryTransport(), self.uploads)
        return moved

    def draft(self, sections: list[Any], key: str = "flow", triggers: list[Any] | None = None) -> None:
        """Create a workflow that starts when a lead is created."""
        listens = triggers or [{"id": "t1", "type": "lead.created", "config": {}}]
        document = {"format": 1, "settings": {}, "triggers": listens, "sections": sections}
        with writing(self.store, self.tenancy) as session:
            workflows.create_workflow(session, name=key, key=key, document=document)

    def activate(self, sections: list[Any], key: str = "flow", triggers: list[Any] | None = None) -> None:
        """Create and activate a workflow."""
        self.draft(sections, key, triggers)
        with writing(self.store, self.tenancy) as session:
            versions.activate(session, key, kinds=kinds())

    def upload(self, count: int, *, first: int = 0, start_workflows: bool = True) -> UUID:
        """Take a file of so many leads and queue its import."""
        options = ImportOptions(start_workflows=start_workflows)
        file = io.BytesIO(b"".join(csv_lines(count, first)))
        with writing(self.store, self.tenancy) as session:
            entry = imports.upload(session, self.uploads, file, file_name="bench.csv", options=options)
            imports.start(session, self.uploads, entry.id, mapping=None, options=options, again=True)
            return entry.id

    def import_rows(self) -> None:
        """Run the queued import to its end, and nothing else."""
        while import_chunks.run_chunk(self.store, self.uploads, self.tenancy.tenant_id):
            pass

    def run(self) -> None:
        """Do everything that is due."""
        while self.worker.run_once():
            pass


def lead_address(n: int) -> str:
    """Return the address of the nth lead of the file."""
    return f"lead{n}@example.com"


def csv_lines(count: int, first: int = 0) -> Iterator[bytes]:
    """Yield a lead file: address, names, phone, score."""
    yield b"email,first_name,last_name,phone,score\n"
    for n in range(first, first + count):
        yield b"lead%d@example.com,First%d,Last%d,+4930%07d,%d\n" % (n, n, n, n % 10_000_000, n % 100)


def at(store: Store, moment: datetime) -> Store:
    """Return the same store with a clock that stands at a moment."""
    return Store(store.database, FixedClock(moment), store.announcer)
