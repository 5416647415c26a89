"""Templates that come with the product: a tenant gets its own copy when it first uses one, and may change it."""

from __future__ import annotations

from sqlalchemy import select

from campaigns.storage.models import EmailTemplate
from campaigns.storage.transaction import TenantSession

_NOTIFICATION = """<html><body>
<p>{{ lead.first_name | default: "" }} {{ lead.last_name | default: "" }} ({{ lead.email | default: "no address" }})</p>
<p>Status: {{ lead.status | default: "none" }}. Score: {{ lead.score }}. Phone: {{ lead.phone | default: "none" }}.</p>
<p>A workflow sends you this notice.</p>
</body></html>
"""
_TEXTS = {"notification": ("Notification", "About {{ lead.email | default: 'a lead' }}", _NOTIFICATION)}


def ensure_template(session: TenantSession, key: str) -> None:
    """Make the template of this key, unless the tenant has it."""
    if session.scalar(select(EmailTemplate.id).where(EmailTemplate.key == key)) is not None:
        return
    name, subject, source = _TEXTS[key]
    made = EmailTemplate(
        key=key,
        name=name,
        subject=subject,
        kind="html",
        source=source,
        message_class="transactional",
        revision=1,
        created_at=session.now,
        updated_at=session.now,
    )
    session.add(made)
    session.flush()
