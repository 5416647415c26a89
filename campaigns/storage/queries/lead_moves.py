"""The rows of leads that go from one tenant to another: read and left behind there, written here. Many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import Connection

from campaigns.storage.models import Due, Lead, LeadField, LeadStatus, Membership, Tenant
from campaigns.storage.queries.bulk import Columns, Native, Same, change, fetch, insert, remove
from campaigns.storage.queries.lead_merges import free_names
from campaigns.storage.queries.vocabulary import own_tree
from campaigns.storage.transaction import TenantSession

_PLAIN = (
    "email", "email_key", "external_id", "first_name", "last_name", "phone", "phone_key", "score", "search_text",
    "created_at",
)  # fmt: skip
_GONE = "moved_to = {moved_to}, email_key = {email_key}, external_id = {external_id}, updated_at = {updated_at}"
_OWN = "leads.tenant_id = {tenant_id} AND leads.id = {id}"


@dataclass(frozen=True, slots=True)
class Leaving:
    """A lead that goes. `plain` holds what goes along as it is, by column; ids in the driver's form."""

    id: Any
    plain: dict[str, Any]
    status: str
    owner: Any
    fields: dict[str, Any]
    tags: list[str]
    lists: list[str]


@dataclass(frozen=True, slots=True)
class Place:
    """What a tenant has for a lead to come into."""

    statuses: dict[str, Any]
    default_status: Any
    members: set[Any]
    fields: dict[str, LeadField]


def tree(connection: Connection, tenant_id: UUID) -> dict[str, UUID]:
    """Return the ids of the tenants of a tenant's tree, by key."""
    rows = connection.execute(select(Tenant.key, Tenant.id).where(Tenant.id.in_(own_tree(tenant_id))))
    return {row.key: row.id for row in rows}


def left_behind(session: TenantSession, lead_ids: Sequence[UUID]) -> list[UUID]:
    """Return which of these leads have left the session's tenant, and their history here."""
    leads = Lead.__table__.c  # the ORM hides what has moved
    own = (leads.tenant_id == session.tenant_id, leads.id.in_(lead_ids), leads.moved_to.is_not(None))
    return list(session.scalars(select(leads.id).where(*own)))


def taken(connection: Connection, tenant_id: UUID, column: str, keys: Sequence[str]) -> set[str]:
    """Return which of these addresses (`email_key`) or external ids a tenant's leads have."""
    sql = f"SELECT {column} FROM leads WHERE tenant_id = :tenant AND {column} IN :keys"  # noqa: S608 - two names of our own
    return {row[0] for row in fetch(connection, sql, {"tenant": Native(connection).id(tenant_id)}, keys=keys)}


def lock_queues(connection: Connection, tenant_ids: Iterable[UUID]) -> None:
    """Lock what says when tenants have work, in one order for all who move leads: they can't wait in a circle."""
    if connection.dialect.name == "postgresql":
        rows = select(Due.shard).where(Due.tenant_id.in_(sorted(tenant_ids)), Due.kind == "run")
        connection.execute(rows.order_by(Due.tenant_id, Due.shard).with_for_update(key_share=True)).all()


def leaving(session: TenantSession, lead_ids: Sequence[Any]) -> list[Leaving]:
    """Return these leads as they are now, with tags and lists."""
    connection = session.connection()
    native = Native(connection)
    values = {"tenant": native.id(session.tenant_id)}
    sql = f"""
        SELECT l.id, s.key, l.owner_id, l.fields, {", ".join(f"l.{name}" for name in _PLAIN)} FROM leads l
        JOIN lead_statuses s ON s.tenant_id = l.tenant_id AND s.id = l.status_id
        WHERE l.tenant_id = :tenant AND l.id IN :ids
    """  # noqa: S608 - names of our own
    found = {
        row[0]: Leaving(
            row[0], dict(zip(_PLAIN, row[4:], strict=True)), row[1], row[2], native.from_json(row[3]), [], []
        )
        for row in fetch(connection, sql, values, ids=lead_ids)
    }
    tags = "SELECT lead_id, tag FROM lead_tags WHERE tenant_id = :tenant AND lead_id IN :ids ORDER BY tag"
    lists = """
        SELECT m.lead_id, i.name FROM list_members m JOIN lists i ON i.tenant_id = m.tenant_id AND i.id = m.list_id
        WHERE m.tenant_id = :tenant AND m.lead_id IN :ids ORDER BY i.name
    """
    for lead_id, tag in fetch(connection, tags, values, ids=lead_ids):
        found[lead_id].tags.append(tag)
    for lead_id, name in fetch(connection, lists, values, ids=lead_ids):
        found[lead_id].lists.append(name)
    return list(found.values())


