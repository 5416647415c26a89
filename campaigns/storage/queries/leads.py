"""Leads as pages and the API ask for them: searched, counted, and what stands around them in one query a kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from campaigns.storage.models import Lead, LeadStatus, LeadTag, List, ListMember, Membership, User
from campaigns.storage.queries.bulk import Native, Same, change
from campaigns.storage.transaction import TenantSession

NOBODY = "none"  # as an owner: leads that have none
_ESCAPE = "\\"
_WORDS = 8  # more words than this make a search no sharper


@dataclass(frozen=True, slots=True)
class FieldWanted:
    """A test of one custom field. `op`: is or contains; `value` in the field's own type."""

    key: str
    type: str
    op: str
    value: Any


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which leads: all that is given must fit. Status, list and owner by key; `created_to` is exclusive."""

    text: str = ""
    status: str | None = None
    list: str | None = None
    tag: str | None = None
    owner: str | None = None
    score_min: int | None = None
    score_max: int | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    fields: tuple[FieldWanted, ...] = ()
    email_key: str | None = None
    external_id: str | None = None


@dataclass(slots=True)
class Around:
    """What stands around leads, by id."""

    statuses: dict[UUID, str]
    owners: dict[UUID, str]
    tags: dict[UUID, list[str]] = field(default_factory=lambda: defaultdict(list))
    lists: dict[UUID, list[str]] = field(default_factory=lambda: defaultdict(list))


def load_around(session: TenantSession, lead_ids: Sequence[UUID]) -> Around:
    """Return the status keys, owners' addresses, tags and list keys that these leads need."""
    tenant_id = session.tenant_id
    statuses = session.execute(select(LeadStatus.id, LeadStatus.key).where(LeadStatus.tenant_id == tenant_id))
    owners = session.execute(
        select(User.id, User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.tenant_id == tenant_id)
    )
    around = Around(dict(statuses.all()), dict(owners.all()))
    tags = select(LeadTag.lead_id, LeadTag.tag).where(LeadTag.tenant_id == tenant_id, LeadTag.lead_id.in_(lead_ids))
    for lead_id, tag in session.execute(tags.order_by(LeadTag.tag)):
        around.tags[lead_id].append(tag)
    members = (
        select(ListMember.lead_id, List.key)
        .join(List, and_(List.tenant_id == tenant_id, List.id == ListMember.list_id))
        .where(ListMember.tenant_id == tenant_id, ListMember.lead_id.in_(lead_ids))
    )
    for lead_id, key in session.execute(members.order_by(List.key)):
        around.lists[lead_id].append(key)
    return around


def find_ids(session: TenantSession, wanted: Wanted, *, sort: str, limit: int, offset: int) -> list[UUID]:
    """Return the ids of one page, in order: ids alone, so that sorting does not carry whole leads along."""
    name, down = sort.removeprefix("-"), sort.startswith("-")
    columns = SORTS[name]
    statement = select(Lead.id).where(Lead.tenant_id == session.tenant_id, *conditions(session, wanted))
    if name == "status":
        joined = and_(LeadStatus.tenant_id == session.tenant_id, LeadStatus.id == Lead.status_id)
        statement = statement.join(LeadStatus, joined)
    order = [(column.desc() if down else column.asc()).nulls_last() for column in columns]
    tie = Lead.id.desc() if down else Lead.id.asc()
    return list(session.scalars(statement.order_by(*order, tie).limit(limit).offset(offset)))


def next_ids(session: TenantSession, wanted: Wanted, *, after: UUID | None, limit: int) -> list[UUID]:
    """Return the ids that come after one, by id: pages that stay right while leads change."""
    statement = select(Lead.id).where(Lead.tenant_id == session.tenant_id, *conditions(session, wanted))
    if after is not None:
        statement = statement.where(Lead.id > after)
    return list(session.scalars(statement.order_by(Lead.id).limit(limit)))


def count(session: TenantSession, wanted: Wanted) -> int:
    """Return how many leads there are of this kind."""
    statement = select(func.count()).select_from(Lead)
    own = statement.where(Lead.tenant_id == session.tenant_id, *conditions(session, wanted))
    return session.scalar(own) or 0


