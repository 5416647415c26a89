"""Visits: events by session alone are kept, and become the lead's, in their order, once the session's lead is known."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select, update

from campaigns.services.intake import queue_recorded
from campaigns.storage.models import Event, Visit
from campaigns.storage.transaction import TenantSession

MOST_KEPT = 1000  # events of a visit whose lead is not known; the oldest are no longer waited with
SESSION = "session"  # the property of an event that names its visit


def open_visits(session: TenantSession, keys: Iterable[str]) -> dict[str, Visit]:
    """Return the visits of these session ids, made where they are new; locked until the transaction ends."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    statement = select(Visit).where(Visit.key.in_(wanted)).order_by(Visit.key).with_for_update()
    found = {visit.key: visit for visit in session.scalars(statement)}
    for key in wanted:
        if key not in found:
            found[key] = Visit(key=key, data={}, kept=[], first_at=session.now, last_at=session.now)
            session.add(found[key])
        found[key].last_at = session.now
    session.flush()
    return found


def tie(session: TenantSession, visit: Visit, lead_id: UUID) -> None:
    """Give a visit to a lead. What it has kept becomes the lead's, in its order; a lead that had it before loses it."""
    if visit.lead_id == lead_id:
        return
    visit.lead_id = lead_id
    kept, visit.kept = [UUID(text) for text in visit.kept], []
    if kept:
        own = update(Event).where(Event.tenant_id == session.tenant_id, Event.id.in_(kept), Event.lead_id.is_(None))
        session.execute(own.values(lead_id=lead_id), execution_options={"synchronize_session": False})
        queue_recorded(session, kept, lead_id)
    session.flush()


def keep(visit: Visit, event_ids: Iterable[UUID]) -> None:
    """Keep events until the visit's lead is known."""
    visit.kept = [*visit.kept, *(str(event_id) for event_id in event_ids)][-MOST_KEPT:]
