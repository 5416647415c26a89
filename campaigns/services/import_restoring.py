"""Taking back what an import changed of leads: the former values, where its own are still there, each with its event.

The import's events are undone newest first. One that needs an address which an event before it sets free waits for the
next wave, so that the unique keys are never in the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from campaigns.engine.effects import AssignOwner, Effect, RemoveFromList, RemoveTag, SetField, SetStatus
from campaigns.engine.events import change_name
from campaigns.engine.subject import Changes, Subject
from campaigns.imports.contacts import address_and_key
from campaigns.services.intake import NewEvent, record_many
from campaigns.services.lead_changes import apply
from campaigns.storage.models import List
from campaigns.storage.queries import batch_reads as reads
from campaigns.storage.queries.bulk import Native, fetch
from campaigns.storage.queries.lead_writes import change_subjects
from campaigns.storage.queries.leads import touch
from campaigns.storage.transaction import TenantSession

_HOLDERS = "SELECT {column}, id FROM leads WHERE tenant_id = :tenant AND {column} IN :keys"
_OTHER = {"email": "external_id", "external_id": "email"}


class Change(NamedTuple):
    """What one event of the import changed of a lead; the id in the driver's form."""

    lead: Any
    changes: Changes


class Restoring:
    """Leads that get back what they had. `restored` and `kept` are ids: a lead can be among both, for its parts."""

    def __init__(self, session: TenantSession, import_id: UUID) -> None:
        self.restored: set[Any] = set()
        self.kept: set[Any] = set()
        self._session = session
        self._import_id = import_id
        self._connection = session.connection()
        self._native = Native(self._connection)
        self._tenant = self._native.id(session.tenant_id)
        self._names = reads.names(self._connection, self._tenant)
        self._lists = {row.key: self._native.id(row.id) for row in session.execute(select(List.key, List.id))}

    def take_back(self, changes: Sequence[Change]) -> None:
        """Undo changes, newest first. Events are recorded and start nothing: what was undone did not happen anew."""
        remaining = list(changes)
        while remaining:
            remaining = self._wave(remaining)

    def _wave(self, changes: list[Change]) -> list[Change]:
        found = self._read(changes)
        holders = self._holders(changes)
        events, moved = list[NewEvent](), set[Any]()
        later: list[Change] = []
        for place, one in enumerate(changes):
            subject = found.get(one.lead)
            if subject is None:
                continue
            taken_by = _taken_by(one, holders)
            if not moved.isdisjoint(taken_by.values()):
                later = changes[place:]
                break
            undone = self._lay_back(subject, one.changes, blocked=set(taken_by))
            if undone:
                events.append(NewEvent(change_name(undone), one.lead, undone))
                self.restored.add(one.lead)
            if not _OTHER.keys().isdisjoint(undone.get("fields", {})):
                moved.add(one.lead)
        self._write(list(found.values()), events)
        return later

    def _read(self, changes: list[Change]) -> dict[Any, Subject]:
        found = reads.subjects(self._connection, self._tenant, sorted({one.lead for one in changes}), self._names)
        if found and self._lists:
            reads.fill_lists(self._connection, self._tenant, found, self._lists)
        if found:
            reads.fill_tags(self._connection, self._tenant, found)
        return found

    def _holders(self, changes: list[Change]) -> dict[tuple[str, str], Any]:
        """Return who has an address or external id that some lead had before: by field and its key."""
        wanted: dict[str, list[str]] = {"email": [], "external_id": []}
        for one in changes:
            for field, key in _former_keys(one.changes):
                wanted[field].append(key)
        columns = {"email": "email_key", "external_id": "external_id"}
        return {
            (field, row[0]): row[1]
            for field, keys in wanted.items()
            if keys
            for row in fetch(
                self._connection, _HOLDERS.format(column=columns[field]), {"tenant": self._tenant}, keys=keys
            )
        }

    def _lay_back(self, subject: Subject, changes: Changes, *, blocked: set[str]) -> Changes:
        effects = list[Effect]()
        for effect in self._effects(subject, changes, blocked):
            if effect is None:
                self.kept.add(subject.id)
            else:
                effects.append(effect)
        return apply(effects, subject)

    def _effects(self, subject: Subject, changes: Changes, blocked: set[str]) -> Iterator[Effect | None]:
        """Yield what undoes the changes; None for each that stays: changed since, or not to be had back."""
        values = subject.values
        for key, (before, after) in changes.get("fields", {}).items():
            if values.get(key) == before:
                continue
            nameless = key in _OTHER and before is None and not values.get(_OTHER[key])
            stays = values.get(key) != after or key in blocked or nameless
            yield None if stays else SetField(key, before)
        for key, effect, known in (
            ("status", SetStatus, self._names.status_ids), ("owner", AssignOwner, {None, *self._names.user_ids}),
        ):  # fmt: skip
            before, after = changes.get(key, (None, None))
            if key in changes and values.get(key) != before:
                yield effect(before) if values.get(key) == after and before in known else None
        yield from (RemoveFromList(key) for key in changes.get("lists_added", ()) if key in subject.lists)
        yield from (RemoveTag(tag) for tag in changes.get("tags_added", ()) if tag in subject.tags)

    def _write(self, subjects: list[Subject], events: list[NewEvent]) -> None:
        changed = {event.lead_id for event in events}
        mine = [subject for subject in subjects if subject.id in changed]
        change_subjects(self._connection, self._tenant, mine, self._names, self._lists, now=self._session.now)
        touch(self._session, [one.id for one in mine if not one.patch])
        record_many(
            self._session, events, source="import", source_id=self._import_id, lane="bulk", start_workflows=False
        )


def _former_keys(changes: Changes) -> Iterator[tuple[str, str]]:
    """Yield (field, key) of the address and the external id that a lead had before."""
    fields = changes.get("fields", {})
    if "email" in fields and fields["email"][0]:
        yield "email", str(address_and_key(fields["email"][0])[1])
    if "external_id" in fields and fields["external_id"][0]:
        yield "external_id", str(fields["external_id"][0])


def _taken_by(one: Change, holders: dict[tuple[str, str], Any]) -> dict[str, Any]:
    """Return which of a lead's former address and external id another lead has now, and who."""
    return {
        field: holders[field, key]
        for field, key in _former_keys(one.changes)
        if holders.get((field, key), one.lead) != one.lead
    }
