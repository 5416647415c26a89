"""Rows of one chunk that speak of the same lead become one: later rows win wherever they say something."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from campaigns.imports.records import RowProblem
from campaigns.imports.rows import LeadRow


class Merged(NamedTuple):
    """The leads of a chunk in order of first appearance, how many rows went into others, and rows that contradict."""

    rows: list[LeadRow]
    merged: int
    problems: list[RowProblem]


def merge(rows: Iterable[LeadRow]) -> Merged:
    """One row a lead. Same lead: same external id, else same address (without case) unless the external ids differ.

    Values of later rows win, blank ones change nothing, tags add up; the line is the later row's.
    """
    leads: list[LeadRow] = []
    by_external: dict[str, int] = {}
    by_email: dict[str, int] = {}
    merged = 0
    problems: list[RowProblem] = []
    for row in rows:
        same = _place(row, by_external, by_email)
        holder = by_email.get(row.email_key) if row.email_key else None
        if holder is not None and _contradicts(row, leads[holder], is_same=holder == same):
            reason = f"line {leads[holder].line} has the same address for another external id"
            problems.append(RowProblem(row.line, "", reason, row.cells))
            continue
        if same is None:
            same = len(leads)
            leads.append(row)
        else:
            _forget_address(leads[same], by_email)
            leads[same] = _over(leads[same], row)
            merged += 1
        _remember(leads[same], same, by_external, by_email)
    return Merged(leads, merged, problems)


def _place(row: LeadRow, by_external: dict[str, int], by_email: dict[str, int]) -> int | None:
    if row.external_id is not None and row.external_id in by_external:
        return by_external[row.external_id]
    return by_email.get(row.email_key) if row.email_key else None


def _contradicts(row: LeadRow, holder: LeadRow, *, is_same: bool) -> bool:
    """Whether the address is another lead's already. Without external ids, the address alone says who it is."""
    if not is_same:
        return True
    return None not in (row.external_id, holder.external_id) and row.external_id != holder.external_id


def _over(old: LeadRow, new: LeadRow) -> LeadRow:
    return LeadRow(
        line=new.line,
        email=new.email or old.email,
        email_key=new.email_key or old.email_key,
        external_id=new.external_id or old.external_id,
        values=old.values | new.values,
        fields=old.fields | new.fields,
        tags=tuple(dict.fromkeys((*old.tags, *new.tags))),
        cells=new.cells,
    )


def _forget_address(lead: LeadRow, by_email: dict[str, int]) -> None:
    if lead.email_key is not None:
        by_email.pop(lead.email_key, None)


def _remember(lead: LeadRow, place: int, by_external: dict[str, int], by_email: dict[str, int]) -> None:
    if lead.external_id is not None:
        by_external[lead.external_id] = place
    if lead.email_key is not None:
        by_email[lead.email_key] = place
