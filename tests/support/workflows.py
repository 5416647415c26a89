"""What tests of workflows stand on: a tenant with statuses, leads, small documents, and work done to the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import event

from campaigns.ids import new_id, new_ids
from campaigns.sections.registry import kinds
from campaigns.services import executions, insight, refusals, versions, workflows
from campaigns.services.runner import Runner
from campaigns.storage.models import Execution, Lead, LeadStatus, List, ListMember, Membership, Tenant, User
from campaigns.storage.transaction import Store, reading, system, writing
from campaigns.tenancy import Actor, Tenancy

STATUSES = ("new", "contacted", "qualified", "customer", "lost")


def make_tenant(store: Store, key: str = "acme") -> Tenancy:
    """Make a tenant with its statuses and one member, Anna, who acts."""
    tenant_id, user_id = new_id(), new_id()
    address = f"anna@{key}.example"
    with system(store, writes=True) as session:
        session.add(Tenant(id=tenant_id, key=key, name=key.title(), created_at=session.now))
        session.add(User(id=user_id, email=address, email_key=address, name="Anna", created_at=session.now))
    tenancy = Tenancy(tenant_id, Actor("user", user_id, "Anna"))
    with writing(store, tenancy) as session:
        session.add(Membership(user_id=user_id, role="owner", created_at=session.now))
        for position, status in enumerate(STATUSES):
            row = LeadStatus(key=status, name=status.title(), position=position, is_default=position == 0)
            session.add(row)
    return tenancy


def add_leads(
    store: Store, tenancy: Tenancy, count: int, *, scores: Sequence[int] = (), on_list: str | None = None
) -> list[UUID]:
    """Make leads without any event; `on_list`: the key of a list they are put on."""
    ids = new_ids(count)
    with writing(store, tenancy) as session:
        status = session.query(LeadStatus).filter_by(is_default=True).one()
        for number, lead_id in enumerate(ids):
            address = f"{lead_id}@leads.example"
            session.add(
                Lead(
                    id=lead_id, email=address, email_key=address, status_id=status.id, fields={},
                    score=scores[number] if scores else 0, created_at=session.now, updated_at=session.now,
                )
            )  # fmt: skip
        session.flush()
        if on_list is not None:
            chosen = session.query(List).filter_by(key=on_list).one()
            session.add_all(ListMember(list_id=chosen.id, lead_id=lead_id, added_at=session.now) for lead_id in ids)
    return ids


def document(
    *sections: dict[str, Any], triggers: Sequence[dict[str, Any]] | None = None, **settings: Any
) -> dict[str, Any]:
    """Return a document: started by hand unless said otherwise."""
    started = [{"id": "t1", "type": "manual", "config": {}}] if triggers is None else list(triggers)
    return {"format": 1, "settings": settings, "triggers": started, "sections": list(sections)}


def delay(days: int = 2, *, id: str = "d1") -> dict[str, Any]:
    return {"id": id, "type": "flow.delay", "config": {"duration": {"days": days}}}


def set_status(status: str = "contacted", *, id: str = "s1") -> dict[str, Any]:
    return {"id": id, "type": "lead.set_status", "config": {"status": status}}


def make(store: Store, tenancy: Tenancy, content: dict[str, Any], *, activate: bool = True) -> None:
    """Make the workflow `welcome` of a document, and activate it."""
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Welcome", document=content)
        if activate:
            versions.activate(session, "welcome")


def enter(store: Store, tenancy: Tenancy, lead: UUID) -> Execution:
    """Start `welcome` for a lead by hand, and do nothing of it yet."""
    with writing(store, tenancy) as session:
        return executions.start_by_hand(session, "welcome", lead)


def start(store: Store, tenancy: Tenancy, leads: Sequence[UUID]) -> None:
    """Start `welcome` for leads by hand and do what is due."""
    with writing(store, tenancy) as session:
        for lead in leads:
            executions.start_by_hand(session, "welcome", lead)
    work(store)


def statuses(store: Store, tenancy: Tenancy) -> list[str]:
    """Return the status of every execution of the tenant."""
    with reading(store, tenancy) as session:
        return sorted(row.status for row in session.query(Execution))


def totals(store: Store, tenancy: Tenancy) -> dict[str, int]:
    """Return the totals of `welcome` that are not zero."""
    with reading(store, tenancy) as session:
        found = insight.workflow_totals(session, workflows.get_workflow(session, "welcome"))
    return {name: count for name, count in found.items() if count}


def refused(store: Store, tenancy: Tenancy) -> list[str]:
    """Return the limits by which starts were refused."""
    with reading(store, tenancy) as session:
        return [row.limit for row, _ in refusals.list_refusals(session)]


def work(store: Store) -> None:
    """Do everything that is due now."""
    runner = Runner(store, kinds())
    for _ in range(1000):
        if not runner.run_once():
            return
    raise AssertionError("the work does not end")


@contextmanager
def counted(store: Store, tenancy: Tenancy, *, writes: bool = False) -> Iterator[tuple[Any, list[str]]]:
    """Open a session, and collect the statements it sends."""
    statements: list[str] = []
    engine = store.database.writer if writes else store.database.reader

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "set_config" not in statement and not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        with (writing if writes else reading)(store, tenancy) as session:
            yield session, statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
