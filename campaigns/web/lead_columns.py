"""The columns of the leads table: those there are, those that are shown, and how the page's address says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.storage.models import LeadField

SIZE = 50  # leads on a page
DEFAULT = ("status", "score", "owner", "tags", "created_at")


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `sort` is the name it sorts by, "" when it does not; `end` aligns numbers."""

    key: str
    label: str
    sort: str = ""
    end: bool = False


BUILT_IN = (
    Column("email", "Email", "email"),
    Column("phone", "Phone"),
    Column("external_id", "External id"),
    Column("status", "Status", "status"),
    Column("score", "Score", "score", end=True),
    Column("owner", "Owner"),
    Column("tags", "Tags"),
    Column("lists", "Lists"),
    Column("created_at", "Created", "created_at"),
    Column("updated_at", "Updated", "updated_at"),
)


def all_columns(fields: Iterable[LeadField]) -> list[Column]:
    """Return every column there is; custom fields are `fields.<key>`."""
    own = [Column(f"fields.{field.key}", field.name, end=field.type == "number") for field in fields]
    return [*BUILT_IN, *own]


def chosen_columns(known: Sequence[Column], wanted: Sequence[str]) -> list[Column]:
    """Return the columns to show, in their own order."""
    keys = set(wanted) or set(DEFAULT)
    return [column for column in known if column.key in keys]


def header_cells(columns: Iterable[Column], *, ticks: bool) -> list[dict[str, Any]]:
    """Return the header cells, as the table component takes them."""
    found: list[dict[str, Any]] = [{"label": "Select", "spoken": True}] if ticks else []
    found.append({"label": "Name", "key": "name"})
    for column in columns:
        cell: dict[str, Any] = {"label": column.label, "hide": True, "end": column.end}
        found.append({**cell, "key": column.sort} if column.sort else cell)
    if len(found) > (first := 2 if ticks else 1):
        found[first]["hide"] = False  # phones get the name and one column
    return found
