"""What the pages of tasks are asked: filters in the address, and the form of one task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns.engine.moments import find_zone, instant_of, read_moment
from campaigns.services.tasks import Row, Wanted

STATUSES = {"open": "Open", "overdue": "Overdue", "done": "Done"}
_LONGEST = 200  # characters of a search
_LAST_PAGE = 10**6


@dataclass(frozen=True, slots=True)
class Filters:
    """Which tasks the list shows. `everybody`: not only those of who looks."""

    everybody: bool = False
    status: str = "open"
    text: str = ""
    page: int = 1

    @property
    def narrows(self) -> bool:
        return bool(self.text) or self.status != "open"

    def wanted(self, user_id: UUID, *, now: datetime) -> Wanted:
        """Return what is to be found for this user."""
        return Wanted(
            user_id=None if self.everybody else user_id,
            is_done=self.status == "done",
            overdue_at=now if self.status == "overdue" else None,
            text=self.text,
        )

    def query(self, **changes: Any) -> dict[str, Any]:
        """Return the filters as an address holds them; `changes` by the names there, None takes one out."""
        values = {
            "whose": "all" if self.everybody else None,
            "status": self.status if self.status != "open" else None,
            "q": self.text or None,
            "page": self.page if self.page > 1 else None,
        } | changes
        return {name: value for name, value in values.items() if value is not None}


def read_filters(given: Mapping[str, str]) -> Filters:
    """Return the filters of an address; what makes no sense is left out."""
    status, page = given.get("status", "open"), given.get("page", "")
    return Filters(
        everybody=given.get("whose") == "all",
        status=status if status in STATUSES else "open",
        text=given.get("q", "").strip()[:_LONGEST],
        page=min(max(int(page), 1), _LAST_PAGE) if page.isascii() and page.isdigit() and len(page) < 10 else 1,
    )


def written(row: Row, zone: str) -> dict[str, str]:
    """Return a task's values as its form shows them; times are those of the viewer's clock."""
    task = row.task
    due = task.due_at.astimezone(find_zone(zone)) if task.due_at is not None else None
    shown = f"{due:%Y-%m-%dT%H:%M}" if due is not None else ""
    return {"title": task.title, "text": task.text, "assignee": row.assignee or "", "due_at": shown}


def read_task(form: Mapping[str, str], zone: str, row: Row | None = None) -> dict[str, Any]:
    """Return what a form says, in the shape of the API's body. What is as `row` showed it is left out."""
    before = written(row, zone) if row is not None else {}
    values: dict[str, Any] = {name: form.get(name, "") for name in ("title", "text", "assignee", "due_at")}
    changed = {name: value for name, value in values.items() if unbroken(value) != before.get(name)}
    moment = read_moment(changed.get("due_at"))
    if moment is not None:
        changed["due_at"] = instant_of(moment, find_zone(zone)).isoformat()
    return changed


def unbroken(text: str) -> str:
    """Return the text with the line ends that were stored; browsers send others."""
    return text.replace("\r\n", "\n")