def leave_behind(session: TenantSession, lead_ids: Sequence[Any], to: UUID) -> None:
    """Turn leads into what holds their history: on no list, without tags, their address free for somebody else."""
    connection = session.connection()
    native = Native(connection)
    scope: dict[str, Any] = {"tenant_id": Same(native.id(session.tenant_id))}
    free_names(session, [native.uuid(lead_id) for lead_id in lead_ids])
    remove(connection, "lead_tags", scope | {"lead_id": lead_ids})
    remove(connection, "list_members", scope | {"lead_id": lead_ids})
    same = {
        "moved_to": Same(native.id(to)),
        "email_key": Same(None),
        "external_id": Same(None),
        "updated_at": Same(native.moment(session.now)),
    }
    change(connection, "leads", f"{_GONE}, revision = leads.revision + 1", _OWN, scope | {"id": lead_ids} | same)


def place(session: TenantSession) -> Place:
    """Return what the session's tenant has for leads to come into."""
    native = Native(session.connection())
    statuses = session.execute(select(LeadStatus.key, LeadStatus.id, LeadStatus.is_default)).all()
    return Place(
        {key: native.id(status_id) for key, status_id, _ in statuses},
        next(native.id(status_id) for _, status_id, is_default in statuses if is_default),
        {native.id(user_id) for user_id in session.scalars(select(Membership.user_id))},
        fields_by_key(session),
    )


def fields_by_key(session: TenantSession) -> dict[str, LeadField]:
    """Return the definitions of the session's tenant's custom fields."""
    return {field.key: field for field in session.scalars(select(LeadField))}


def arrive(session: TenantSession, leads: Sequence[Leaving], rows: Mapping[str, Sequence[Any]]) -> int:
    """Write leads with their tags; return how many there was room for. One that was here before takes its old row.

    `rows`: what the place decided by column: status_id, owner_id and fields.
    """
    connection = session.connection()
    native = Native(connection)
    now = Same(native.moment(session.now))
    columns: dict[str, Any] = {"id": [lead.id for lead in leads], **rows}
    columns |= {name: [lead.plain[name] for lead in leads] for name in _PLAIN}
    before = "SELECT id FROM leads WHERE tenant_id = :tenant AND id IN :ids AND moved_to IS NOT NULL"
    values = {"tenant": native.id(session.tenant_id)}
    known = {row[0] for row in fetch(connection, before, values, ids=columns["id"])}
    scope = {"tenant_id": Same(values["tenant"]), "updated_at": now, "moved_to": Same(None)}
    new = scope | _only(columns, [lead_id not in known for lead_id in columns["id"]]) | {"revision": Same(0)}
    again = scope | _only(columns, [lead_id in known for lead_id in columns["id"]])
    sets = ", ".join(f"{name} = {{{name}}}" for name in again if name not in {"tenant_id", "id"})
    written = insert(connection, "leads", new, suffix="ON CONFLICT DO NOTHING")
    written += change(connection, "leads", f"{sets}, revision = leads.revision + 1", _OWN, again)
    _tag(connection, scope["tenant_id"], leads, now)
    return written


def _tag(connection: Connection, tenant: Same, leads: Sequence[Leaving], now: Same) -> None:
    pairs = [(tag, lead.id) for lead in leads for tag in lead.tags]
    keys = sorted({tag for tag, _ in pairs})
    insert(connection, "tags", {"tenant_id": tenant, "key": keys, "created_at": now}, suffix="ON CONFLICT DO NOTHING")
    columns: Columns = {"tenant_id": tenant, "tag": [tag for tag, _ in pairs], "lead_id": [lead for _, lead in pairs]}
    insert(connection, "lead_tags", columns, suffix="ON CONFLICT DO NOTHING")


def add_notes(session: TenantSession, notes: Sequence[tuple[Any, str]]) -> None:
    """Leave (lead, text) on the leads' timelines."""
    native = Native(session.connection())
    columns: Columns = {
        "tenant_id": Same(native.id(session.tenant_id)),
        "id": native.ids(len(notes)),
        "lead_id": [lead_id for lead_id, _ in notes],
        "text": [text for _, text in notes],
        "author": Same(""),
        "at": Same(native.moment(session.now)),
    }
    insert(session.connection(), "notes", columns)


def _only(columns: Mapping[str, Sequence[Any]], wanted: Sequence[bool]) -> dict[str, Any]:
    return {
        name: [value for value, want in zip(series, wanted, strict=True) if want] for name, series in columns.items()
    }
