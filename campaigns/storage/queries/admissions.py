"""Leads that fulfil one of several conditions: counted and paged by the database where it can decide by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true

from campaigns.engine.conditions import All, AnyOf, Condition, FieldTest, HasTag, InList
from campaigns.storage.models import Lead, LeadStatus, LeadTag, List, ListMember, User
from campaigns.storage.transaction import TenantSession

_ORDER = {"eq": "__eq__", "lt": "__lt__", "lte": "__le__", "gt": "__gt__", "gte": "__ge__"}


def decided(session: TenantSession, conditions: Sequence[Condition]) -> ColumnElement[bool] | None:
    """Return what holds for exactly the leads that fulfil one of the conditions; None where they have to be read."""
    parts = [_decided(session.tenant_id, condition) for condition in conditions]
    known = [part for part in parts if part is not None]
    return or_(false(), *known) if len(known) == len(parts) else None


def count(session: TenantSession, where: ColumnElement[bool] | None) -> int:
    """Return how many leads there are, or how many of them the database finds."""
    return session.scalar(select(func.count()).select_from(Lead).where(*_own(session, where))) or 0


def page(
    session: TenantSession, where: ColumnElement[bool] | None, *, after: UUID | None, most: int
) -> list[UUID]:  # fmt: skip
    """Return the next leads by id, of those that the database finds."""
    statement = select(Lead.id).where(*_own(session, where))
    if after is not None:
        statement = statement.where(Lead.id > after)
    return list(session.scalars(statement.order_by(Lead.id).limit(most)))


def _own(session: TenantSession, where: ColumnElement[bool] | None) -> list[ColumnElement[bool]]:
    own = [Lead.tenant_id == session.tenant_id, Lead.moved_to.is_(None)]
    return own if where is None else [*own, where]


def _decided(tenant_id: UUID, node: Condition) -> ColumnElement[bool] | None:
    """Return a condition that is never NULL, so that it may stand in any group; what may differ is left to reading."""
    match node:
        case All(all=parts):
            return _group(and_, true(), tenant_id, parts)
        case AnyOf(any=parts):
            return _group(or_, false(), tenant_id, parts)
        case InList(in_list=key):
            own = select(List.id).where(List.tenant_id == tenant_id, List.key == key).scalar_subquery()
            members = select(ListMember.lead_id).where(ListMember.tenant_id == tenant_id, ListMember.list_id == own)
            return Lead.id.in_(members)
        case HasTag(has_tag=tag):
            return Lead.id.in_(select(LeadTag.lead_id).where(LeadTag.tenant_id == tenant_id, LeadTag.tag == tag))
        case FieldTest(ignore_case=False):
            return _tested(tenant_id, node)
    return None


def _tested(tenant_id: UUID, test: FieldTest) -> ColumnElement[bool] | None:
    match test.field, test.op, test.value:
        case "lead.status", "eq", str() as key:
            own = select(LeadStatus.id).where(LeadStatus.tenant_id == tenant_id, LeadStatus.key == key)
            return Lead.status_id.in_(own)
        case "lead.owner", "eq", str() as address:
            return and_(Lead.owner_id.is_not(None), Lead.owner_id.in_(select(User.id).where(User.email == address)))
        case "lead.owner", "is_set", _:
            return Lead.owner_id.is_not(None)
        case "lead.score", op, int() as score if op in _ORDER and not isinstance(score, bool):
            compared: ColumnElement[bool] = getattr(Lead.score, _ORDER[op])(score)
            return compared
    return None


def _group(
    join: Callable[..., ColumnElement[bool]], empty: ColumnElement[bool], tenant_id: UUID, nodes: Sequence[Condition]
) -> ColumnElement[bool] | None:
    known = [part for node in nodes if (part := _decided(tenant_id, node)) is not None]
    return join(empty, *known) if len(known) == len(nodes) else None
