"""Writing one chunk of an import: leads found or created, changed, put on lists and tagged, each with its event.

The chunk, its counters and its mark are one transaction: after a crash it was written whole, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from campaigns.engine.effects import AddTag, AddToList, AssignOwner, Effect, SetField, SetStatus
from campaigns.engine.events import change_name
from campaigns.engine.subject import Changes, Subject
from campaigns.imports.records import RowProblem
from campaigns.imports.rows import LeadRow
from campaigns.services.intake import NewEvent, record_many
from campaigns.storage.queries import batch_reads as reads
from campaigns.storage.queries.batch_reads import Names
from campaigns.storage.queries.bulk import Native, Same, fetch, insert
from campaigns.storage.queries.lead_writes import change_subjects, search_text
from campaigns.storage.transaction import TenantSession


@dataclass
class Outcome:
    """What became of a chunk's rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """How an import treats its rows. `default_status` is the id given to new leads without a status."""

    import_id: UUID
    update_existing: bool
    start_workflows: bool
    lists: dict[str, Any]  # key: id of the list that every row goes on; empty or one
    default_status: str


def write_rows(session: TenantSession, plan: Plan, rows: Sequence[LeadRow]) -> Outcome:
    """Create or change the leads of the rows, each row a lead of its own (merged before)."""
    connection = session.connection()
    native = Native(connection)
    tenant = native.id(session.tenant_id)
    names = reads.names(connection, tenant)
    outcome = Outcome()
    remaining: Sequence[LeadRow] = rows
    while remaining:
        known, new = _split(connection, tenant, remaining, outcome)
        taken = _create(session, names, plan, new, outcome)
        outcome.created += len(taken)
        _change(session, names, plan, known, outcome)
        remaining = [row for row in new if row.line not in taken]  # created by somebody else in this moment
    record_many(
        session,
        outcome.events,
        source="import",
        source_id=plan.import_id,
        lane="bulk",
        start_workflows=plan.start_workflows,
    )
    return outcome


_FIND = "SELECT id, email_key, external_id FROM leads WHERE tenant_id = :tenant AND {column} IN :keys"


def _split(
    connection: Any, tenant: Any, rows: Sequence[LeadRow], outcome: Outcome
) -> tuple[list[tuple[LeadRow, Any]], list[LeadRow]]:
    """Tell rows of leads that exist from new ones: by external id, else by address. Contradictions are problems."""
    emails = [row.email_key for row in rows if row.email_key]
    externals = [row.external_id for row in rows if row.external_id]
    found = fetch(connection, _FIND.format(column="email_key"), {"tenant": tenant}, keys=emails) if emails else []
    if externals:
        found += fetch(connection, _FIND.format(column="external_id"), {"tenant": tenant}, keys=externals)
    by_email = {row[1]: row for row in found if row[1]}
    by_external = {row[2]: row for row in found if row[2]}
    known, new = [], []
    for row in rows:
        mine = by_external.get(row.external_id) if row.external_id else None
        holder = by_email.get(row.email_key) if row.email_key else None
        if mine is None and holder is not None:
            if row.external_id and holder[2] and holder[2] != row.external_id:
                reason = f"another lead has this address, with the external id {holder[2]}"
                outcome.problems.append(RowProblem(row.line, "email", reason, row.cells))
                continue
            mine = holder
        elif mine is not None and holder is not None and holder[0] != mine[0]:
            outcome.problems.append(RowProblem(row.line, "email", "another lead has this address", row.cells))
            continue
        if mine is None:
            new.append(row)
        else:
            known.append((row, mine[0]))
    return known, new


