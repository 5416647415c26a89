"""The rows of two leads that become one: tied to the one that is kept, and what is left of the other.

The other's row stays, hidden like those of leads that moved away, and holds the address and external id that were not
taken over: so the unique keys keep them, and `kept_for` finds the kept lead by them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, exists, func, insert, select, text, update
from sqlalchemy.orm import aliased

from campaigns.engine.events import LANES
from campaigns.storage.base import Base
from campaigns.storage.models import (
    DateReached,
    Enrolment,
    Event,
    Execution,
    LeadStatus,
    LeadTag,
    ListMember,
    MergedLead,
    Message,
    Note,
    PendingEvent,
    Refusal,
    Task,
    Token,
    Visit,
    Wait,
    Workflow,
)
from campaigns.storage.queries.due import shard_of
from campaigns.storage.queries.stopping import OPEN
from campaigns.storage.transaction import TenantSession
from campaigns.storage.types import Key

_LEADS = Base.metadata.tables["leads"]  # the ORM hides what was merged
_SILENT = {"synchronize_session": False}
_TIED: tuple[Any, ...] = (Event, Visit, Execution, Wait, Refusal, Note, Message, Task)
_ENROL = text(
    """
    INSERT INTO enrolments (tenant_id, workflow_id, lead_id, active, ever, last_started)
    SELECT tenant_id, workflow_id, :keep, active, ever, last_started FROM enrolments
    WHERE tenant_id = :tenant AND lead_id = :gone
        AND workflow_id IN (SELECT id FROM workflows WHERE tenant_id = :tenant)
    ON CONFLICT (tenant_id, workflow_id, lead_id) DO UPDATE SET
        active = enrolments.active + excluded.active,
        ever = enrolments.ever + excluded.ever,
        last_started = CASE WHEN enrolments.last_started IS NULL OR excluded.last_started > enrolments.last_started
                            THEN excluded.last_started ELSE enrolments.last_started END
    """
).bindparams(*(bindparam(name, type_=Key()) for name in ("tenant", "keep", "gone")))


def marks_of(session: TenantSession, lead_id: UUID) -> tuple[list[str], list[UUID]]:
    """Return a lead's tags, and the lists that it is on."""
    tags = session.scalars(select(LeadTag.tag).where(LeadTag.lead_id == lead_id).order_by(LeadTag.tag))
    lists = session.scalars(select(ListMember.list_id).where(ListMember.lead_id == lead_id))
    return list(tags), list(lists)


def unfinished(session: TenantSession, lead_id: UUID) -> list[Execution]:
    """Return what a lead has under way, the oldest first; what failed is not."""
    own = (Execution.tenant_id == session.tenant_id, Execution.lead_id == lead_id, Execution.status.in_(OPEN))
    statement = select(Execution).where(*own).order_by(Execution.id).execution_options(populate_existing=True)
    return list(session.scalars(statement))


