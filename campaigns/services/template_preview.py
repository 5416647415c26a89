"""A template as a lead would get it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from campaigns.errors import CampaignsError
from campaigns.imports.contacts import address_and_key
from campaigns.messages.render import RenderedMessage, TemplateSource, compile_template
from campaigns.services.leads import find_lead, get_lead
from campaigns.storage.models import EmailTemplate, Lead
from campaigns.storage.queries import batch_reads as reads
from campaigns.storage.queries.bulk import Native
from campaigns.storage.transaction import TenantSession

UNSUBSCRIBE = "https://example.com/unsubscribe"  # what a preview's link says in the place of a person's own


@dataclass(frozen=True, slots=True)
class Preview:
    """A filled-in template, or the reason why it can't be filled in for this lead."""

    lead: Lead | None
    message: RenderedMessage | None
    reason: str = ""


def render_preview(session: TenantSession, template: EmailTemplate, lead_id: UUID | None = None) -> Preview:
    """Fill in a template as it is now, for a lead, else for the newest one; raise NotFound for another's lead.

    `event` and `state` are empty: they are known only where a workflow sends the mail.
    """
    lead = get_lead(session, lead_id) if lead_id else session.scalar(select(Lead).order_by(Lead.id.desc()).limit(1))
    values = {"lead": lead_values(session, lead), "event": {}, "state": {}, "session": {}, "now": session.now}
    source = TemplateSource(
        subject=template.subject,
        body=template.source,
        kind="mjml" if template.kind == "mjml" else "html",
        text=template.text or "",
    )
    try:
        return Preview(lead, compile_template(source).render(values | {"unsubscribe_url": UNSUBSCRIBE}))
    except CampaignsError as error:
        return Preview(lead, None, error.message)


def find_for_preview(session: TenantSession, typed: str) -> Lead | None:
    """Return the lead that somebody means: by address, else by external id."""
    typed = typed.strip()
    try:
        key: str | None = address_and_key(typed)[1]
    except ValueError:
        key = None
    return find_lead(session, email_key=key, external_id=typed) if typed else None


def lead_values(session: TenantSession, lead: Lead | None) -> dict[str, object]:
    """Return what templates may name of a lead, by field key; nothing for nobody."""
    if lead is None:
        return {}
    connection = session.connection()
    native = Native(connection)
    tenant, key = native.id(session.tenant_id), native.id(lead.id)
    found = reads.subjects(connection, tenant, [key], reads.names(connection, tenant), lock=False)
    return dict(found[key].values)
