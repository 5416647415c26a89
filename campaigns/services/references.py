"""What a document refers to: found in it, resolved to rows of the tenant, and kept from being deleted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from campaigns.engine.document import Document, walk, walk_triggers
from campaigns.engine.kinds import Kinds
from campaigns.engine.validation import typed
from campaigns.errors import InUse, Problem
from campaigns.sections.registry import kinds as installed_kinds
from campaigns.services.provided_templates import ensure_template
from campaigns.storage.models import EmailTemplate, Execution, LeadField, Version, VersionRef, Workflow
from campaigns.storage.queries import references, vocabulary
from campaigns.storage.queries.stopping import FINAL
from campaigns.storage.queries.templates import freeze_templates
from campaigns.storage.transaction import TenantSession

COLUMNS = {
    "list": "list_id",
    "status": "status_id",
    "field": "field_id",
    "template": "template_version_id",
    "workflow": "target_workflow_id",
    "user": "user_id",
}
_IN_CONDITIONS = {"in_list": "list", "in_workflow": "workflow"}
_FIELD_KEYS = {"field", "until_field"}
Resolved = dict[tuple[str, str], UUID]  # (kind, key): the id of the row, for a template of its frozen version


def find_references(document: Document, kinds: Kinds) -> set[tuple[str, str]]:
    """Return (kind, key) of all that a document names: by its configs, and by conditions wherever they stand."""
    found = set(_in_value(document.model_dump(mode="json", by_alias=True, exclude_none=True)))
    items = [item for item, _, _ in walk(document.sections)] + [item for item, _ in walk_triggers(document)]
    for item in items:
        config = typed(item, kinds)
        if config is not None:
            named = [(reference.kind, reference.key) for reference in config.references()]
            found.update(name for name in named if name[0] in COLUMNS)  # a tenant's key never changes
    return found


def resolve(session: TenantSession, document: Document, kinds: Kinds) -> Resolved:
    """Return the rows a document refers to. Templates are frozen as they are now; what does not exist is left out."""
    wanted = find_references(document, kinds) | _provided(session, document, kinds)
    known = {(kind, key): row_id for kind, key, _, _, row_id in vocabulary.load_names(session) if kind != "template"}
    if any(kind == "field" for kind, _ in wanted):
        known |= {("field", field.key): field.id for field in session.scalars(select(LeadField))}
    keys = [key for kind, key in wanted if kind == "template"]
    if keys:
        templates = list(session.scalars(select(EmailTemplate).where(EmailTemplate.key.in_(keys))))
        frozen = freeze_templates(session, templates)
        known |= {("template", template.key): frozen[template.id].id for template in templates}
    return {name: known[name] for name in wanted if name in known}


def _provided(session: TenantSession, document: Document, kinds: Kinds) -> set[tuple[str, str]]:
    """Give the tenant the templates that come with sections, unless it has them; return (kind, key) of each."""
    items = [config for item, _, _ in walk(document.sections) if (config := typed(item, kinds)) is not None]
    keys = {key for config in items if (key := config.provided()) is not None}
    for key in sorted(keys):
        ensure_template(session, key)
    return {("template", key) for key in keys}


def stored_references(session: TenantSession, version_id: UUID) -> Resolved:
    """Return what a version was resolved to when it was frozen."""
    rows = session.scalars(select(VersionRef).where(VersionRef.version_id == version_id))
    return {(row.kind, row.key): getattr(row, COLUMNS[row.kind]) for row in rows}


def store_references(session: TenantSession, version_id: UUID, resolved: Resolved) -> None:
    """Keep what a version refers to."""
    session.add_all(
        VersionRef(version_id=version_id, kind=kind, key=key, **{COLUMNS[kind]: row_id})
        for (kind, key), row_id in sorted(resolved.items())
    )


def refuse_if_used(session: TenantSession, kind: str, ids: list[UUID], name: str) -> None:
    """Raise InUse with the versions that use one of these rows; what only dead versions used is let go."""
    column: InstrumentedAttribute[UUID | None] = getattr(VersionRef, COLUMNS[kind])
    uses = references.find_uses(session, column, *ids)
    if uses:
        users = [f"{use.workflow_name} (version {use.version})" for use in uses]
        problems = [Problem("", f"used by the workflow {use.workflow_key}, version {use.version}") for use in uses]
        raise InUse(f"“{name}” is in use by: {', '.join(users)}.", problems=problems)
    references.forget(session, column, *ids)


def refuse_if_named(session: TenantSession, kind: str, key: str, name: str, *, kinds: Kinds | None = None) -> None:
    """Raise InUse while a version names something that is resolved when it is used: live, or with somebody inside.

    Looked for in the documents, since no row stands for such a name.
    """
    known = kinds or installed_kinds()
    rows = versions_in_use(session)
    users = [f"{row.name} (version {row.number})" for row in rows if (kind, key) in _named_in(row.document, known)]
    if users:
        raise InUse(f"“{name}” is in use by: {', '.join(users)}.", problems=[Problem("", user) for user in users])


def versions_in_use(session: TenantSession) -> Sequence[Any]:
    """Return name, key, number and document of the versions that are live, or that somebody is inside of."""
    inside = exists().where(
        Execution.tenant_id == session.tenant_id,
        Execution.version_id == Version.id,
        Execution.status.not_in(FINAL),
    )
    live = and_(Workflow.is_active, Workflow.live_version == Version.number)
    return session.execute(
        select(Workflow.name, Workflow.key, Version.number, Version.document)
        .join(Workflow, Workflow.id == Version.workflow_id)
        .where(Workflow.tenant_id == session.tenant_id, Version.tenant_id == session.tenant_id, or_(live, inside))
        .order_by(Workflow.key, Version.number)
    ).all()


def _named_in(raw: dict[str, Any], kinds: Kinds) -> set[tuple[str, str]]:
    document = Document.model_validate(raw)
    configs = [typed(item, kinds) for item, _, _ in walk(document.sections)]
    return {(one.kind, one.key) for config in configs if config is not None for one in config.references()}


def _in_value(value: Any) -> Iterator[tuple[str, str]]:
    """Yield what conditions name: a custom field as `lead.<key>`, a list, a workflow."""
    if isinstance(value, list):
        for part in value:
            yield from _in_value(part)
    elif isinstance(value, dict):
        for key, part in value.items():
            if isinstance(part, str):
                yield from _in_entry(key, part)
            else:
                yield from _in_value(part)


def _in_entry(key: str, text: str) -> Iterator[tuple[str, str]]:
    if key in _IN_CONDITIONS:
        yield _IN_CONDITIONS[key], text
    elif key in _FIELD_KEYS and text.startswith("lead."):
        yield "field", text.removeprefix("lead.")
