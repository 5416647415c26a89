"""Mails that were planned: found, shown, and sent once more where nobody knows whether they arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select

from campaigns.errors import Conflict, NotFound
from campaigns.services import audit
from campaigns.storage.models import EmailTemplate, Execution, Message, OutboxItem, TemplateVersion, Workflow
from campaigns.storage.queries.due import shard_of
from campaigns.storage.transaction import TenantSession

STATES = ("planned", "handing_over", "handed_over", "refused", "unknown", "skipped")
MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Filters:
    """Which mails a list shows; None or empty means any.

    `template` and `workflow` are keys; `text` is looked for in recipient and subject.
    """

    state: str | None = None
    template: str | None = None
    workflow: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A mail with the names of what it was made from; both None where there is none any more."""

    message: Message
    template_key: str
    template_name: str
    workflow_key: str | None
    workflow_name: str | None


def list_messages(
    session: TenantSession, filters: Filters, *, before: UUID | None = None, limit: int = 50
) -> list[Line]:
    """Return mails, newest first; `before`: the last id of the page before."""
    ids = _filtered(session, select(Message.id), filters).order_by(Message.id.desc()).limit(limit)
    found = session.scalars(ids.where(Message.id < before) if before else ids).all()
    rows = session.execute(_lines(session).where(Message.id.in_(found)).order_by(Message.id.desc()))
    return [_line(row) for row in rows]


def count_by_state(session: TenantSession) -> dict[str, int]:
    """Return how many mails there are in each state."""
    counts = select(Message.state, func.count()).where(Message.tenant_id == session.tenant_id).group_by(Message.state)
    found = {row[0]: row[1] for row in session.execute(counts)}
    return {state: found.get(state, 0) for state in STATES}


def get_message(session: TenantSession, message_id: UUID) -> Line:
    """Return a mail; raise NotFound."""
    row = session.execute(_lines(session).where(Message.id == message_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such mail.")
    return _line(row)


def resend(session: TenantSession, message_id: UUID) -> Message:
    """Plan a mail once more whose outcome is unknown; raise Conflict for any other.

    It keeps its key and so its Message-ID: where the first one did arrive, mailboxes can tell the second is the same.
    """
    message = session.scalar(select(Message).where(Message.id == message_id).with_for_update())
    if message is None:
        raise NotFound("There is no such mail.")
    if message.state != "unknown":
        raise Conflict(f"Only a mail whose outcome is unknown can be sent again; this one is {spoken(message.state)}.")
    if message.lead_id is None:
        raise Conflict("The lead was erased: there is nobody to send this to.")
    shard = shard_of(message.execution_id or message.lead_id)
    message.state, message.reason, message.attempts = "planned", "sent again by hand", 0
    message.handing_over_at = message.settled_at = None
    session.add(OutboxItem(message_id=message.id, shard=shard, next_at=session.now))
    audit.record(session, "message.resent", kind="message", target=str(message.id))
    session.flush()
    session.make_due("outbox", [shard], lane="interactive")
    return message


def spoken(state: str) -> str:
    """Return a state as people say it."""
    return state.replace("_", " ")


def _lines(session: TenantSession) -> Select[Any]:
    tenant_id = session.tenant_id
    version = and_(TemplateVersion.tenant_id == tenant_id, TemplateVersion.id == Message.template_version_id)
    template = and_(EmailTemplate.tenant_id == tenant_id, EmailTemplate.id == TemplateVersion.template_id)
    execution = and_(Execution.tenant_id == tenant_id, Execution.id == Message.execution_id)
    workflow = and_(Workflow.tenant_id == tenant_id, Workflow.id == Execution.workflow_id)
    columns: list[Any] = [Message, EmailTemplate.key, EmailTemplate.name, Workflow.key, Workflow.name]
    return (
        select(*columns)
        .join(TemplateVersion, version)
        .join(EmailTemplate, template)
        .outerjoin(Execution, execution)
        .outerjoin(Workflow, workflow)
        .where(Message.tenant_id == tenant_id)
    )


def _line(row: Sequence[Any]) -> Line:
    message, template_key, template_name, workflow_key, workflow_name = row
    return Line(message, template_key, template_name, workflow_key, workflow_name)


def _filtered(session: TenantSession, statement: Select[Any], filters: Filters) -> Select[Any]:
    """Narrow down by what the list's indexes carry first; an unknown key finds nothing."""
    tenant_id = session.tenant_id
    statement = statement.where(Message.tenant_id == tenant_id)
    if filters.state:
        statement = statement.where(Message.state == filters.state)
    if filters.template:
        versions = select(TemplateVersion.id).join(EmailTemplate, EmailTemplate.id == TemplateVersion.template_id)
        own = and_(EmailTemplate.tenant_id == tenant_id, TemplateVersion.tenant_id == tenant_id)
        ids = session.scalars(versions.where(own, EmailTemplate.key == filters.template)).all()
        statement = statement.where(Message.template_version_id.in_(ids))
    if filters.workflow:
        workflow_id = session.scalar(select(Workflow.id).where(Workflow.key == filters.workflow))
        of_it = and_(Execution.tenant_id == tenant_id, Execution.id == Message.execution_id)
        statement = statement.join(Execution, of_it).where(Execution.workflow_id == workflow_id)
    if text := filters.text.strip()[:MAX_TEXT]:
        pattern = "%" + text.casefold().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        columns = (Message.recipient, Message.subject)
        statement = statement.where(or_(*(func.lower(column).like(pattern, escape="\\") for column in columns)))
    return statement