def load(session: TenantSession, lead_ids: Sequence[UUID]) -> list[Lead]:
    """Return the leads in the order of their ids as given."""
    found = {lead.id: lead for lead in session.scalars(select(Lead).where(Lead.id.in_(lead_ids)))}
    return [found[lead_id] for lead_id in lead_ids if lead_id in found]


def touch(session: TenantSession, lead_ids: Sequence[Any]) -> None:
    """Raise the revision of leads of which tags or lists alone were changed; ids in the driver's form."""
    connection = session.connection()
    native = Native(connection)
    columns: dict[str, Any] = {
        "tenant_id": Same(native.id(session.tenant_id)),
        "id": lead_ids,
        "updated_at": Same(native.moment(session.now)),
    }
    where = "leads.tenant_id = {tenant_id} AND leads.id = {id}"
    change(connection, "leads", "revision = leads.revision + 1, updated_at = {updated_at}", where, columns)


def conditions(session: TenantSession, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return the conditions that leads of this kind fulfil, besides their tenant."""
    tenant_id = session.tenant_id
    found = [*_words(wanted.text), *_ranges(wanted), *(_field(test) for test in wanted.fields)]
    if wanted.status is not None:
        own = select(LeadStatus.id).where(LeadStatus.tenant_id == tenant_id, LeadStatus.key == wanted.status)
        found.append(Lead.status_id == own.scalar_subquery())
    if wanted.list is not None:
        found.append(Lead.id.in_(_members(tenant_id, wanted.list)))
    if wanted.tag is not None:
        tagged = select(LeadTag.lead_id).where(LeadTag.tenant_id == tenant_id, LeadTag.tag == wanted.tag)
        found.append(Lead.id.in_(tagged))
    if wanted.owner == NOBODY:
        found.append(Lead.owner_id.is_(None))
    elif wanted.owner is not None:
        found.append(Lead.owner_id == select(User.id).where(User.email == wanted.owner).scalar_subquery())
    for column, value in ((Lead.email_key, wanted.email_key), (Lead.external_id, wanted.external_id)):
        if value is not None:
            found.append(column == value)
    return found


def _members(tenant_id: UUID, key: str) -> Select[Any]:
    own = select(List.id).where(List.tenant_id == tenant_id, List.key == key).scalar_subquery()
    return select(ListMember.lead_id).where(ListMember.tenant_id == tenant_id, ListMember.list_id == own)


def _words(text: str) -> list[ColumnElement[bool]]:
    """Every word stands somewhere in the lead's names, address and phone; or the text is its external id."""
    words = text.casefold().split()[:_WORDS]
    if not words:
        return []
    everywhere = and_(*(Lead.search_text.like(f"%{_escaped(word)}%", escape=_ESCAPE) for word in words))
    return [or_(everywhere, Lead.external_id == text.strip())]


def _ranges(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.score_min is not None:
        found.append(Lead.score >= wanted.score_min)
    if wanted.score_max is not None:
        found.append(Lead.score <= wanted.score_max)
    if wanted.created_from is not None:
        found.append(Lead.created_at >= wanted.created_from)
    if wanted.created_to is not None:
        found.append(Lead.created_at < wanted.created_to)
    return found


def _field(test: FieldWanted) -> ColumnElement[bool]:
    held: Any = Lead.fields[test.key]
    found: ColumnElement[bool]
    if test.op == "contains":
        return func.lower(held.as_string()).like(func.lower(f"%{_escaped(str(test.value))}%"), escape=_ESCAPE)
    if test.type == "number":
        found = held.as_float() == float(test.value)
    elif test.type == "boolean":
        found = held.as_boolean() == bool(test.value)
    else:
        found = func.lower(held.as_string()) == func.lower(str(test.value))
    return found


def _escaped(word: str) -> str:
    for letter in (_ESCAPE, "%", "_"):
        word = word.replace(letter, _ESCAPE + letter)
    return word


SORTS: dict[str, tuple[InstrumentedAttribute[Any], ...]] = {
    "created_at": (),  # ids are made in the order of creation
    "updated_at": (Lead.updated_at,),
    "name": (Lead.last_name, Lead.first_name),
    "email": (Lead.email_key,),
    "score": (Lead.score,),
    "status": (LeadStatus.position,),
}
