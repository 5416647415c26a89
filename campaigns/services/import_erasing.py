"""Erasing people from the refused rows of imports: the cells go, line and column stay and are counted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, func, or_, select, update

from campaigns.imports.contacts import address_and_key
from campaigns.storage.models import Import, ImportProblem, Lead
from campaigns.storage.transaction import TenantSession

REASON = "the row was erased together with its lead"
_FEW = 20  # names that the database looks for itself; for more, every row is looked at once
_ADDRESS = re.compile(r"[^\s<>,;:\"()]+@[^\s<>,;:\"()]+")
_DOUBTFUL = re.compile(r"[^a-z0-9@.+-]")  # what JSON or LIKE may write in another way


@dataclass(frozen=True, slots=True)
class _People:
    """How the leads are named: addresses as they are compared, external ids as they stand."""

    addresses: frozenset[str]
    external_ids: frozenset[str]

    def are_in(self, cells: Sequence[str], id_column: int | None) -> bool:
        if id_column is not None and len(cells) > id_column and cells[id_column].strip() in self.external_ids:
            return True
        return any(found in self.addresses for cell in cells if "@" in cell for found in _addresses(cell))

    def are_told(self, reason: str) -> bool:
        return any(one in reason for one in self.external_ids)


def forget(session: TenantSession, lead_ids: Sequence[UUID]) -> int:
    """Empty refused rows that name one of these leads, by address or external id; return how many.

    To be called while the leads are still there.
    """
    people = _people(session, lead_ids)
    if not people.addresses and not people.external_ids:
        return 0
    places: dict[UUID, int | None] = {}
    found = [
        (row.import_id, row.line)
        for row in session.execute(_candidates(session, people).execution_options(yield_per=1000))
        if people.are_in(row.cells, _id_column(session, row.import_id, places)) or people.are_told(row.reason)
    ]
    for import_id, line in found:
        own = (ImportProblem.tenant_id == session.tenant_id, ImportProblem.import_id == import_id)
        emptied = update(ImportProblem).where(*own, ImportProblem.line == line).values(cells=[], reason=REASON)
        session.execute(emptied, execution_options={"synchronize_session": False})
    return len(found)


def _people(session: TenantSession, lead_ids: Sequence[UUID]) -> _People:
    leads = Lead.__table__.c  # with those that were merged, which the ORM hides
    own = (leads.tenant_id == session.tenant_id, leads.id.in_(lead_ids))
    rows = session.execute(select(leads.email_key, leads.external_id).where(*own)).all()
    return _People(
        frozenset(row.email_key for row in rows if row.email_key),
        frozenset(row.external_id for row in rows if row.external_id),
    )


def _candidates(session: TenantSession, people: _People) -> Any:
    columns = (ImportProblem.import_id, ImportProblem.line, ImportProblem.cells, ImportProblem.reason)
    wanted = select(*columns).where(ImportProblem.tenant_id == session.tenant_id)
    if len(people.addresses) + len(people.external_ids) > _FEW:
        return wanted
    return wanted.where(or_(*_likely(people)))


def _likely(people: _People) -> Iterator[ColumnElement[bool]]:
    """Yield conditions that hold at least where a row names one of them. A domain may be written in its own letters."""
    cells = func.lower(cast(ImportProblem.cells, Text))
    for address in people.addresses:
        local, _, domain = address.rpartition("@")
        yield cells.like(f"%{_loosely(local)}@{'' if 'xn--' in domain else _loosely(domain)}%")
    for external_id in people.external_ids:
        yield cells.like(f'%"%{_loosely(external_id.lower())}%"%')
        yield func.lower(ImportProblem.reason).like(f"%{_loosely(external_id.lower())}%")


def _loosely(text: str) -> str:
    return _DOUBTFUL.sub("%", text)


def _id_column(session: TenantSession, import_id: UUID, known: dict[UUID, int | None]) -> int | None:
    """Return which of an import's columns holds the external id, if any."""
    if import_id not in known:
        entry = session.get_one(Import, (session.tenant_id, import_id))
        names = [name for name, key in entry.mapping.items() if key == "external_id"]
        columns = entry.sample.get("columns", [])
        known[import_id] = columns.index(names[0]) if names and names[0] in columns else None
    return known[import_id]


def _addresses(cell: str) -> Iterator[str]:
    found = [text for one in _ADDRESS.findall(cell) for text in (one, one.strip("'"))]
    for text in dict.fromkeys(found):
        try:
            yield address_and_key(text)[1]
        except ValueError:
            yield text.casefold()
