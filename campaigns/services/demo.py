"""The demo's tenant: furnished with vocabulary, templates and an active workflow. Doing it again changes nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from campaigns.engine.kinds import Kinds
from campaigns.services import demo_texts, fields, templates, versions, vocabulary, workflows
from campaigns.storage.models import EmailTemplate, Execution, Import, LeadField, LeadStatus, List, Message, Workflow
from campaigns.storage.transaction import TenantSession

KEY = "demo"


def furnish(session: TenantSession, kinds: Kinds) -> None:
    """Make what is missing of the demo's statuses, lists, fields, templates and workflow; activate a new workflow."""
    make_vocabulary(session)
    for key, content in demo_texts.TEMPLATES.items():
        if key not in _keys(session, EmailTemplate):
            templates.create_template(session, key=key, **content)
    if demo_texts.WORKFLOW_KEY not in _keys(session, Workflow):
        workflows.create_workflow(
            session,
            name=demo_texts.WORKFLOW_NAME,
            key=demo_texts.WORKFLOW_KEY,
            document=demo_texts.DOCUMENT,
            kinds=kinds,
        )
        versions.activate(session, demo_texts.WORKFLOW_KEY, note="As the demo comes", kinds=kinds)


def first_import(session: TenantSession) -> Import | None:
    """Return the demo's import, if it was started already."""
    return session.scalars(select(Import).order_by(Import.id).limit(1)).first()


def count_executions(session: TenantSession) -> dict[str, int]:
    """Return how many executions there are, by status."""
    return _count(session, Execution.status)


def count_messages(session: TenantSession) -> dict[str, int]:
    """Return how many mails there are, by state."""
    return _count(session, Message.state)


def make_vocabulary(session: TenantSession) -> None:
    """Make what is missing of the demo's statuses, lists and fields."""
    for key, name in demo_texts.STATUSES.items():
        if key not in _keys(session, LeadStatus):
            vocabulary.create_status(session, name=name, key=key)
    for key, name in demo_texts.LISTS.items():
        if key not in _keys(session, List):
            vocabulary.create_list(session, name=name, key=key)
    for content in demo_texts.FIELDS:
        if content["key"] not in _keys(session, LeadField):
            fields.create_field(session, **content)


def _keys(session: TenantSession, model: Any) -> set[str]:
    return set(session.scalars(select(model.key)))


def _count(session: TenantSession, column: Any) -> dict[str, int]:
    own = column.class_.tenant_id == session.tenant_id
    rows = session.execute(select(column, func.count()).where(own).group_by(column).order_by(func.count().desc()))
    return {row[0]: row[1] for row in rows}
