"""Admissions: leads who match a workflow's triggers when it is activated enter it, as if started by hand.

The worker takes a thousand leads at a time, each chunk in one transaction with the note of how far it came: after a
crash it goes on there, and nobody enters twice by it. Limits apply, and refusals are recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from campaigns.engine.conditions import compile_condition
from campaigns.engine.document import Document
from campaigns.engine.fields import field_types
from campaigns.engine.kinds import Kinds
from campaigns.engine.matching_now import Offer, conditions, offers
from campaigns.engine.program import Data
from campaigns.errors import Conflict, Inactive, Invalid, NotFound, Problem
from campaigns.services import audit
from campaigns.services.lead_contexts import load_contexts
from campaigns.services.starts import start_matching
from campaigns.services.vocabulary import load_vocabulary
from campaigns.services.workflows import get_workflow
from campaigns.storage.models import Admission, Tenant, Version, Workflow
from campaigns.storage.queries import admissions as queries
from campaigns.storage.queries.due import SHARDS
from campaigns.storage.queries.enrolments import join_batches
from campaigns.storage.transaction import Store, TenantSession, writing
from campaigns.tenancy import Tenancy

CHUNK = 1000
READ_AT_MOST = 5000  # leads that are read to count them, where the database can't


@dataclass(frozen=True, slots=True)
class Matching:
    """Who matches now. Not `is_exact`: there are at least `count`, found among the first that were read."""

    offers: list[Offer]
    count: int
    is_exact: bool

    @property
    def can_enter(self) -> bool:
        return any(offer.condition is not None for offer in self.offers)


def find_matching(
    session: TenantSession, document: Document, kinds: Kinds, *, read_at_most: int = READ_AT_MOST
) -> Matching:
    """Return how many leads the triggers of a document would have let in, as they are now."""
    found = offers(document, kinds)
    wanted = conditions(found)
    if not wanted:
        return Matching(found, 0, is_exact=True)
    where = queries.decided(session, wanted)
    if where is not None:
        return Matching(found, queries.count(session, where), is_exact=True)
    lead_ids = queries.page(session, None, after=None, most=read_at_most + 1)
    data, types = Data(), field_types(load_vocabulary(session))
    for condition in wanted:
        data.add(condition)
    holding = [compile_condition(condition, types) for condition in wanted]
    zone = ZoneInfo(session.scalars(select(Tenant.time_zone).where(Tenant.id == session.tenant_id)).one())
    contexts = load_contexts(session, lead_ids[:read_at_most], data, zone=zone, lock=False)
    count = sum(any(holds(context) for holds in holding) for context in contexts.values())
    return Matching(found, count, is_exact=len(lead_ids) <= read_at_most)


def begin(session: TenantSession, key: str, *, kinds: Kinds) -> Admission:
    """Let the leads in who match the live version of an active workflow now; one that is running already ends.

    Raise Inactive, or Invalid where no trigger says who matches.
    """
    workflow = get_workflow(session, key, lock=True)
    own = (Version.workflow_id == workflow.id, Version.number == workflow.live_version)
    version = session.scalar(select(Version).where(*own)) if workflow.is_active else None
    if version is None:
        raise Inactive(f"“{workflow.name}” is not active.")
    wanted = conditions(offers(Document.model_validate(version.document), kinds))
    if not wanted:
        raise Invalid(problems=[Problem("/enter", "no trigger of this workflow says which leads match now")])
    stop(session, workflow.id)
    row = Admission(
        workflow_id=workflow.id,
        version_id=version.id,
        total=queries.count(session, queries.decided(session, wanted)),
        author=session.actor.name,
        created_at=session.now,
    )
    session.add(row)
    session.make_due("admission", [0], lane="bulk")
    audit.record(session, "workflow.admits", kind="workflow", target=key, version=version.number)
    session.flush()
    return row


def stop(session: TenantSession, workflow_id: UUID) -> None:
    """End what is letting leads into a workflow: it is deactivated, or others are let in."""
    own = (Admission.workflow_id == workflow_id, Admission.status == "running")
    for row in session.scalars(select(Admission).where(*own).with_for_update()):
        row.status, row.ended_at = "stopped", session.now
    session.flush()


def cancel(session: TenantSession, key: str, admission_id: UUID) -> Admission:
    """Let no further leads in; who has entered stays. Raise NotFound, or Conflict when it has ended."""
    workflow = get_workflow(session, key)
    own = (Admission.id == admission_id, Admission.workflow_id == workflow.id)
    row = session.scalar(select(Admission).where(*own).with_for_update())
    if row is None:
        raise NotFound(f"There is no admission {admission_id}.")
    if row.status != "running":
        raise Conflict("Nobody is being let in any more.")
    row.status, row.ended_at = "cancelled", session.now
    audit.record(session, "workflow.admission_cancelled", kind="workflow", target=key, admitted=row.admitted)
    session.flush()
    return row


def get_admission(session: TenantSession, key: str, admission_id: UUID) -> Admission:
    """Return an admission of a workflow; raise NotFound."""
    own = (Admission.id == admission_id, Admission.workflow_id == get_workflow(session, key).id)
    row = session.scalar(select(Admission).where(*own))
    if row is None:
        raise NotFound(f"There is no admission {admission_id}.")
    return row


def list_admissions(session: TenantSession, key: str, *, limit: int = 20) -> list[Admission]:
    """Return the admissions of a workflow, newest first."""
    own = Admission.workflow_id == get_workflow(session, key).id
    return list(session.scalars(select(Admission).where(own).order_by(Admission.id.desc()).limit(limit)))


def describe(row: Admission) -> dict[str, Any]:
    """Return an admission as the API answers it; `looked` of `total` leads have been looked at."""
    names = ("id", "status", "total", "looked", "admitted", "refused", "author", "created_at", "ended_at")
    return {name: getattr(row, name) for name in names}


def run_chunk(store: Store, tenant_id: UUID, kinds: Kinds, *, most: int = CHUNK) -> None:
    """Look at the next leads of the tenant's oldest admission."""
    with writing(store, Tenancy(tenant_id)) as session:
        join_batches(session, range(SHARDS))
        oldest = select(Admission.workflow_id).where(Admission.status == "running").order_by(Admission.id).limit(1)
        workflow_id = session.scalar(oldest)
        if workflow_id is None:
            return
        session.scalars(select(Workflow).where(Workflow.id == workflow_id).with_for_update(read=True)).one()
        own = (Admission.workflow_id == workflow_id, Admission.status == "running")
        row = session.scalar(select(Admission).where(*own).with_for_update())
        if row is not None:
            _admit(session, row, kinds, most)


def next_at(session: TenantSession) -> datetime | None:
    """Return when the tenant's next chunk is due: now, or never."""
    return session.now if session.scalar(select(Admission.id).where(Admission.status == "running").limit(1)) else None


def _admit(session: TenantSession, row: Admission, kinds: Kinds, most: int) -> None:
    version = session.scalars(select(Version).where(Version.id == row.version_id)).one()
    wanted = conditions(offers(Document.model_validate(version.document), kinds))
    where = queries.decided(session, wanted)
    lead_ids = queries.page(session, where, after=row.after, most=most) if wanted else []
    if lead_ids:
        try:
            admitted, refused = start_matching(session, row.workflow_id, lead_ids, wanted, since=row.created_at)
        except Inactive:
            row.status, row.ended_at = "stopped", session.now
            return
        row.admitted, row.refused = row.admitted + admitted, row.refused + refused
        row.looked, row.after = row.looked + len(lead_ids), lead_ids[-1]
    if len(lead_ids) < most:
        row.status, row.ended_at = "done", session.now
