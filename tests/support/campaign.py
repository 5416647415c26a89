"""A tenant with what campaigns need, and the steps tests take most: make, activate, import, run."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from campaigns.engine.kinds import Kinds
from campaigns.ids import new_id
from campaigns.imports.options import ImportOptions
from campaigns.messages.memory import MemoryTransport
from campaigns.sections.registry import kinds
from campaigns.services import imports, templates, versions, vocabulary, workflows
from campaigns.services.import_files import Uploads
from campaigns.storage.models import Execution, LeadStatus, Step, Tenant
from campaigns.storage.transaction import Store, TenantSession, reading, system, writing
from campaigns.tenancy import Tenancy
from campaigns.worker import Worker

STATUSES = ("new", "contacted", "qualified", "customer", "lost")


@dataclass
class Campaign:
    """One tenant and a worker that does its work in the test's own thread."""

    store: Store
    tenancy: Tenancy
    worker: Worker
    uploads: Uploads
    transport: MemoryTransport
    kinds: Kinds = field(default_factory=kinds)

    def write(self) -> Any:
        return writing(self.store, self.tenancy)

    def read(self) -> Any:
        return reading(self.store, self.tenancy)

    def run(self) -> None:
        """Do everything that is due now."""
        while self.worker.run_once():
            pass

    def workflow(
        self, sections: list[Any], *, triggers: list[Any] | None = None, key: str = "flow", **settings: Any
    ) -> None:
        """Create and activate a workflow; by default it starts when a lead is created."""
        document = {
            "format": 1,
            "settings": settings,
            "triggers": triggers or [{"id": "t1", "type": "lead.created", "config": {}}],
            "sections": sections,
        }
        with self.write() as session:
            workflows.create_workflow(session, name=key, key=key, document=document, kinds=self.kinds)
            versions.activate(session, key, kinds=self.kinds)

    def imports(self, csv: str, **options: Any) -> UUID:
        """Import a file and do all its work; return the import's id."""
        import_id = self.start_import(csv, **options)
        self.run()
        return import_id

    def start_import(self, csv: str, **options: Any) -> UUID:
        chosen = ImportOptions(**options)
        with self.write() as session:
            entry = imports.upload(
                session, self.uploads, io.BytesIO(csv.encode()), file_name="leads.csv", options=chosen
            )
            imports.start(session, self.uploads, entry.id, mapping=None, options=chosen, again=True)
            return entry.id

    def steps(self) -> list[tuple[str, str]]:
        """Return (section, outcome) of every step, by execution and number."""
        with self.read() as session:
            rows = session.execute(select(Step.section, Step.outcome).order_by(Step.execution_id, Step.number))
            return [(row.section, row.outcome) for row in rows]

    def statuses(self) -> dict[str, int]:
        """Return how many executions there are by status."""
        with self.read() as session:
            return dict(session.execute(select(Execution.status, func.count()).group_by(Execution.status)).all())

    def only(self, model: type[Any]) -> Any:
        with self.read() as session:
            return session.scalars(select(model)).one()

    def all(self, model: type[Any]) -> list[Any]:
        with self.read() as session:
            return list(session.scalars(select(model)))


def new_tenant(store: Store, key: str) -> UUID:
    """Make a tenant with the five statuses."""
    tenant_id = new_id()
    with system(store, writes=True) as session:
        session.add(Tenant(id=tenant_id, key=key, name=key.title(), created_at=session.now))
    with writing(store, Tenancy(tenant_id)) as session:
        for position, status in enumerate(STATUSES):
            session.add(LeadStatus(key=status, name=status.title(), position=position, is_default=position == 0))
    return tenant_id


def add_template(session: TenantSession, key: str = "welcome") -> None:
    """Make a transactional template that greets by first name."""
    templates.create_template(
        session,
        key=key,
        name=key.title(),
        subject="Hello {{ lead.first_name | default: 'there' }}",
        source="<html><body><p>Hello {{ lead.first_name | default: 'there' }}</p></body></html>",
        message_class="transactional",
    )


def add_list(session: TenantSession, key: str) -> None:
    vocabulary.create_list(session, name=key.title(), key=key)


@pytest.fixture
def campaign(store: Store, tmp_path: Path) -> Campaign:
    """Return a tenant with statuses, a list `hot`, a template `welcome`, and a worker."""
    tenancy = Tenancy(new_tenant(store, "acme"))
    uploads = Uploads(tmp_path / "uploads")
    transport = MemoryTransport()
    with writing(store, tenancy) as session:
        add_list(session, "hot")
        add_template(session)
    return Campaign(store, tenancy, Worker(store, kinds(), transport, uploads), uploads, transport)
