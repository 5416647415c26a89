"""Telling whoever listens that executions have ended by other hands than their own: cancelled by a person."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import exists, select

from campaigns.engine.events import FINISHED
from campaigns.services.intake import NewEvent, record_many
from campaigns.storage.models import Awaited, Subscription, Workflow
from campaigns.storage.queries.bulk import Native
from campaigns.storage.queries.stopping import Chosen
from campaigns.storage.transaction import TenantSession

_BEFORE_THE_END = frozenset({"ready", "running", "waiting", "held", "failed"})  # one that listens has told it already


def teller(session: TenantSession, workflow_id: UUID, outcome: str) -> Callable[[Chosen], None] | None:
    """Return what records `workflow.finished` for executions that end now; None when nobody listens to that."""
    listens = exists().where(Subscription.event_type == FINISHED), exists().where(Awaited.event_type == FINISHED)
    if not any(session.scalar(select(one)) for one in listens):
        return None
    key = session.scalars(select(Workflow.key).where(Workflow.id == workflow_id)).one()
    native = Native(session.connection())

    def tell(chosen: Chosen) -> None:
        ended = zip(chosen.ids, chosen.leads, chosen.statuses, strict=True)
        events = [
            NewEvent(FINISHED, lead, None, {"workflow": key, "outcome": outcome, "execution": str(native.uuid(one))})
            for one, lead, status in ended
            if lead is not None and status in _BEFORE_THE_END
        ]
        record_many(session, events, source="execution", lane="timed")

    return tell
