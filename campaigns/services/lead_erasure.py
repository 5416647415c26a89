"""Erasing leads: their executions are cancelled, and nothing that names them or was said of them is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from campaigns.services import audit, import_erasing
from campaigns.services.leads import get_lead
from campaigns.storage.queries import erasure, stopping
from campaigns.storage.transaction import TenantSession

ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Consequences:
    """What erasing a lead takes with it. `running`: executions that are cancelled by it."""

    events: int
    executions: int
    running: int
    messages: int
    notes: int


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
    """Erase the leads of these ids that exist; return how many there were."""
    session.flush()
    stopping.stop_batches(session, recall=True)  # what a batch has read of them must not be written any more
    for workflow_id, execution_id in erasure.unfinished(session, lead_ids):
        statuses = erasure.UNFINISHED
        stopping.cancel(session, workflow_id, statuses=statuses, reason=ERASED, execution_id=execution_id)
    import_erasing.forget(session, lead_ids)
    erased = erasure.erase(session, lead_ids)
    session.expire_all()
    return erased
