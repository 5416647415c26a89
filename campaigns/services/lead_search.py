"""Finding leads: by text and filters, in pages; and reading those filters out of an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from campaigns.errors import Invalid, Problem
from campaigns.imports.contacts import address_and_key
from campaigns.imports.values import BLANK, parse_value, score
from campaigns.storage.models import Lead, LeadField
from campaigns.storage.queries import leads as queries
from campaigns.storage.queries.leads import NOBODY, SORTS, FieldWanted, Wanted
from campaigns.storage.transaction import TenantSession

DEFAULT_SORT = "-created_at"
MAX_LIMIT = 500
_KEYED = ("status", "list", "tag", "owner", "external_id")

__all__ = [
    "DEFAULT_SORT", "NOBODY", "SORTS", "FieldWanted", "Found", "Wanted", "list_leads", "read_wanted", "search_leads",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """One page of leads, and how many there are in all."""

    leads: list[Lead]
    total: int


def search_leads(
    session: TenantSession, wanted: Wanted, *, sort: str = DEFAULT_SORT, limit: int = 50, offset: int = 0
) -> Found:
    """Return a page of leads in the order of `sort` (a name of SORTS, with “-” downwards); raise Invalid."""
    if sort.removeprefix("-") not in SORTS:
        raise Invalid(problems=[Problem("/sort", f"is one of: {', '.join(SORTS)}, with - before it for downwards")])
    ids = queries.find_ids(session, wanted, sort=sort, limit=min(limit, MAX_LIMIT), offset=offset)
    total = offset + len(ids) if 0 < len(ids) < limit else queries.count(session, wanted)
    return Found(queries.load(session, ids), total)


def list_leads(session: TenantSession, wanted: Wanted, *, after: UUID | None = None, limit: int = 50) -> list[Lead]:
    """Return leads by id, from the one after `after`: what cursors walk through."""
    return queries.load(session, queries.next_ids(session, wanted, after=after, limit=min(limit, MAX_LIMIT)))


def read_wanted(session: TenantSession, given: Mapping[str, str]) -> Wanted:
    """Return the filters that an address holds; raise Invalid with a problem for each that makes no sense.

    Names: q, status, list, tag, owner (an address or “none”), email, external_id, score_min, score_max,
    created_from, created_to (days, both included), field with op (is, contains) and value.
    """
    reader = _Reader({name: value.strip(BLANK) for name, value in given.items() if value.strip(BLANK)})
    values: dict[str, Any] = {name: reader.given.get(name) for name in _KEYED}
    for name in ("score_min", "score_max"):
        values[name] = reader.take(name, score, "must be a whole number")
    for name in ("created_from", "created_to"):
        values[name] = reader.take(name, _midnight, "must be a day, such as 2026-03-31")
    if values["created_to"] is not None:
        values["created_to"] += timedelta(days=1)
    values["email_key"] = reader.take("email", lambda text: address_and_key(text)[1], "is not an email address")
    test = reader.field(session)
    if reader.problems:
        raise Invalid(problems=reader.problems)
    return Wanted(text=reader.given.get("q", "")[:200], fields=(test,) if test else (), **values)


class _Reader:
    def __init__(self, given: dict[str, str]) -> None:
        self.given = given
        self.problems: list[Problem] = []

    def take(self, name: str, read: Any, complaint: str) -> Any:
        text = self.given.get(name)
        try:
            return read(text) if text is not None else None
        except (ValueError, OverflowError):
            self.problems.append(Problem(f"/{name}", complaint))
            return None

    def field(self, session: TenantSession) -> FieldWanted | None:
        key, text, op = self.given.get("field"), self.given.get("value"), self.given.get("op", "is")
        if key is None or text is None:
            return None
        kind = session.scalar(select(LeadField).where(LeadField.key == key))
        if kind is None:
            self.problems.append(Problem("/field", f"there is no custom field {key}"))
            return None
        if op not in {"is", "contains"}:
            self.problems.append(Problem("/op", "is one of: is, contains"))
            return None
        if op == "contains" or kind.type in {"text", "email", "phone", "url"}:
            return FieldWanted(key, kind.type, op, text)
        try:
            return FieldWanted(key, kind.type, op, parse_value(kind.type, text, choices=kind.choices))
        except ValueError as error:
            self.problems.append(Problem("/value", str(error)))
            return None


def _midnight(text: str) -> datetime:
    day = date.fromisoformat(text)
    if not 1900 <= day.year <= 9000:  # what both databases hold
        raise ValueError(text)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
