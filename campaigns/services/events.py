"""Events from outside: each recorded once by the sender's id, each tied to its lead, who is made when unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from campaigns.engine.events import OWN_NAMES
from campaigns.errors import CampaignsError, Problem
from campaigns.imports.contacts import address_and_key
from campaigns.services import leads
from campaigns.services.intake import NewEvent, record
from campaigns.services.visits import SESSION, keep, open_visits, tie
from campaigns.storage.models import Lead, Visit
from campaigns.storage.queries import lead_merges as merges
from campaigns.storage.queries.bulk import Columns, Native, Same, fetch, insert
from campaigns.storage.queries.due import shard_of
from campaigns.storage.queries.enrolments import join_batches
from campaigns.storage.transaction import TenantSession

REMEMBERED = timedelta(days=30)
_AGAIN = """
    ON CONFLICT (tenant_id, key) DO UPDATE SET event_id = excluded.event_id, created_at = excluded.created_at
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """An event as it was sent. `lead` names the lead by id, external_id or email; `session` the visit, if any."""

    name: str
    lead: dict[str, str]
    key: str | None = None
    properties: dict[str, Any] | None = None
    occurred_at: datetime | None = None
    session: str | None = None


@dataclass
class Taken:
    """What became of events: how many were recorded, how many were known already, and what was wrong by index."""

    accepted: int = 0
    duplicates: int = 0
    problems: list[tuple[int, Problem]] = field(default_factory=list)


def take(session: TenantSession, sent: Sequence[Sent]) -> Taken:
    """Record events in one transaction; the good ones are taken, also beside bad ones."""
    taken = Taken()
    known = _known_keys(session, [event.key for event in sent if event.key is not None])
    found = _find_leads(session, sent)
    if found and session.connection().dialect.name == "postgresql":  # one that is merged meanwhile is looked up again
        join_batches(session, sorted({shard_of(lead_id) for lead_id in found.values()}))
        found = _find_leads(session, sent)
    visiting = open_visits(session, [event.session for event in sent if event.session is not None])
    fresh: list[tuple[Sent, UUID | None]] = []
    for index, event in enumerate(sent):
        if event.key is not None and event.key in known:
            taken.duplicates += 1
            continue
        lead_id, problem = _whose(session, event, found, visiting)
        if problem is not None:
            taken.problems.append((index, problem))
            continue
        if event.key is not None:
            known.add(event.key)
        fresh.append((event, lead_id))
    ids = record(
        session,
        [NewEvent(e.name, lead_id, None, _properties(e), e.occurred_at) for e, lead_id in fresh],
        source="api",
        source_id=session.actor.id,
    )
    for (event, lead_id), event_id in zip(fresh, ids, strict=True):
        if lead_id is None and event.session is not None:
            keep(visiting[event.session], [event_id])
    _remember(session, [(event.key, event_id) for (event, _), event_id in zip(fresh, ids, strict=True)])
    taken.accepted = len(fresh)
    return taken


def _whose(
    session: TenantSession, event: Sent, found: dict[tuple[str, str], UUID], visiting: dict[str, Visit]
) -> tuple[UUID | None, Problem | None]:
    """Return whose event it is, or what is wrong with it. Nobody's: it is of a visit whose lead is not known yet."""
    if event.name in OWN_NAMES:
        return None, Problem("/name", f"{event.name} is an event of ours: nobody else sends it")
    try:
        lead_id = _of_visit(session, event, visiting, _lead_of(session, event, found) if event.lead else None)
    except CampaignsError as error:
        return None, Problem("/lead", error.problems[0].message if error.problems else error.message)
    if lead_id is None and event.lead:
        return None, Problem("/lead/id", "there is no lead with this id")
    return lead_id, None


def _of_visit(session: TenantSession, event: Sent, visiting: dict[str, Visit], lead_id: UUID | None) -> UUID | None:
    """Return whose event it is: of the lead that it names, which the visit is then tied to, else of the visit's."""
    visit = visiting.get(event.session) if event.session is not None else None
    if visit is None:
        return lead_id
    if lead_id is not None:
        tie(session, visit, lead_id)
    return visit.lead_id if lead_id is not None or not event.lead else None


def _properties(event: Sent) -> dict[str, Any]:
    given = event.properties or {}
    return {**given, SESSION: event.session} if event.session is not None else given


def _known_keys(session: TenantSession, keys: list[str]) -> set[str]:
    if not keys:
        return set()
    native = Native(session.connection())
    sql = "SELECT key FROM event_keys WHERE tenant_id = :tenant AND created_at > :since AND key IN :keys"
    since = native.moment(session.now - REMEMBERED)
    rows = fetch(session.connection(), sql, {"tenant": native.id(session.tenant_id), "since": since}, keys=keys)
    return {row[0] for row in rows}


def _find_leads(session: TenantSession, sent: Sequence[Sent]) -> dict[tuple[str, str], UUID]:
    """Look all named leads up at once."""
    found: dict[tuple[str, str], UUID] = {}
    for kind, column in (("id", Lead.id), ("external_id", Lead.external_id), ("email", Lead.email_key)):
        wanted = [_comparable(kind, event.lead[kind]) for event in sent if kind in event.lead]
        values = [value for value in wanted if value is not None]
        for start in range(0, len(values), 500):
            chunk = values[start : start + 500]
            rows = session.execute(
                select(column, Lead.id).where(Lead.tenant_id == session.tenant_id, column.in_(chunk))
            )
            found |= {(kind, str(row[0])): row[1] for row in rows}
            if kind != "id":  # the names of leads that were merged are those of the ones that were kept
                others = [value for value in chunk if (kind, value) not in found]
                kept = merges.kept_for(session, column.key, others)
                found |= {(kind, value): lead_id for value, lead_id in kept.items()}
    return found


def _comparable(kind: str, value: str) -> Any:
    try:
        if kind == "id":
            return UUID(value)
        return address_and_key(value.strip())[1] if kind == "email" else value
    except ValueError:
        return None


def _lead_of(session: TenantSession, event: Sent, found: dict[tuple[str, str], UUID]) -> UUID | None:
    """Return the event's lead; make one for an unknown address or external id."""
    kind = next(iter(event.lead))
    key = (kind, str(_comparable(kind, event.lead[kind])))
    if key in found:
        return found[key]
    if kind == "id":
        return None
    lead, _ = leads.upsert_lead(session, {kind: event.lead[kind]})
    found[key] = lead.id
    return lead.id


def _remember(session: TenantSession, keys: list[tuple[str | None, UUID]]) -> None:
    native = Native(session.connection())
    kept = [(key, native.id(event_id)) for key, event_id in keys if key is not None]
    columns: Columns = {
        "tenant_id": Same(native.id(session.tenant_id)),
        "key": [key for key, _ in kept],
        "event_id": [event_id for _, event_id in kept],
        "created_at": Same(native.moment(session.now)),
    }
    insert(
        session.connection(),
        "event_keys",
        columns,
        suffix=_AGAIN,
    )
