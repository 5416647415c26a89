"""Workflows of two versions, leads inside the first, and what becomes of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from campaigns.sections.registry import kinds
from campaigns.services import drafts, insight, moves, versions, workflows
from campaigns.storage.models import Execution, Lead, LeadStatus, Move, Token, Version, Wait
from campaigns.storage.transaction import Store, reading, writing
from campaigns.tenancy import Tenancy
from tests.support.workflows import (
    add_leads,
    delay,
    document,
    make,
    set_status,
    start,
    work,
)


def publish(store: Store, tenancy: Tenancy, content: dict[str, Any]) -> None:
    with writing(store, tenancy) as session:
        drafts.save_draft(session, "welcome", content, change="Changed", kinds=kinds())
        versions.activate(session, "welcome")


def choose(store: Store, tenancy: Tenancy, choices: dict[tuple[int, str], str]) -> Move:
    with writing(store, tenancy) as session:
        return moves.choose(session, "welcome", choices, kinds=kinds())


def take_back(store: Store, tenancy: Tenancy, move: Move) -> Move:
    with writing(store, tenancy) as session:
        return moves.take_back(session, "welcome", move.id, kinds=kinds())


def settle(store: Store) -> int:
    count = moves.settle(store)
    work(store)
    return count


def standing(store: Store, tenancy: Tenancy) -> list[tuple[int, str, str]]:
    """Return (version, section, status) of every execution."""
    with reading(store, tenancy) as session:
        rows = (
            session.query(Version.number, Token.section, Execution.status)
            .select_from(Execution)
            .join(Version, Version.id == Execution.version_id)
            .outerjoin(Token, Token.execution_id == Execution.id)
        )
        return sorted((number, section or "", status) for number, section, status in rows)


def counts(store: Store, tenancy: Tenancy) -> dict[tuple[int, str], int]:
    """Return what each version's sections count as waiting, without those that count nothing."""
    found: dict[tuple[int, str], int] = {}
    with reading(store, tenancy) as session:
        row = workflows.get_workflow(session, "welcome")
        for version in session.query(Version):
            for section, count in insight.section_counts(session, row, version.number).items():
                if count.waiting:
                    found[version.number, section] = count.waiting
    return found


def waits(store: Store, tenancy: Tenancy) -> list[tuple[str, str, int]]:
    with reading(store, tenancy) as session:
        return sorted((row.name, row.event_type, row.count) for row in session.query(Wait))


def received(name: str, at_least: int = 1) -> dict[str, Any]:
    return {"type": "event.received", "config": {"name": name}, "times": {"at_least": at_least}}


def wait(**names: str) -> dict[str, Any]:
    awaited = [{"name": name, "trigger": received(event)} for name, event in names.items()]
    return {"id": "w", "type": "flow.wait", "config": {"for": awaited}}


def two_versions(
    store: Store, tenancy: Tenancy, count: int = 2, *, then: list[dict[str, Any]] | None = None
) -> list[UUID]:
    """Start leads that wait two days in version 1, and publish a version 2 that ends in another way."""
    leads = add_leads(store, tenancy, count)
    make(store, tenancy, document(delay(), set_status("lost")))
    start(store, tenancy, leads)
    publish(store, tenancy, document(*(then or [delay(), set_status("customer")])))
    return leads


def lead_statuses(store: Store, tenancy: Tenancy) -> list[str]:
    """Return the status of each lead that has been given one."""
    with reading(store, tenancy) as session:
        rows = session.query(LeadStatus.key).select_from(Lead).join(LeadStatus, LeadStatus.id == Lead.status_id)
        return sorted(key for (key,) in rows if key != "new")
