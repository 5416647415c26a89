"""Leads that go to another tenant of the tree: in one transaction with the step that sends them.

In the old tenant a row without address stays to hold the history, and everything of the lead ends; in the new one the
lead begins with what has a place there and with its open tasks, and `lead.moved` is recorded. Only tenants of the own
tree are ever opened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from campaigns.engine.advance import MOVED
from campaigns.engine.subject import Subject
from campaigns.imports.contacts import address_and_key
from campaigns.services.intake import NewEvent, record_many
from campaigns.storage.models import LeadField
from campaigns.storage.queries import lead_moves as queries
from campaigns.storage.queries import tasks
from campaigns.storage.queries.batch_writes import Conflict
from campaigns.storage.queries.bulk import Native
from campaigns.storage.queries.lead_moves import Leaving, Place
from campaigns.storage.queries.stopping import stop_leads
from campaigns.storage.transaction import Store, bind_tenant, joined
from campaigns.tenancy import Tenancy

Arrivals = dict[str, dict[Any, str]]


def find_arrivals(
    connection: Connection, tenant_id: UUID, wanted: Iterable[str], subjects: Mapping[Any, Subject]
) -> Arrivals:
    """Return by tenant key what keeps leads from moving there, by lead. Tenants of other trees are left out."""
    keys = sorted(set(wanted))
    found: Arrivals = {}
    tree = queries.tree(connection, tenant_id) if keys else {}
    for key in keys:
        if key in tree and tree[key] == tenant_id:
            found[key] = dict.fromkeys(subjects, "here")
        elif key in tree:
            found[key] = _taken(connection, tenant_id, tree[key], subjects)
    return found


def carry_out(store: Store, connection: Connection, tenant_id: UUID, moving: Mapping[Subject, int]) -> None:
    """Move the leads that a batch has sent away, with how far each is from a person. After the batch is written.

    Raise Conflict when somebody has taken an address there since the batch was read: it is read and decided again.
    """
    if not moving:
        return
    tree = queries.tree(connection, tenant_id)
    own_key = next(key for key, found in tree.items() if found == tenant_id)
    groups: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for subject, hop in moving.items():
        groups[str(subject.moved_to), hop].append(subject.id)
    if not {key for key, _ in groups} <= tree.keys():
        raise Conflict
    queries.lock_queues(connection, [tenant_id, *(tree[key] for key, _ in groups)])
    for (key, hop), lead_ids in sorted(groups.items()):
        leads, fields, to_do = _leave(store, connection, tenant_id, lead_ids, tree[key])
        with joined(store, Tenancy(tree[key], hop=hop + 1), connection) as session:
            there = queries.place(session)
            if _arrive(session, leads, there, fields) != len(leads):
                raise Conflict
            tasks.bring(session, to_do, members=there.members)
            queries.add_notes(session, _notes(leads, own_key, there, fields))
            changes, properties = {"moved": [own_key, key]}, {"from": own_key, "to": key}
            events = [NewEvent("lead.moved", lead.id, changes, properties) for lead in leads]
            record_many(session, events, source="execution", lane="timed")


def _taken(connection: Connection, tenant_id: UUID, target: UUID, subjects: Mapping[Any, Subject]) -> dict[Any, str]:
    wanted = {lead_id: (_email_key(one), one.values.get("external_id")) for lead_id, one in subjects.items()}
    bind_tenant(connection, target)
    emails = queries.taken(connection, target, "email_key", sorted({key for key, _ in wanted.values() if key}))
    others = queries.taken(connection, target, "external_id", sorted({key for _, key in wanted.values() if key}))
    bind_tenant(connection, tenant_id)
    found = {lead_id: "external_id" for lead_id, (_, key) in wanted.items() if key in others}
    return found | {lead_id: "email" for lead_id, (key, _) in wanted.items() if key in emails}


def _email_key(subject: Subject) -> str | None:
    email = subject.values.get("email")
    return address_and_key(email)[1] if email else None


def _leave(
    store: Store, connection: Connection, tenant_id: UUID, lead_ids: Sequence[Any], target: UUID
) -> tuple[list[Leaving], dict[str, LeadField], list[tuple[Any, ...]]]:
    with joined(store, Tenancy(tenant_id), connection) as session:
        leads = queries.leaving(session, lead_ids)
        stop_leads(session, lead_ids, reason=MOVED)
        queries.leave_behind(session, lead_ids, target)
        return leads, queries.fields_by_key(session), tasks.take_open(session, lead_ids)


def _arrive(session: Any, leads: Sequence[Leaving], there: Place, fields: Mapping[str, LeadField]) -> int:
    native = Native(session.connection())
    rows = {
        "status_id": [there.statuses.get(lead.status, there.default_status) for lead in leads],
        "owner_id": [lead.owner if lead.owner in there.members else None for lead in leads],
        "fields": [native.json(_fitting(lead, there, fields)) for lead in leads],
    }
    try:
        return queries.arrive(session, leads, rows)
    except IntegrityError:
        raise Conflict from None


def _fitting(lead: Leaving, there: Place, fields: Mapping[str, LeadField]) -> dict[str, Any]:
    return {key: value for key, value in lead.fields.items() if _has_place(key, value, there, fields)}


def _has_place(key: str, value: object, there: Place, fields: Mapping[str, LeadField]) -> bool:
    here, field = fields.get(key), there.fields.get(key)
    if here is None or field is None or here.type != field.type:
        return False
    return field.type != "choice" or value in field.choices


def _notes(
    leads: Sequence[Leaving], own_key: str, there: Place, fields: Mapping[str, LeadField]
) -> list[tuple[Any, str]]:
    found = []
    for lead in leads:
        rest = [
            f"{fields[key].name if key in fields else key}: {value}"
            for key, value in sorted(lead.fields.items())
            if not _has_place(key, value, there, fields)
        ]
        rest += [f"On the lists there: {', '.join(lead.lists)}"] if lead.lists else []
        if rest:
            found.append((lead.id, f"Came from {own_key}. " + "; ".join(rest)))
    return found
