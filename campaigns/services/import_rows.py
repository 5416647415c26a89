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
from campaigns.imports.contacts import phone_key
from campaigns.imports.records import RowProblem
from campaigns.imports.rows import LeadRow
from campaigns.services.import_matching import Slot, next_wave
from campaigns.services.intake import NewEvent, record_many
from campaigns.storage.queries import batch_reads as reads
from campaigns.storage.queries.batch_reads import Names
from campaigns.storage.queries.bulk import Native, Same, insert
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

    def count_again(self, plan: Plan, rows: int) -> None:
        """Count rows of leads that were there already, in the database or further up in the file."""
        if plan.update_existing:
            self.updated += rows
        else:
            self.skipped += rows


@dataclass(frozen=True)
class Plan:
    """How an import treats its rows. `default_status` is the id given to new leads without a status."""

    import_id: UUID
    update_existing: bool
    start_workflows: bool
    lists: dict[str, Any]  # key: id of the list that every row goes on; empty or one
    default_status: str


def write_rows(session: TenantSession, plan: Plan, rows: Sequence[LeadRow]) -> Outcome:
    """Create or change the leads of the rows, with the same end as if they were written one after another."""
    connection = session.connection()
    tenant = Native(connection).id(session.tenant_id)
    names = reads.names(connection, tenant)
    outcome = Outcome()
    remaining: Sequence[LeadRow] = rows
    while remaining:
        wave = next_wave(connection, tenant, remaining)
        outcome.problems += wave.problems
        lost = _create(session, names, plan, wave.new, outcome)
        _change(session, names, plan, wave.known, outcome)
        # What somebody else created in this moment is looked at again.
        remaining = sorted([*wave.later, *lost], key=lambda row: row.line) if lost else wave.later
    record_many(
        session,
        outcome.events,
        source="import",
        source_id=plan.import_id,
        lane="bulk",
        start_workflows=plan.start_workflows,
    )
    return outcome


def _create(session: TenantSession, names: Names, plan: Plan, slots: Sequence[Slot], outcome: Outcome) -> list[LeadRow]:
    """Insert new leads; return rows whose lead went not in: the unique keys decide, not what was read before."""
    if not slots:
        return []
    connection = session.connection()
    native = Native(connection)
    tenant, ids = native.id(session.tenant_id), native.ids(len(slots))
    rows = [slot.laid_over() if plan.update_existing else slot.rows[0] for slot in slots]
    columns = _columns(session, names, plan, rows) | {"id": ids}
    written = insert(connection, "leads", columns, suffix="ON CONFLICT DO NOTHING")
    present = set(ids) if written == len(ids) else set(reads.revisions(connection, tenant, ids))
    made = [(row, lead_id) for row, lead_id in zip(rows, ids, strict=True) if lead_id in present]
    _join(session, tenant, plan, made)
    added = {"lists_added": list(plan.lists)} if plan.lists else None
    outcome.events += [NewEvent("lead.created", lead_id, added) for _, lead_id in made]
    outcome.created += len(made)
    pairs = list(zip(slots, ids, strict=True))
    outcome.count_again(plan, sum(len(slot.rows) - 1 for slot, lead_id in pairs if lead_id in present))
    return [row for slot, lead_id in pairs if lead_id not in present for row in slot.rows]


def _columns(
    session: TenantSession, names: Names, plan: Plan, rows: Sequence[LeadRow]
) -> dict[str, Sequence[Any] | Same]:
    """Return the columns of new leads, but for their ids."""
    native = Native(session.connection())
    now = Same(native.moment(session.now))
    values = [_as_values(row) for row in rows]
    return {
        "tenant_id": Same(native.id(session.tenant_id)),
        "email": [row.email for row in rows],
        "email_key": [row.email_key for row in rows],
        "external_id": [row.external_id for row in rows],
        "first_name": [value.get("first_name") for value in values],
        "last_name": [value.get("last_name") for value in values],
        "phone": [value.get("phone") for value in values],
        "phone_key": [phone_key(value.get("phone")) for value in values],
        "status_id": [names.status_ids[value.get("status") or plan.default_status] for value in values],
        "owner_id": [names.user_ids.get(value.get("owner") or "") for value in values],
        "score": [value.get("score") or 0 for value in values],
        "fields": [native.json(row.fields) if row.fields else "{}" for row in rows],
        "search_text": [search_text(value) for value in values],
        "revision": Same(0),
        "created_at": now,
        "updated_at": now,
    }


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


def _change(session: TenantSession, names: Names, plan: Plan, slots: Sequence[Slot], outcome: Outcome) -> None:
    """Lay the rows over leads that exist; only what differs is written, and leaves an event."""
    outcome.count_again(plan, sum(len(slot.rows) for slot in slots))
    if not plan.update_existing or not slots:
        return
    connection = session.connection()
    tenant = Native(connection).id(session.tenant_id)
    rows = {slot.lead: slot.laid_over() for slot in slots}
    found = reads.subjects(connection, tenant, sorted(rows), names)
    if plan.lists:
        reads.fill_lists(connection, tenant, found, plan.lists)
    if any(row.tags for row in rows.values()):
        reads.fill_tags(connection, tenant, found)
    for slot in slots:
        changes = _apply(_effects(rows[slot.lead], plan, slot.former), found[slot.lead])
        if changes:
            outcome.events.append(NewEvent(change_name(changes), slot.lead, changes))
        else:
            outcome.unchanged += len(slot.rows)
    change_subjects(connection, tenant, list(found.values()), names, plan.lists, now=session.now)


def _effects(row: LeadRow, plan: Plan, former: frozenset[str]) -> list[Effect]:
    names = (("email", row.email), ("external_id", row.external_id))
    own = [SetField(key, value) for key, value in names if value and key not in former]
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