def _create(session: TenantSession, names: Names, plan: Plan, rows: list[LeadRow], outcome: Outcome) -> set[int]:
    """Insert new leads; return the lines of those that went in. The unique keys decide, not what was read before."""
    if not rows:
        return set()
    connection = session.connection()
    native = Native(connection)
    tenant = native.id(session.tenant_id)
    ids = native.ids(len(rows))
    now = native.moment(session.now)
    values = [_as_values(row) for row in rows]
    columns: dict[str, Sequence[Any] | Same] = {
        "tenant_id": Same(tenant),
        "id": ids,
        "email": [row.email for row in rows],
        "email_key": [row.email_key for row in rows],
        "external_id": [row.external_id for row in rows],
        "first_name": [value.get("first_name") for value in values],
        "last_name": [value.get("last_name") for value in values],
        "phone": [value.get("phone") for value in values],
        "status_id": [names.status_ids[value.get("status") or plan.default_status] for value in values],
        "owner_id": [names.user_ids.get(value.get("owner") or "") for value in values],
        "score": [value.get("score") or 0 for value in values],
        "fields": [native.json(row.fields) if row.fields else "{}" for row in rows],
        "search_text": [search_text(value) for value in values],
        "revision": Same(0),
        "created_at": Same(now),
        "updated_at": Same(now),
    }
    written = insert(connection, "leads", columns, suffix="ON CONFLICT DO NOTHING")
    made = list(zip(rows, ids, strict=True))
    if written < len(rows):
        present = reads.revisions(connection, tenant, columns["id"])  # type: ignore[arg-type]  # a list of ids
        made = [(row, lead_id) for row, lead_id in made if lead_id in present]
    _join(session, tenant, plan, made)
    added = {"lists_added": list(plan.lists)} if plan.lists else None
    outcome.events += [NewEvent("lead.created", lead_id, added) for _, lead_id in made]
    return {row.line for row, _ in made}


def _as_values(row: LeadRow) -> dict[str, Any]:
    return {**row.values, "email": row.email}


def _join(session: TenantSession, tenant: Any, plan: Plan, made: list[tuple[LeadRow, Any]]) -> None:
    """Put new leads on the import's list and give them their tags."""
    subjects = []
    for row, lead_id in made:
        if plan.lists or row.tags:
            subject = Subject(lead_id, {})
            _apply([*(AddToList(key) for key in plan.lists), *(AddTag(tag) for tag in row.tags)], subject)
            subjects.append(subject)
    if subjects:
        change_subjects(session.connection(), tenant, subjects, None, plan.lists, now=session.now)


def _change(
    session: TenantSession, names: Names, plan: Plan, known: list[tuple[LeadRow, Any]], outcome: Outcome
) -> None:
    """Lay the rows over leads that exist; only what differs is written, and leaves an event."""
    if not plan.update_existing:
        outcome.skipped += len(known)
        return
    if not known:
        return
    connection = session.connection()
    tenant = Native(connection).id(session.tenant_id)
    found = reads.subjects(connection, tenant, sorted(lead_id for _, lead_id in known), names)
    if plan.lists:
        reads.fill_lists(connection, tenant, found, plan.lists)
    if any(row.tags for row, _ in known):
        reads.fill_tags(connection, tenant, found)
    for row, lead_id in known:
        changes = _apply(_effects(row, plan), found[lead_id])
        if changes:
            outcome.events.append(NewEvent(change_name(changes), lead_id, changes))
        else:
            outcome.unchanged += 1
    outcome.updated += len(known)
    change_subjects(connection, tenant, list(found.values()), names, plan.lists, now=session.now)


def _effects(row: LeadRow, plan: Plan) -> list[Effect]:
    own = [SetField(key, value) for key, value in (("email", row.email), ("external_id", row.external_id)) if value]
    built_in = [_effect(key, value) for key, value in row.values.items()]
    custom = [SetField(key, value) for key, value in row.fields.items()]
    return [*own, *built_in, *custom, *(AddTag(tag) for tag in row.tags), *(AddToList(key) for key in plan.lists)]


def _effect(key: str, value: Any) -> Effect:
    if key == "status":
        return SetStatus(value)
    return AssignOwner(value) if key == "owner" else SetField(key, value)


def _apply(effects: Iterable[Effect], subject: Subject) -> Changes:
    changes: Changes = {}
    for effect in effects:
        effect.apply(subject, changes)  # type: ignore[union-attr]  # none of these is a change of state
    return changes
