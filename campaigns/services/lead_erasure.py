"""Erasing leads: their executions are cancelled, and nothing that names them or was said of them is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from campaigns.services import audit, import_erasing
from campaigns.services.leads import get_lead
from campaigns.storage.queries import erasure, lead_moves, stopping
from campaigns.storage.queries.lead_merges import merged_into
from campaigns.storage.transaction import TenantSession, joined
from campaigns.tenancy import Tenancy

ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Consequences:
    """What erasing a lead takes with it. `running`: executions that are cancelled by it."""

    events: int
    executions: int
    running: int
    messages: int
    notes: int
    tasks: int


def erasure_consequences(session: TenantSession, lead_id: UUID) -> Consequences:
    """Return what erasing this lead takes with it; raise NotFound."""
    get_lead(session, lead_id)
    return Consequences(*erasure.count_around(session, lead_id))


def erase_lead(session: TenantSession, lead_id: UUID) -> None:
    """Erase a lead; raise NotFound. Can't be undone."""
    get_lead(session, lead_id)
    erase_leads(session, [lead_id])
    audit.record(session, "lead.erased", kind="lead", target=str(lead_id))


def erase_leads(session: TenantSession, lead_ids: Sequence[UUID]) -> int:
    """Erase the leads of these ids that exist, with what was merged into them; return how many there were."""
    session.flush()
    stopping.stop_batches(session, recall=True)  # what a batch has read of them must not be written any more
    for workflow_id, execution_id in erasure.unfinished(session, lead_ids):
        statuses = erasure.UNFINISHED
        stopping.cancel(session, workflow_id, statuses=statuses, reason=ERASED, ids=[execution_id])
    merged = merged_into(session, lead_ids)
    import_erasing.forget(session, [*lead_ids, *merged])
    erased = erasure.erase(session, lead_ids)
    if merged:
        erasure.erase(session, merged)
    _erase_elsewhere(session, {*lead_ids, *merged})
    session.expire_all()
    return erased


def _erase_elsewhere(session: TenantSession, lead_ids: set[UUID]) -> None:
    """Erase what leads have left behind in the tenants of the tree that they came from: a person is one.

    One of them may have been merged there before, so its names are looked for in all of them once more.
    """
    connection = session.connection()
    others = sorted(set(lead_moves.tree(connection, session.tenant_id).values()) - {session.tenant_id})
    found = set[UUID]()
    for tenant_id in others:
        with joined(session.store, Tenancy(tenant_id, actor=session.actor), connection) as there:
            left = lead_moves.left_behind(there, sorted(lead_ids))
            if left:
                merged = merged_into(there, left)
                import_erasing.forget(there, [*left, *merged])
                erasure.erase(there, [*left, *merged])
                found |= {*merged}
    if found - lead_ids:
        _erase_elsewhere(session, lead_ids | found)
