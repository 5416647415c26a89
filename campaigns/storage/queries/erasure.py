"""Taking a person out of everything that is kept: what names them goes, what merely counts stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Delete, Update, delete, func, null, select, update
from sqlalchemy.sql import Select

from campaigns.storage.base import Base
from campaigns.storage.models import (
    Event,
    Execution,
    Message,
    Note,
    OutboxItem,
    OutsideCall,
    PendingEvent,
    Step,
    Suppression,
    Task,
)
from campaigns.storage.queries.stopping import OPEN
from campaigns.storage.transaction import TenantSession

_SILENT = {"synchronize_session": False}
UNFINISHED = (*OPEN, "failed")
_ANSWERED = ("handed_over", "refused", "unknown")
_IN_HAND = "the lead was erased while this mail was handed over; it may or may not have arrived"


def unfinished(session: TenantSession, lead_ids: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    """Return (workflow, execution) of all executions of these leads that have not ended."""
    own = (Execution.tenant_id == session.tenant_id, Execution.lead_id.in_(lead_ids))
    rows = session.execute(
        select(Execution.workflow_id, Execution.id).where(*own, Execution.status.in_(UNFINISHED)).order_by(Execution.id)
    )
    return [(workflow_id, execution_id) for workflow_id, execution_id in rows]


def erase(session: TenantSession, lead_ids: Sequence[UUID]) -> int:
    """Delete leads whose executions have ended; return how many there were.

    Events, steps, executions and messages stay as counts without a lead and without content; tags, lists, notes, tasks,
    refusals and enrolments go with the lead.
    """
    tenant_id = session.tenant_id
    leads = Base.metadata.tables["leads"]  # with what a lead leaves behind when it moves, which the ORM hides
    own = (leads.c.tenant_id == tenant_id, leads.c.id.in_(lead_ids))
    keys: list[str] = list(session.scalars(select(leads.c.email_key).where(*own, leads.c.email_key.is_not(None))))
    events = select(Event.id).where(Event.tenant_id == tenant_id, Event.lead_id.in_(lead_ids))
    executions = select(Execution.id).where(Execution.tenant_id == tenant_id, Execution.lead_id.in_(lead_ids))
    messages = select(Message.id).where(Message.tenant_id == tenant_id, Message.lead_id.in_(lead_ids))
    _run(session, delete(PendingEvent).where(PendingEvent.tenant_id == tenant_id, PendingEvent.event_id.in_(events)))
    nameless = {"changes": null(), "properties": null(), "lead_id": null()}
    _run(session, update(Event).where(*_own(Event, tenant_id, lead_ids)).values(nameless))
    _run(session, delete(OutboxItem).where(OutboxItem.tenant_id == tenant_id, OutboxItem.message_id.in_(messages)))
    told = update(Message).where(*_own(Message, tenant_id, lead_ids), Message.state.in_(_ANSWERED))
    _run(session, told.values(reason=""))  # what a server says of a mail often names its address
    ends = {"planned": ("skipped", "erased"), "handing_over": ("unknown", _IN_HAND)}
    for state, (end, why) in ends.items():
        open_ones = update(Message).where(*_own(Message, tenant_id, lead_ids), Message.state == state)
        _run(session, open_ones.values(state=end, reason=why, settled_at=session.now))
    unaddressed = {"lead_id": null(), "recipient": "", "subject": "", "values": null()}
    _run(session, update(Message).where(*_own(Message, tenant_id, lead_ids)).values(unaddressed))
    _run(
        session,
        update(Step).where(Step.tenant_id == tenant_id, Step.execution_id.in_(executions)).values(receipt=null()),
    )
    calls = update(OutsideCall).where(OutsideCall.tenant_id == tenant_id, OutsideCall.execution_id.in_(executions))
    _run(session, calls.values(request={}, reason=""))  # what was sent, and what its receiver said of it
    _run(session, update(Execution).where(*_own(Execution, tenant_id, lead_ids)).values(lead_id=null(), state=null()))
    suppressed = update(Suppression).where(Suppression.tenant_id == tenant_id, func.lower(Suppression.email).in_(keys))
    _run(session, suppressed.values(email=null()))  # the keyed hash stays, and with it the suppression
    return _run(session, delete(leads).where(*own))


def count_around(session: TenantSession, lead_id: UUID) -> tuple[int, int, int, int, int, int]:
    """Return how much there is of a lead: events, executions, those not ended, messages, notes, tasks."""
    counts: list[Select[Any]] = [
        _count(Event, session.tenant_id, lead_id),
        _count(Execution, session.tenant_id, lead_id),
        _count(Execution, session.tenant_id, lead_id).where(Execution.status.in_(UNFINISHED)),
        _count(Message, session.tenant_id, lead_id),
        _count(Note, session.tenant_id, lead_id),
        _count(Task, session.tenant_id, lead_id),
    ]
    row = session.execute(select(*(one.scalar_subquery() for one in counts))).one()
    return (row[0], row[1], row[2], row[3], row[4], row[5])


def _own(model: Any, tenant_id: UUID, lead_ids: Sequence[UUID]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (model.tenant_id == tenant_id, model.lead_id.in_(lead_ids))


def _count(model: Any, tenant_id: UUID, lead_id: UUID) -> Select[Any]:
    return select(func.count()).select_from(model).where(model.tenant_id == tenant_id, model.lead_id == lead_id)


def _run(session: TenantSession, statement: Update | Delete) -> int:
    result: Any = session.execute(statement, execution_options=_SILENT)
    return int(result.rowcount)
