"""The brake against storms of mail: one template goes to one address so many times a day, whatever a workflow does.

A loop that nobody meant is found by what it does to people, not by its form: so it is looked for where mail leaves. The
workflow is then stopped and those inside are held, until a person has looked at it. The other rule of the brake, by how
much a workflow does in an hour, is `services.storm_hours`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, select

from campaigns.services import versions
from campaigns.storage.models import Execution, Message, TemplateVersion, Workflow
from campaigns.storage.queries import stopping
from campaigns.storage.transaction import Store, TenantSession, writing
from campaigns.tenancy import Tenancy

log = structlog.get_logger()

MOST_COPIES = 3
WITHIN = timedelta(hours=24)
BRAKED = f"storm brake: this template has gone to this address {MOST_COPIES} times within 24 hours"
STOPPED = f"one of its mails would have gone to one address more than {MOST_COPIES} times within 24 hours"
_GONE_OUT = ("handing_over", "handed_over", "unknown")
Place = tuple[UUID | None, str, UUID | None]


class Brake:
    """Knows how often the templates of these mails have gone to their addresses of late: two queries for all."""

    def __init__(self, session: TenantSession, messages: Sequence[Message]) -> None:
        versions = {message.template_version_id for message in messages}
        known = select(TemplateVersion.id, TemplateVersion.template_id).where(TemplateVersion.id.in_(versions))
        self._templates: dict[UUID, UUID] = {row.id: row.template_id for row in session.execute(known)}
        self._copies = _gone_out(session, messages, set(self._templates.values()))

    def stops(self, message: Message) -> bool:
        """Return whether a mail is one copy too many; one that is not counts for those after it."""
        place = (message.lead_id, message.recipient.casefold(), self._templates.get(message.template_version_id))
        if self._copies[place] >= MOST_COPIES:
            return True
        self._copies[place] += 1
        return False


def stop_workflows(store: Store, tenancy: Tenancy, executions: Collection[UUID]) -> list[str]:
    """Deactivate the workflows of these executions and hold those inside; return their keys. A person decides then."""
    with writing(store, tenancy) as session:
        own = (Execution.tenant_id == session.tenant_id, Execution.id.in_(executions))
        return stop_those(session, Workflow.id.in_(select(Execution.workflow_id).where(*own)), because=STOPPED)


def stop_those(session: TenantSession, which: ColumnElement[bool], *, because: str) -> list[str]:
    """Deactivate those of these workflows that are active, and hold those inside; return their keys."""
    stopping.stop_batches(session, recall=True)
    statement = select(Workflow.key).where(Workflow.tenant_id == session.tenant_id, Workflow.is_active, which)
    keys = session.scalars(statement.order_by(Workflow.key)).all()
    for key in keys:
        versions.deactivate(session, key, running="hold", because=because)
        log.warning("storm_brake.stopped", tenant=str(session.tenant_id), workflow=key, because=because)
    return list(keys)


def _gone_out(session: TenantSession, messages: Sequence[Message], templates: set[UUID]) -> Counter[Place]:
    """Return by lead, address and template how many mails have left; those in hand themselves are not counted."""
    leads = {message.lead_id for message in messages if message.lead_id is not None}
    rows = session.execute(
        select(Message.lead_id, Message.recipient, TemplateVersion.template_id)
        .join(TemplateVersion, TemplateVersion.id == Message.template_version_id)
        .where(Message.tenant_id == session.tenant_id, TemplateVersion.tenant_id == session.tenant_id)
        .where(Message.lead_id.in_(leads), TemplateVersion.template_id.in_(templates))
        .where(Message.state.in_(_GONE_OUT), Message.handing_over_at > session.now - WITHIN)
        .where(Message.id.not_in([message.id for message in messages]))
    )
    return Counter((row.lead_id, row.recipient.casefold(), row.template_id) for row in rows)
