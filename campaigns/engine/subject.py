"""A lead in memory while a batch works on it: its values, and what has been changed so far."""

from __future__ import annotations

from typing import Any

Changes = dict[str, Any]


class Subject:
    """One lead of a batch. Several executions of it share the one subject, so each sees what the last one did.

    `values` holds the built-in fields by name and the custom ones by key; `patch` what has to be written:
    the new value of each changed field, and `points` to be added to the score unless it was set outright.
    """

    __slots__ = (
        "added_lists",
        "added_tags",
        "id",
        "lists",
        "moved_to",
        "notes",
        "patch",
        "points",
        "removed_lists",
        "removed_tags",
        "revision",
        "tags",
        "tasks",
        "values",
    )

    def __init__(
        self,
        lead_id: Any,
        values: dict[str, Any],
        *,
        tags: set[str] | None = None,
        lists: set[str] | None = None,
        revision: int = 0,
    ) -> None:
        self.id = lead_id
        self.values = values
        self.tags = tags if tags is not None else set()
        self.lists = lists if lists is not None else set()
        self.revision = revision
        self.patch: dict[str, Any] = {}
        self.points = 0
        self.added_tags: set[str] = set()
        self.removed_tags: set[str] = set()
        self.added_lists: set[str] = set()
        self.removed_lists: set[str] = set()
        self.notes: list[str] = []
        self.tasks: list[Any] = []  # effects AddTask, to be written with the step
        self.moved_to: str | None = None  # the key of the tenant it leaves for

    def set_value(self, key: str, value: Any) -> None:
        """Change a field; a score that is set outright forgets the points added before it."""
        self.values[key] = value
        self.patch[key] = value
        if key == "score":
            self.points = 0

    def add_points(self, points: int) -> None:
        """Change the score by an amount, written as an increment so that no parallel change is lost."""
        self.values["score"] = (self.values.get("score") or 0) + points
        if "score" in self.patch:
            self.patch["score"] += points
        else:
            self.points += points

    def add_tag(self, tag: str) -> bool:
        """Return whether the tag is new to the lead."""
        return _add(tag, self.tags, self.added_tags, self.removed_tags)

    def remove_tag(self, tag: str) -> bool:
        """Return whether the lead had the tag."""
        return _remove(tag, self.tags, self.added_tags, self.removed_tags)

    def add_to_list(self, key: str) -> bool:
        """Return whether the lead was not on the list before."""
        return _add(key, self.lists, self.added_lists, self.removed_lists)

    def remove_from_list(self, key: str) -> bool:
        """Return whether the lead was on the list."""
        return _remove(key, self.lists, self.added_lists, self.removed_lists)


def _add(key: str, present: set[str], added: set[str], removed: set[str]) -> bool:
    if key in present:
        return False
    present.add(key)
    if key in removed:
        removed.discard(key)
    else:
        added.add(key)
    return True


def _remove(key: str, present: set[str], added: set[str], removed: set[str]) -> bool:
    if key not in present:
        return False
    present.discard(key)
    if key in added:
        added.discard(key)
    else:
        removed.add(key)
    return True
