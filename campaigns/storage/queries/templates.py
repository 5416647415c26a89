"""Freezing templates: one row a revision, whoever asks first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from campaigns.ids import new_id
from campaigns.storage.models import EmailTemplate, TemplateVersion
from campaigns.storage.transaction import TenantSession


def freeze_templates(session: TenantSession, templates: Sequence[EmailTemplate]) -> dict[UUID, TemplateVersion]:
    """Return the frozen version of each template's present revision, by template id; existing ones are reused."""
    if not templates:
        return {}
    session.flush()
    frozen = _find(session, templates)
    missing = [template for template in templates if template.id not in frozen]
    if missing:
        dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        statement = dialect.insert(TemplateVersion.__table__).on_conflict_do_nothing()
        session.execute(statement, [_row(session, template) for template in missing])
        frozen = _find(session, templates)
    return frozen


def _find(session: TenantSession, templates: Sequence[EmailTemplate]) -> dict[UUID, TemplateVersion]:
    wanted = [(template.id, template.revision) for template in templates]
    named = tuple_(TemplateVersion.template_id, TemplateVersion.revision).in_(wanted)
    found = session.scalars(select(TemplateVersion).where(TemplateVersion.tenant_id == session.tenant_id, named))
    return {version.template_id: version for version in found}


def _row(session: TenantSession, template: EmailTemplate) -> dict[str, Any]:
    return {
        "tenant_id": session.tenant_id,
        "id": new_id(),
        "template_id": template.id,
        "revision": template.revision,
        "subject": template.subject,
        "kind": template.kind,
        "source": template.source,
        "text": template.text,
        "class": template.message_class,
        "created_at": session.now,
    }
