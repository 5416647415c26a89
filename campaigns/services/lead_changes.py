"""Changing leads: read under a lock, changed in memory, written key by key, each with its one event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from campaigns.engine.effects import Effect
from campaigns.engine.events import change_name
from campaigns.engine.subject import Changes, Subject
from campaigns.errors import Conflict, Problem
from campaigns.services.intake import NewEvent, record
from campaigns.storage.queries import batch_reads as reads
from campaigns.storage.queries.bulk import Native
from campaigns.storage.queries.lead_writes import change_subjects
from campaigns.storage.queries.leads import touch
from campaigns.storage.transaction import TenantSession

Plan = Callable[[Subject], Iterable[Effect]]
_SOURCES = {"user": "manual", "api_key": "api"}
TAKEN = {
    "email": "another lead has this address already",
    "external_id": "another lead has this external id already",
}


def change_leads(
    session: TenantSession,
    lead_ids: Sequence[UUID],
    plan: Plan,
    *,
    lists: Mapping[str, Any] | None = None,
    tags: bool = False,
    lane: str = "interactive",
) -> int:
    """Do to each lead what the plan says of it; return how many were changed by it. Unknown ids are left out.

    `lists`: the lists (key: id in the driver's form) and `tags`: whether tags, that the plan looks at or changes.
    Nothing changed means nothing written and no event. Raise Conflict when an address or external id is taken.
    """
    session.flush()
    connection = session.connection()
    native = Native(connection)
    tenant = native.id(session.tenant_id)
    names = reads.names(connection, tenant)
    found = reads.subjects(connection, tenant, sorted(map(native.id, lead_ids)), names)
    if lists and found:
        reads.fill_lists(connection, tenant, found, dict(lists))
    if tags and found:
        reads.fill_tags(connection, tenant, found)
    changed, events = [], []
    for subject in found.values():
        changes = apply(plan(subject), subject)
        if changes:
            changed.append(subject)
            events.append(NewEvent(change_name(changes), native.uuid(subject.id), changes))
    if changed:
        with taken_is_conflict():
            change_subjects(connection, tenant, changed, names, dict(lists or {}), now=session.now)
        touch(session, [one.id for one in changed if not one.patch and not one.points])
        emit(session, events, lane=lane)
    return len(changed)


def apply(effects: Iterable[Effect], subject: Subject) -> Changes:
    """Lay effects over a lead in memory; return what they changed."""
    changes: Changes = {}
    for effect in effects:
        effect.apply(subject, changes)  # type: ignore[union-attr]  # none of these is a change of state
    return changes


def emit(session: TenantSession, events: Sequence[NewEvent], *, lane: str = "interactive") -> None:
    """Record events as caused by the session's actor: a person's are `manual`, an API key's `api`."""
    actor = session.actor
    record(session, events, source=_SOURCES.get(actor.kind, actor.kind), source_id=actor.id, lane=lane)


class taken_is_conflict:  # noqa: N801 - reads as a statement where it is used
    """Turn the unique keys' refusal into Conflict, at the field that is taken."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, IntegrityError):
            said = str(error.orig)
            key = "email" if "email_key" in said else "external_id" if "external_id" in said else None
            if key is None:
                raise Conflict("Something that this lead refers to has just been deleted.") from None
            raise taken(key) from None


def taken(key: str) -> Conflict:
    """Return the conflict of an address or external id that another lead has."""
    return Conflict(f"{TAKEN[key][0].upper()}{TAKEN[key][1:]}.", problems=[Problem(f"/{key}", TAKEN[key])])
