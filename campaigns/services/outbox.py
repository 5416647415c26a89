"""Handing planned mails over. The row says "handing over" before the network is touched, and how it ended after.

The rows stand in `services.hand_overs`. Nothing that happens to one mail touches the next.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import func, select

from campaigns.engine.backoff import pause
from campaigns.errors import CampaignsError
from campaigns.messages.handover import GiveUp, NotSent, Session, Transport, TryLater
from campaigns.messages.message import MessageRefused, Outgoing
from campaigns.messages.render import CompiledTemplate, TemplateSource, compile_template
from campaigns.services import claims
from campaigns.services.hand_overs import Sending, fill_values, record, take
from campaigns.services.storm_brake import stop_workflows
from campaigns.storage.models import OutboxItem, TemplateVersion
from campaigns.storage.queries import due
from campaigns.storage.transaction import Store, TenantSession, reading, writing
from campaigns.tenancy import Tenancy

log = structlog.get_logger()

ROUNDS = 10  # before another tenant gets its turn
BEGIN_WITHIN_SECONDS = 120.0  # after taking; one hand-over lasts at most 160 seconds, so all end before the lease
_KEPT_TEMPLATES = 256


@dataclass
class Sender:
    """Who mails come from while a tenant has no sender of its own."""

    address: str = "no-reply@localhost.localdomain"
    name: str = ""


class Outbox:
    """Hands over what is planned, tenant by tenant. One a thread; `timer` counts seconds."""

    def __init__(
        self,
        store: Store,
        transport: Transport,
        *,
        sender: Sender | None = None,
        lanes: Collection[int] = due.ALL_LANES,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = store
        self.lanes = lanes
        self.transport = transport
        self.sender = sender or Sender()
        self.owner = uuid4()
        self.templates = _Templates()
        self._timer = timer

    def run_once(self) -> bool:
        """Hand over a few mails of one tenant; return whether there was anything to do."""
        lease = self._claim()
        if lease is None:
            return False
        try:
            self._hand_over(lease)
        except Exception:
            claims.give_back(self.store, lease, rest=claims.REST)
            raise
        self._settle(lease)
        return True

    def _claim(self) -> due.Lease | None:
        return claims.claim(self.store, "outbox", self.owner, lanes=self.lanes)

    def _hand_over(self, lease: due.Lease) -> None:
        """Take a few mails, send them, write how it ended; and again, on the same connection."""
        ends = self._timer() + BEGIN_WITHIN_SECONDS
        with self.transport.session() as connection:
            for _ in range(ROUNDS):
                if self._timer() >= ends or not self._round(connection, lease, ends):
                    return

    def _round(self, connection: Session, lease: due.Lease, ends: float) -> bool:
        tenancy = Tenancy(lease.tenant_id)
        with writing(self.store, tenancy) as session:
            taken = take(session, self.owner, lease.shards)
        if taken.braked:
            stop_workflows(self.store, tenancy, taken.braked)
        sendings = taken.sendings
        if not sendings:
            return False
        wait = claims.REST
        try:
            self._send_all(connection, tenancy, sendings, ends)
            wait = timedelta(0)
        finally:
            with writing(self.store, tenancy) as session:
                for sending in sendings:
                    sending.let_go(session.now + wait)
                record(session, self.owner, sendings)
        return True

    def _send_all(self, connection: Session, tenancy: Tenancy, sendings: list[Sending], ends: float) -> None:
        with reading(self.store, tenancy) as session:
            fill_values(session, sendings)
            templates = self.templates.get(session, {sending.message.template_version_id for sending in sendings})
        for sending in sendings:
            if self._timer() >= ends:
                return
            if sending.state == "handing_over":
                self._send(connection, sending, templates[sending.message.template_version_id])

    def _send(self, connection: Session, sending: Sending, template: CompiledTemplate) -> None:
        """Send one mail and note what became of it."""
        outgoing = self._outgoing(sending, template)
        if outgoing is None:
            return
        sending.tried = True
        try:
            sending.reason = connection.send(outgoing).response[:500]
            sending.state = "handed_over"
        except TryLater as error:
            self._try_later(sending, error.reason)
        except (GiveUp, MessageRefused) as error:
            sending.state, sending.reason = "refused", str(error)[:500]
        except NotSent as error:  # above all OutcomeUnknown: it may or may not arrive
            sending.state, sending.reason = "unknown", error.reason[:500]
        except Exception as error:
            log.exception("outbox.send_failed", message=str(sending.message.id))
            sending.state, sending.reason = "unknown", f"{type(error).__name__} while it was handed over"

    def _try_later(self, sending: Sending, reason: str) -> None:
        """Plan another attempt after a growing pause; after the last one the mail counts as refused."""
        wait = pause(sending.message.attempts, seed=sending.message.id)
        sending.reason = reason[:500]
        if wait is None:
            sending.state = "refused"
        else:
            sending.state, sending.again_at = "planned", self.store.clock.now() + wait

    def _outgoing(self, sending: Sending, template: CompiledTemplate) -> Outgoing | None:
        """Return what is to be sent; None when it can't be made, for a reason that is noted."""
        try:
            return self._rendered(sending, template)
        except CampaignsError as error:  # a template that reaches its limits for this lead
            sending.state, sending.reason = "refused", error.message[:500]
        except Exception as error:
            log.exception("outbox.render_failed", message=str(sending.message.id))
            sending.state, sending.reason = "refused", f"{type(error).__name__} while it was written"
        return None

    def _rendered(self, sending: Sending, template: CompiledTemplate) -> Outgoing | None:
        message, rendered = sending.message, template.render(sending.values)
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
            next_look = func.min(func.coalesce(OutboxItem.lease_until, OutboxItem.next_at))
            earliest = session.scalar(select(next_look).where(OutboxItem.shard.in_(lease.shards)))
            due.release(session.connection(), lease, next_at=earliest)


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