def active(session: TenantSession, lead_id: UUID, workflow_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many slots of these workflows a lead holds."""
    own = (Enrolment.lead_id == lead_id, Enrolment.workflow_id.in_(workflow_ids))
    return dict(session.execute(select(Enrolment.workflow_id, Enrolment.active).where(*own)).all())


def places(session: TenantSession, execution_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return at which section the first token of each of these executions stands."""
    own = select(Token.execution_id, Token.section).where(Token.execution_id.in_(execution_ids))
    rows = session.execute(own.order_by(Token.execution_id, Token.number.desc())).all()
    return dict(rows)  # the last one of each stands: its lowest number


def tie(session: TenantSession, gone: UUID, keep: UUID) -> tuple[str | None, datetime | None]:
    """Give everything that happened to a lead, and goes on for it, to another one.

    Return the lane of the first event that is still to be worked on, and when the first of its executions goes on.
    """
    lane, wake_at = _bring_to_shard(session, gone, keep)
    for model in _TIED:
        _run(session, update(model).where(*_own(session, model, gone)).values(lead_id=keep))
    _bring_dates(session, gone, keep)
    session.execute(_ENROL, {"tenant": session.tenant_id, "keep": keep, "gone": gone})
    for model in (DateReached, LeadTag, ListMember):
        _run(session, delete(model).where(*_own(session, model, gone)))
    workflows = select(Workflow.id).where(Workflow.tenant_id == session.tenant_id)  # an enrolment's key begins with one
    enrolled = (*_own(session, Enrolment, gone), Enrolment.workflow_id.in_(workflows))
    _run(session, delete(Enrolment).where(*enrolled))
    _run(session, update(MergedLead).where(*_own(session, MergedLead, gone)).values(lead_id=keep))
    session.execute(insert(MergedLead).values(tenant_id=session.tenant_id, id=gone, lead_id=keep, at=session.now))
    return lane, wake_at


def _bring_to_shard(session: TenantSession, gone: UUID, keep: UUID) -> tuple[str | None, datetime | None]:
    """What is still to be worked on goes to the shard of the lead that is kept: one lead is never in two batches."""
    tenant_id, shard = session.tenant_id, shard_of(keep)
    events = select(Event.id).where(Event.tenant_id == tenant_id, Event.lead_id == gone)
    lanes = range(len(LANES))
    waiting = (
        PendingEvent.tenant_id == tenant_id,
        PendingEvent.shard == shard_of(gone),
        PendingEvent.lane.in_(lanes),
        PendingEvent.event_id.in_(events),
    )
    lane = session.scalar(select(func.min(PendingEvent.lane)).where(*waiting))
    _run(session, update(PendingEvent).where(*waiting).values(shard=shard))
    executions = select(Execution.id).where(*_own(session, Execution, gone))
    own = (Token.tenant_id == tenant_id, Token.execution_id.in_(executions))
    wake_at = session.scalar(select(func.min(Token.wake_at)).where(*own))
    _run(session, update(Token).where(*own).values(shard=shard))
    return (None if lane is None else LANES[lane]), wake_at


def _bring_dates(session: TenantSession, gone: UUID, keep: UUID) -> None:
    """A date that both have reached is one: the workflow was told of it."""
    other = aliased(DateReached)
    same = (getattr(other, name) == getattr(DateReached, name) for name in ("workflow_id", "day", "field"))
    there = exists().where(other.tenant_id == session.tenant_id, other.lead_id == keep, *same)
    _run(session, update(DateReached).where(*_own(session, DateReached, gone), ~there).values(lead_id=keep))


def bury(session: TenantSession, gone: UUID) -> None:
    """Empty a lead that was merged, and hide it."""
    status = select(LeadStatus.id).where(LeadStatus.tenant_id == session.tenant_id, LeadStatus.is_default)
    names = ("email", "email_key", "external_id", "first_name", "last_name", "phone", "phone_key", "owner_id")
    values = dict.fromkeys(names) | {"score": 0, "fields": {}, "search_text": "", "updated_at": session.now}
    _write(session, [gone], {**values, "moved_to": session.tenant_id, "status_id": status.scalar_subquery()})


def keep_names(session: TenantSession, gone: UUID, names: Mapping[str, str | None]) -> None:
    """Let the row of a lead that was merged hold an address (`email`, `email_key`) and an external id."""
    _write(session, [gone], names)


def kept_for(session: TenantSession, column: str, keys: Sequence[str]) -> dict[str, UUID]:
    """Return by address (`email_key`) or `external_id` the leads that others of these names were merged into."""
    former, kept = _LEADS.alias("former"), _LEADS.alias("kept")
    merged = MergedLead.__table__.c
    name, tenant_id = former.c[column], session.tenant_id
    statement = (
        select(name, merged.lead_id)
        .join(MergedLead.__table__, (merged.tenant_id == tenant_id) & (merged.id == former.c.id))
        .join(kept, (kept.c.tenant_id == tenant_id) & (kept.c.id == merged.lead_id) & kept.c.moved_to.is_(None))
        .where(former.c.tenant_id == tenant_id, name.in_(keys))
    )
    return dict(session.execute(statement).all()) if keys else {}


def merged_into(session: TenantSession, lead_ids: Sequence[UUID]) -> list[UUID]:
    """Return the leads that were merged into these."""
    return list(session.scalars(select(MergedLead.id).where(MergedLead.lead_id.in_(lead_ids))))


def give_back(session: TenantSession, lead_id: UUID, names: Mapping[str, str]) -> None:
    """Free an address (`email_key`) or `external_id` that only a lead merged into this one holds: it takes it again."""
    leads = _LEADS.c
    former = select(MergedLead.id).where(MergedLead.tenant_id == session.tenant_id, MergedLead.lead_id == lead_id)
    for column, value in names.items():
        own = (leads.tenant_id == session.tenant_id, leads.id.in_(former), leads[column] == value)
        emptied = {"email": None, "email_key": None} if column == "email_key" else {column: None}
        session.execute(update(_LEADS).where(*own).values(emptied))


def free_names(session: TenantSession, lead_ids: Sequence[UUID]) -> None:
    """Free all that leads which were merged into these still hold: they go to another tenant, or are erased."""
    former = merged_into(session, lead_ids)
    if former:
        _write(session, former, dict.fromkeys(("email", "email_key", "external_id")))


def _write(session: TenantSession, lead_ids: Sequence[UUID], values: Mapping[str, Any]) -> None:
    leads = _LEADS.c
    own = (leads.tenant_id == session.tenant_id, leads.id.in_(lead_ids))
    session.execute(update(_LEADS).where(*own).values({**values, "revision": leads.revision + 1}))


def _own(session: TenantSession, model: Any, lead_id: UUID) -> tuple[Any, Any]:
    return model.tenant_id == session.tenant_id, model.lead_id == lead_id


def _run(session: TenantSession, statement: Any) -> None:
    session.execute(statement, execution_options=_SILENT)
