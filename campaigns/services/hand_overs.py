"""The rows of a hand-over: taken before the network is touched, and written after. See `services.outbox`.

What a crash leaves in between is never guessed at: marketing mail becomes `unknown`, transactional mail is repeated
once, with the same Message-ID, and then becomes `unknown` too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, or_, select, update

from campaigns.services.mail_causes import Causes
from campaigns.services.storm_brake import BRAKED, Brake
from campaigns.storage.models import Message, OutboxItem, Suppression
from campaigns.storage.queries import batch_reads as reads
from campaigns.storage.queries.bulk import Native
from campaigns.storage.transaction import TenantSession

AT_ONCE = 5  # mails taken together: so many at most nobody knows of when their worker dies
STOPPED = "a worker stopped while it handed this mail over; it may or may not have arrived"
RESTS = timedelta(hours=1)  # a mail whose workflow the brake has stopped; who lets it go on wakes it before
LEASE = timedelta(minutes=5)  # longer than all the hand-overs that are begun under it


@dataclass(slots=True)
class Sending:
    """One mail in hand. `tried`: it may have left; until then it can be put back as if it had not been taken."""

    message: Message
    values: dict[str, Any] = field(default_factory=dict)
    state: str = "handing_over"
    reason: str = ""
    again_at: datetime | None = None
    tried: bool = False

    def let_go(self, at: datetime) -> None:
        """Plan again what was not tried, as if it had not been taken; what was, and has no answer, may arrive."""
        if self.state != "handing_over":
            return
        if self.tried:
            self.state, self.reason = "unknown", STOPPED
        else:
            self.state, self.again_at = "planned", at
            self.message.attempts -= 1


@dataclass(frozen=True, slots=True)
class Taken:
    """Mails in hand, and the executions of which the storm brake has held a mail back."""

    sendings: list[Sending] = field(default_factory=list)
    braked: set[UUID] = field(default_factory=set)


def take(session: TenantSession, owner: UUID, shards: Sequence[int]) -> Taken:
    """Mark due mails as being handed over and return them; settle those that may not go out.

    A row whose lease is over was being handed over when its worker died: what becomes of it is the class's policy.
    """
    now = session.now
    items = session.scalars(
        select(OutboxItem)
        .where(OutboxItem.shard.in_(shards), OutboxItem.next_at <= now)
        .where(or_(OutboxItem.lease_until.is_(None), OutboxItem.lease_until <= now))
        .order_by(OutboxItem.next_at, OutboxItem.message_id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    if not items:
        return Taken()
    ids = [item.message_id for item in items]
    messages = {m.id: m for m in session.scalars(select(Message).where(Message.id.in_(ids)))}
    suppressed = _suppressed(session, [m.recipient for m in messages.values()])
    brake, causes = Brake(session, list(messages.values())), Causes(session, list(messages.values()))
    taken, gone = [], []
    for item in items:
        message = messages[item.message_id]
        if not _may_go(message, suppressed, brake, now):
            gone.append(item.message_id)
        elif causes.rests(message):
            item.next_at, item.owner, item.lease_until = now + RESTS, None, None
        else:
            message.state, message.handing_over_at = "handing_over", now
            message.attempts += 1
            item.owner, item.lease_until = owner, now + LEASE
            taken.append(message)
    causes.count(session, taken)
    if gone:
        session.execute(
            delete(OutboxItem).where(OutboxItem.tenant_id == session.tenant_id, OutboxItem.message_id.in_(gone))
        )
    braked = {m.execution_id for m in messages.values() if m.reason == BRAKED and m.execution_id is not None}
    return Taken([Sending(message) for message in taken], braked)


def fill_values(session: TenantSession, sendings: list[Sending]) -> None:
    """Bring each mail together with its lead as it is now, and the state and event its step saw."""
    connection = session.connection()
    native = Native(connection)
    tenant = native.id(session.tenant_id)
    leads = [native.id(sending.message.lead_id) for sending in sendings if sending.message.lead_id is not None]
    found = reads.subjects(connection, tenant, leads, reads.names(connection, tenant), lock=False)
    for sending in sendings:
        message = sending.message
        subject = found.get(native.id(message.lead_id)) if message.lead_id is not None else None
        if subject is None:
            sending.state, sending.reason = "skipped", "the lead was erased"
        else:
            seen = {"state": {}, "event": {}, **(message.values or {})}
            sending.values = {**seen, "lead": subject.values, "now": session.now}


def record(session: TenantSession, owner: UUID, sendings: list[Sending]) -> None:
    """Write how each hand-over ended. What another worker has taken over since is its own: a late answer is dropped."""
    ids = [sending.message.id for sending in sendings]
    held = select(OutboxItem.message_id, OutboxItem.shard).where(OutboxItem.message_id.in_(ids))
    mine = {
        row.message_id: row.shard for row in session.execute(held.where(OutboxItem.owner == owner).with_for_update())
    }
    sendings = [sending for sending in sendings if sending.message.id in mine]
    _record_messages(session, sendings)
    settled = [sending.message.id for sending in sendings if sending.again_at is None]
    session.execute(
        delete(OutboxItem).where(OutboxItem.tenant_id == session.tenant_id, OutboxItem.message_id.in_(settled))
    )
    again = [{"message": sending.message.id, "at": sending.again_at} for sending in sendings if sending.again_at]
    for sending in sendings:
        if sending.again_at:  # the shard may be another worker's by now, who has seen no work in it
            session.make_due("outbox", [mine[sending.message.id]], lane="timed", at=sending.again_at)
    if again:
        items = OutboxItem.__table__
        session.connection().execute(
            update(items)  # type: ignore[arg-type]  # a declared class's table
            .where(items.c.tenant_id == session.tenant_id, items.c.message_id == bindparam("message"))
            .values(next_at=bindparam("at"), lease_until=None, owner=None),
            again,
        )


def _record_messages(session: TenantSession, sendings: list[Sending]) -> None:
    if not sendings:
        return
    table = Message.__table__
    statement = (
        update(table)  # type: ignore[arg-type]  # a declared class's table
        .where(
            table.c.tenant_id == session.tenant_id, table.c.id == bindparam("message"), table.c.state == "handing_over"
        )
        .values(
            state=bindparam("new_state"),
            reason=bindparam("new_reason"),
            subject=bindparam("new_subject"),
            attempts=bindparam("new_attempts"),
            settled_at=bindparam("at"),
        )
    )
    rows = [
        {
            "message": sending.message.id,
            "new_state": sending.state,
            "new_reason": sending.reason,
            "new_subject": sending.message.subject,
            "new_attempts": sending.message.attempts,
            "at": None if sending.again_at else session.now,
        }
        for sending in sendings
    ]
    session.connection().execute(statement, rows)


def _may_go(message: Message, suppressed: set[str], brake: Brake, now: datetime) -> bool:
    """Say whether a mail may be handed over; else settle it with its reason."""
    if message.state == "handing_over" and (message.message_class == "marketing" or message.attempts > 1):
        message.state, message.settled_at = "unknown", now
        message.reason = STOPPED
    elif message.lead_id is None:
        message.state, message.reason, message.settled_at = "skipped", "the lead was erased", now
    elif message.recipient.strip().casefold() in suppressed:
        message.state, message.reason, message.settled_at = "skipped", "the address is suppressed", now
    elif brake.stops(message):
        message.state, message.reason, message.settled_at = "skipped", BRAKED, now
    else:
        return True
    return False


def _suppressed(session: TenantSession, recipients: list[str]) -> set[str]:
    keys = {recipient.strip().casefold() for recipient in recipients}
    found = session.scalars(select(Suppression.email).where(func.lower(Suppression.email).in_(keys)))
    return {address.casefold() for address in found if address}
