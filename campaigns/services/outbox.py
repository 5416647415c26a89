"""Handing planned mails over. The row says "handing over" before the network is touched, and how it ended after.

What a crash leaves in between is never guessed at: marketing mail becomes `unknown`, transactional mail is repeated
once, with the same Message-ID, and then becomes `unknown` too.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, delete, func, or_, select, update

from campaigns.engine.backoff import pause
from campaigns.errors import CampaignsError
from campaigns.messages.handover import GiveUp, NotSent, Session, Transport, TryLater
from campaigns.messages.message import MessageRefused, Outgoing
from campaigns.messages.render import CompiledTemplate, TemplateSource, compile_template
from campaigns.storage.models import Message, OutboxItem, Suppression, TemplateVersion
from campaigns.storage.queries import batch_reads as reads
from campaigns.storage.queries import due
from campaigns.storage.queries.bulk import Native
from campaigns.storage.transaction import Store, TenantSession, present, reading, system, writing
from campaigns.tenancy import Tenancy

MOST = 50  # mails between two looks at the clock
LEASE = timedelta(minutes=5)  # longer than the slowest hand-over: connect, commands and the final dot
_KEPT_TEMPLATES = 256


@dataclass
class Sender:
    """Who mails come from while a tenant has no sender of its own."""

    address: str = "no-reply@localhost.localdomain"
    name: str = ""


@dataclass(slots=True)
class _Sending:
    message: Message
    values: dict[str, Any] = field(default_factory=dict)
    state: str = "handing_over"
    reason: str = ""
    again_at: datetime | None = None


class Outbox:
    """Hands over what is planned, tenant by tenant. One a thread."""

    def __init__(self, store: Store, transport: Transport, *, sender: Sender | None = None) -> None:
        self.store = store
        self.transport = transport
        self.sender = sender or Sender()
        self.owner = uuid4()
        self.templates = _Templates()

    def run_once(self) -> bool:
        """Hand over at most MOST mails of one tenant; return whether there was anything to do."""
        with system(self.store) as session:
            connection = session.connection()
            if not due.anything(connection, "outbox", now=present(self.store, connection)):
                return False
        with system(self.store, writes=True) as session:
            connection = session.connection()
            now = present(self.store, connection)
            lease = due.claim(connection, "outbox", self.owner, now=now, most_shards=due.SHARDS)
        if lease is None:
            return False
        try:
            self._hand_over(lease.tenant_id, lease.shards)
        finally:
            self._settle(lease)
        return True

    def _hand_over(self, tenant_id: UUID, shards: Sequence[int]) -> None:
        with writing(self.store, Tenancy(tenant_id)) as session:
            taken = _take(session, self.owner, shards)
        if not taken:
            return
        with reading(self.store, Tenancy(tenant_id)) as session:
            sendings = _with_values(session, taken)
            templates = self.templates.get(session, {message.template_version_id for message in taken})
        with self.transport.session() as connection:
            for sending in sendings:
                self._send(connection, sending, templates[sending.message.template_version_id])
        with writing(self.store, Tenancy(tenant_id)) as session:
            _record(session, sendings)

    def _send(self, connection: Session, sending: _Sending, template: CompiledTemplate) -> None:
        """Send one mail and note what became of it; nothing that happens to one touches the next."""
        if sending.state != "handing_over":
            return
        message = sending.message
        try:
            outgoing = self._outgoing(message, template, sending)
            if outgoing is not None:
                sending.reason = connection.send(outgoing).response[:500]
                sending.state = "handed_over"
        except TryLater as error:
            self._put_off(sending, error.reason)
        except (GiveUp, MessageRefused) as error:
            sending.state, sending.reason = "refused", str(error)[:500]
        except NotSent as error:  # above all OutcomeUnknown: it may or may not arrive
            sending.state, sending.reason = "unknown", error.reason[:500]
        except CampaignsError as error:  # a template that reaches its limits for this lead
            sending.state, sending.reason = "refused", error.message[:500]

    def _put_off(self, sending: _Sending, reason: str) -> None:
        """Plan another attempt after a growing pause; after the last one the mail counts as refused."""
        wait = pause(sending.message.attempts, seed=sending.message.id)
        sending.reason = reason[:500]
        if wait is None:
            sending.state = "refused"
        else:
            sending.state, sending.again_at = "planned", self.store.clock.now() + wait

    def _outgoing(self, message: Message, template: CompiledTemplate, sending: _Sending) -> Outgoing | None:
        rendered = template.render(sending.values)
        if rendered.missing:
            names = ", ".join(rendered.missing)
            sending.state, sending.reason = "skipped", f"no value for {names}, and no fallback in the template"
            return None
        message.subject = rendered.subject[:500]
        return Outgoing(
            key=message.key,
            sender=self.sender.address,
            sender_name=self.sender.name,
            recipient=message.recipient,
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
            at=message.planned_at,
        )

    def _settle(self, lease: due.Lease) -> None:
        with writing(self.store, Tenancy(lease.tenant_id)) as session:
            due.lock(session.connection(), lease)
            earliest = session.scalar(select(func.min(func.coalesce(OutboxItem.lease_until, OutboxItem.next_at))))
            due.release(session.connection(), lease, next_at=earliest)


def _take(session: TenantSession, owner: UUID, shards: Sequence[int]) -> list[Message]:
    """Mark due mails as being handed over and return them; settle those that may not go out.

    A row whose lease is over was being handed over when its worker died: what becomes of it is the class's policy.
    """
    now = session.now
    items = session.scalars(
        select(OutboxItem)
        .where(OutboxItem.shard.in_(shards), OutboxItem.next_at <= now)
        .where(or_(OutboxItem.lease_until.is_(None), OutboxItem.lease_until < now))
        .order_by(OutboxItem.next_at, OutboxItem.message_id)
        .limit(MOST)
        .with_for_update(skip_locked=True)
    ).all()
    if not items:
        return []
    ids = [item.message_id for item in items]
    messages = {m.id: m for m in session.scalars(select(Message).where(Message.id.in_(ids)))}
    suppressed = _suppressed(session, [m.recipient for m in messages.values()])
    taken, gone = [], []
    for item in items:
        message = messages[item.message_id]
        if _may_go(message, suppressed, now):
            message.state, message.handing_over_at = "handing_over", now
            message.attempts += 1
            item.owner, item.lease_until = owner, now + LEASE
            taken.append(message)
        else:
            gone.append(item.message_id)
    if gone:
        session.execute(
            delete(OutboxItem).where(OutboxItem.tenant_id == session.tenant_id, OutboxItem.message_id.in_(gone))
        )
    return taken


def _may_go(message: Message, suppressed: set[str], now: datetime) -> bool:
    """Say whether a mail may be handed over; else settle it with its reason."""
    if message.state == "handing_over" and (message.message_class == "marketing" or message.attempts > 1):
        message.state, message.settled_at = "unknown", now
        message.reason = "a worker stopped while it handed this mail over; it may or may not have arrived"
    elif message.lead_id is None:
        message.state, message.reason, message.settled_at = "skipped", "the lead was erased", now
    elif message.recipient.strip().casefold() in suppressed:
        message.state, message.reason, message.settled_at = "skipped", "the address is suppressed", now
    else:
        return True
    return False


def _suppressed(session: TenantSession, recipients: list[str]) -> set[str]:
    keys = {recipient.strip().casefold() for recipient in recipients}
    found = session.scalars(select(Suppression.email).where(func.lower(Suppression.email).in_(keys)))
    return {address.casefold() for address in found if address}


def _with_values(session: TenantSession, messages: list[Message]) -> list[_Sending]:
    """Bring each mail together with its lead as it is now, and the state and event its step saw."""
    connection = session.connection()
    native = Native(connection)
    tenant = native.id(session.tenant_id)
    leads = [native.id(message.lead_id) for message in messages if message.lead_id is not None]
    found = reads.subjects(connection, tenant, leads, reads.names(connection, tenant), lock=False)
    sendings = []
    for message in messages:
        subject = found.get(native.id(message.lead_id)) if message.lead_id is not None else None
        if subject is None:
            sendings.append(_Sending(message, {}, "skipped", "the lead was erased"))
        else:
            sendings.append(
                _Sending(
                    message,
                    {"state": {}, "event": {}, **(message.values or {}), "lead": subject.values, "now": session.now},
                )
            )
    return sendings


def _record(session: TenantSession, sendings: list[_Sending]) -> None:
    """Write how each hand-over ended. Only rows still being handed over change: a late answer rewrites nothing."""
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
            settled_at=bindparam("at"),
        )
    )
    rows = [
        {
            "message": sending.message.id,
            "new_state": sending.state,
            "new_reason": sending.reason,
            "new_subject": sending.message.subject,
            "at": None if sending.again_at else session.now,
        }
        for sending in sendings
    ]
    session.connection().execute(statement, rows)
    settled = [sending.message.id for sending in sendings if sending.again_at is None]
    session.execute(
        delete(OutboxItem).where(OutboxItem.tenant_id == session.tenant_id, OutboxItem.message_id.in_(settled))
    )
    again = [(sending.message.id, sending.again_at) for sending in sendings if sending.again_at is not None]
    if again:
        items = OutboxItem.__table__
        session.connection().execute(
            update(items)  # type: ignore[arg-type]  # a declared class's table
            .where(items.c.tenant_id == session.tenant_id, items.c.message_id == bindparam("message"))
            .values(next_at=bindparam("at"), lease_until=None, owner=None),
            [{"message": message_id, "at": at} for message_id, at in again],
        )


class _Templates:
    """Compiled template versions; a version never changes, so each is compiled once a process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[UUID, CompiledTemplate] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, session: TenantSession, ids: set[UUID]) -> dict[UUID, CompiledTemplate]:
        with self._lock:
            found = {key: self._kept[key] for key in ids if key in self._kept}
        missing = ids - set(found)
        if missing:
            for version in session.scalars(select(TemplateVersion).where(TemplateVersion.id.in_(missing))):
                found[version.id] = compile_template(_source(version))
            with self._lock:
                self._kept.update(found)
                while len(self._kept) > _KEPT_TEMPLATES:
                    self._kept.popitem(last=False)
        return found


def _source(version: TemplateVersion) -> TemplateSource:
    kind: Any = version.kind
    return TemplateSource(subject=version.subject, body=version.source, kind=kind, text=version.text or "")
