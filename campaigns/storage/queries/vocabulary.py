"""The names of everything that documents may refer to, and how much there is of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, case, func, literal, select, union_all, update
from sqlalchemy.sql import ColumnElement

from campaigns.storage.models import (
    EmailTemplate,
    Lead,
    LeadStatus,
    LeadTag,
    List,
    ListMember,
    Membership,
    Secret,
    Tag,
    Tenant,
    User,
    Workflow,
)
from campaigns.storage.transaction import TenantSession


def load_names(session: TenantSession) -> list[Row[str, str, str, str, UUID]]:
    """Return (kind, key, name, class, id) of all that documents may name, members and tree included, in one query."""
    tenant_id = session.tenant_id
    template = EmailTemplate.__table__
    statement = union_all(
        _names("list", List, tenant_id),
        _names("status", LeadStatus, tenant_id),
        _names("workflow", Workflow, tenant_id),
        _names("secret", Secret, tenant_id),
        _names("template", EmailTemplate, tenant_id, extra=template.c["class"]),
        _members(tenant_id),
        _tree(tenant_id),
    )
    return list(session.execute(statement).all())


def load_list_sizes(session: TenantSession) -> dict[str, int]:
    """Return how many leads are on each list, by key."""
    joined = and_(ListMember.list_id == List.id, ListMember.tenant_id == List.tenant_id)
    statement = select(List.key, func.count(ListMember.lead_id)).outerjoin(ListMember, joined)
    rows = session.execute(statement.where(List.tenant_id == session.tenant_id).group_by(List.key))
    return dict(rows.all())


def load_status_sizes(session: TenantSession) -> dict[str, int]:
    """Return how many leads have each status, by key."""
    joined = and_(Lead.status_id == LeadStatus.id, Lead.tenant_id == LeadStatus.tenant_id)
    statement = select(LeadStatus.key, func.count(Lead.id)).outerjoin(Lead, joined)
    rows = session.execute(statement.where(LeadStatus.tenant_id == session.tenant_id).group_by(LeadStatus.key))
    return dict(rows.all())


def load_tag_sizes(session: TenantSession) -> dict[str, int]:
    """Return how many leads carry each tag."""
    joined = and_(LeadTag.tag == Tag.key, LeadTag.tenant_id == Tag.tenant_id)
    statement = select(Tag.key, func.count(LeadTag.lead_id)).outerjoin(LeadTag, joined)
    rows = session.execute(statement.where(Tag.tenant_id == session.tenant_id).group_by(Tag.key).order_by(Tag.key))
    return dict(rows.all())


def make_default(session: TenantSession, status_id: UUID) -> None:
    """Make a status the one default: the old one gives way first, since the index allows one at any moment."""
    everyone = update(LeadStatus).where(LeadStatus.tenant_id == session.tenant_id)
    session.execute(everyone.where(LeadStatus.is_default).values(is_default=False))
    session.execute(everyone.where(LeadStatus.id == status_id).values(is_default=True))


def forget_field(session: TenantSession, key: str) -> None:
    """Take a custom field's values from all leads."""
    fields: ColumnElement[Any]
    if session.get_bind().dialect.name == "postgresql":
        fields, has = Lead.fields.op("-")(key), Lead.fields.op("?")(key)
    else:
        path = '$."' + key + '"'
        fields, has = func.json_remove(Lead.fields, path), func.json_type(Lead.fields, path).is_not(None)
    changed = update(Lead).where(Lead.tenant_id == session.tenant_id, has)
    values = {"fields": fields, "revision": Lead.revision + 1}
    session.execute(changed.values(values).execution_options(synchronize_session=False))


def own_tree(tenant_id: UUID) -> Select[Any]:
    """Return the ids of all tenants of a tenant's tree: up to its root, and from there down."""
    up = select(Tenant.id, Tenant.parent_id).where(Tenant.id == tenant_id).cte("above", recursive=True)
    up = up.union(select(Tenant.id, Tenant.parent_id).where(Tenant.id == up.c.parent_id))
    down = select(up.c.id).where(up.c.parent_id.is_(None)).cte("tree", recursive=True)
    down = down.union(select(Tenant.id).where(Tenant.parent_id == down.c.id))
    return select(down.c.id)


def _names(kind: str, model: Any, tenant_id: UUID, *, extra: ColumnElement[Any] | None = None) -> Select[Any]:
    table = model.__table__
    last = literal("") if extra is None else extra
    columns = (literal(kind).label("kind"), table.c.key, table.c.name, last.label("class"), table.c.id)
    return select(*columns).where(table.c.tenant_id == tenant_id)


def _tree(tenant_id: UUID) -> Select[Any]:
    table = Tenant.__table__
    columns = (literal("tenant").label("kind"), table.c.key, table.c.name, literal("").label("class"), table.c.id)
    return select(*columns).where(table.c.id.in_(own_tree(tenant_id)))


def _members(tenant_id: UUID) -> Select[Any]:
    user, membership = User.__table__, Membership.__table__
    shown = case((user.c.name == "", user.c.email), else_=user.c.name)
    columns = (literal("user").label("kind"), user.c.email, shown, literal("").label("class"), user.c.id)
    joined = membership.join(user, user.c.id == membership.c.user_id)
    return select(*columns).select_from(joined).where(membership.c.tenant_id == tenant_id)
