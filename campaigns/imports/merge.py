"""Rows that speak of the same lead: how it is named, and how a later row is laid over an earlier one."""

from __future__ import annotations

from campaigns.imports.rows import LeadRow


def names_of(row: LeadRow) -> list[str | tuple[str]]:
    """Return how a row names its lead: its address as it is compared, its external id (in a tuple of its own)."""
    names: list[str | tuple[str]] = [row.email_key] if row.email_key else []
    return [*names, (row.external_id,)] if row.external_id else names


def over(old: LeadRow, new: LeadRow) -> LeadRow:
    """Lay a later row over an earlier one of the same lead: its values win, blank ones change nothing, tags add up."""
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
