"""Who is who: which lead each row of a chunk speaks of, so that the end is as if the rows came one after another.

A lead is found by external id, else by address without regard to case. Rows are taken in waves: what depends on a row
before it (the same lead, an address that row takes or gives up) waits for the next wave, which looks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, NamedTuple

from sqlalchemy.engine import Connection

from campaigns.imports.merge import names_of, over
from campaigns.imports.records import RowProblem
from campaigns.imports.rows import LeadRow
from campaigns.storage.queries.bulk import fetch

# Also by the names of leads that were merged: those are the kept lead's, and stay what they are.
_FIND = """
    SELECT COALESCE(k.id, l.id), l.email_key, l.external_id, CASE WHEN k.id IS NULL THEN l.external_id
           ELSE k.external_id END, k.id IS NOT NULL
    FROM leads l
    LEFT JOIN merged_leads m ON m.tenant_id = l.tenant_id AND m.id = l.id
    LEFT JOIN leads k ON k.tenant_id = m.tenant_id AND k.id = m.lead_id
    WHERE l.tenant_id = :tenant AND l.{column} IN :keys
"""


@dataclass(eq=False, slots=True)
class Slot:
    """Rows of one lead that name it in the same way, in their order. `lead`: its id as the driver has it, if any.

    `former`: which of the names find it only because another lead was merged into it.
    """

    lead: Any | None
    rows: list[LeadRow]
    former: frozenset[str] = frozenset()

    def is_named_by(self, row: LeadRow) -> bool:
        first = self.rows[0]
        return first.email_key == row.email_key and first.external_id == row.external_id

    def laid_over(self) -> LeadRow:
        """Return the rows as one, later ones over earlier ones."""
        return reduce(over, self.rows)


@dataclass(slots=True)
class Wave:
    """What can be written at once, what is refused, and what must wait until that is written."""

    slots: list[Slot] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    later: list[LeadRow] = field(default_factory=list)

    @property
    def known(self) -> list[Slot]:
        return [slot for slot in self.slots if slot.lead is not None]

    @property
    def new(self) -> list[Slot]:
        return [slot for slot in self.slots if slot.lead is None]


def next_wave(connection: Connection, tenant: Any, rows: Sequence[LeadRow]) -> Wave:
    """Sort out rows against the leads that there are now. At least the first row never has to wait."""
    people = _People(connection, tenant, rows)
    wave, used, waited_for = Wave(), dict[Any, Slot](), set[Any]()
    for row in rows:
        mine, holder = people.find(row)
        touched: list[Any] = names_of(row)
        touched += [found.id for found in (mine, holder) if found]
        slots = {used[thing] for thing in touched if thing in used}
        if not waited_for.isdisjoint(touched) or not _may_join(slots, row, mine or holder):
            wave.later.append(row)
            waited_for.update(touched)
        elif slots:
            slots.pop().rows.append(row)
        elif refusal := _refusal(row, mine, holder):
            wave.problems.append(RowProblem(row.line, "email", refusal, row.cells))
        else:
            lead = mine or holder
            found_by = (("external_id", mine), ("email", holder))
            former = frozenset(name for name, found in found_by if found and found.is_former)
            slot = Slot(lead.id if lead else None, [row], former)
            wave.slots.append(slot)
            for thing in touched:
                used[thing] = slot
    return wave


def _may_join(slots: set[Slot], row: LeadRow, lead: Person | None) -> bool:
    """Say whether a row need not wait: nothing before it touched its lead, or only rows that name it just so."""
    if len(slots) == 1:
        slot = next(iter(slots))
        return slot.is_named_by(row) and slot.lead == (lead.id if lead else None)
    return not slots


def _refusal(row: LeadRow, mine: Person | None, holder: Person | None) -> str | None:
    """Return why a row contradicts what is there, or None."""
    if mine is None and holder is not None and row.external_id and holder.known_as not in (None, row.external_id):
        return f"another lead has this address, with the external id {holder.known_as}"
    if mine is not None and holder is not None and holder.id != mine.id:
        return "another lead has this address"
    return None


class Person(NamedTuple):
    """A lead that rows may mean, and the names it was found by. `known_as`: the external id that it has now."""

    id: Any
    email_key: str | None
    external_id: str | None
    known_as: str | None
    is_former: bool


class _People:
    """The leads that rows may mean."""

    def __init__(self, connection: Connection, tenant: Any, rows: Sequence[LeadRow]) -> None:
        emails = list(dict.fromkeys(row.email_key for row in rows if row.email_key))
        externals = list(dict.fromkeys(row.external_id for row in rows if row.external_id))
        by = {"email_key": emails, "external_id": externals}
        found = [
            Person(*lead)
            for column, keys in by.items()
            if keys
            for lead in fetch(connection, _FIND.format(column=column), {"tenant": tenant}, keys=keys)
        ]
        self._by_email = {lead.email_key: lead for lead in found if lead.email_key}
        self._by_external = {lead.external_id: lead for lead in found if lead.external_id}

    def find(self, row: LeadRow) -> tuple[Person | None, Person | None]:
        """Return the lead with the row's external id, and the one that holds its address."""
        mine = self._by_external.get(row.external_id) if row.external_id else None
        return mine, self._by_email.get(row.email_key) if row.email_key else None
