"""What a step changes.

Inside effects are laid over the subject in memory and committed with the step; outside effects become outbox rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.engine.subject import Changes, Subject

_MISSING = object()
BUILT_IN_COLUMNS = frozenset({"email", "external_id", "first_name", "last_name", "phone", "score", "status", "owner"})


@dataclass(frozen=True, slots=True)
class SetField:
    """Give a field a value; None empties it."""

    field: str
    value: Any

    def apply(self, subject: Subject, changes: Changes) -> None:
        before = subject.values.get(self.field)
        if before == self.value:
            return
        subject.set_value(self.field, self.value)
        changes.setdefault("fields", {})[self.field] = [before, self.value]


@dataclass(frozen=True, slots=True)
class AddPoints:
    """Raise or lower the score."""

    points: int

    def apply(self, subject: Subject, changes: Changes) -> None:
        if self.points == 0:
            return
        before = subject.values.get("score") or 0
        subject.add_points(self.points)
        changes.setdefault("fields", {})["score"] = [before, before + self.points]


@dataclass(frozen=True, slots=True)
class SetStatus:
    """Give the lead a status, by key."""

    status: str

    def apply(self, subject: Subject, changes: Changes) -> None:
        before = subject.values.get("status")
        if before != self.status:
            subject.set_value("status", self.status)
            changes["status"] = [before, self.status]


@dataclass(frozen=True, slots=True)
class AssignOwner:
    """Give the lead an owner (a member's address), or none."""

    owner: str | None

    def apply(self, subject: Subject, changes: Changes) -> None:
        before = subject.values.get("owner")
        if before != self.owner:
            subject.set_value("owner", self.owner)
            changes["owner"] = [before, self.owner]


@dataclass(frozen=True, slots=True)
class AddTag:
    """Mark the lead with a tag."""

    tag: str

    def apply(self, subject: Subject, changes: Changes) -> None:
        if subject.add_tag(self.tag):
            changes.setdefault("tags_added", []).append(self.tag)


@dataclass(frozen=True, slots=True)
class RemoveTag:
    """Take a tag from the lead."""

    tag: str

    def apply(self, subject: Subject, changes: Changes) -> None:
        if subject.remove_tag(self.tag):
            changes.setdefault("tags_removed", []).append(self.tag)


@dataclass(frozen=True, slots=True)
class AddToList:
    """Put the lead on a list, by key."""

    list: str

    def apply(self, subject: Subject, changes: Changes) -> None:
        if subject.add_to_list(self.list):
            changes.setdefault("lists_added", []).append(self.list)


@dataclass(frozen=True, slots=True)
class RemoveFromList:
    """Take the lead off a list, by key."""

    list: str

    def apply(self, subject: Subject, changes: Changes) -> None:
        if subject.remove_from_list(self.list):
            changes.setdefault("lists_removed", []).append(self.list)


@dataclass(frozen=True, slots=True)
class AddNote:
    """Leave a note on the lead's timeline."""

    text: str

    def apply(self, subject: Subject, changes: Changes) -> None:
        subject.notes.append(self.text)


@dataclass(frozen=True, slots=True)
class AddTask:
    """Give a person something to do about the lead. `assignee`: a member's address; None is nobody yet."""

    title: str
    text: str = ""
    assignee: str | None = None
    due_at: datetime | None = None
    section: str = ""  # the section that gives it, noted by `walking`

    def apply(self, subject: Subject, changes: Changes) -> None:
        subject.tasks.append(self)


@dataclass(frozen=True, slots=True)
class MoveLead:
    """Take the lead to another tenant, by key. The execution ends with it, as do all others of the lead."""

    tenant: str

    def apply(self, subject: Subject, changes: Changes) -> None:
        subject.moved_to = self.tenant


@dataclass(frozen=True, slots=True)
class SetState:
    """Replace (keys that begin with "_" stay) or merge the execution's own data. Applied by `advance`."""

    values: dict[str, Any]
    replace: bool = False

    def after(self, before: dict[str, Any]) -> dict[str, Any]:
        """Return the state that follows this one."""
        if self.replace:
            return {key: value for key, value in before.items() if key.startswith("_")} | self.values
        return before | self.values


@dataclass(frozen=True, slots=True)
class ForgetState:
    """Take keys out of the execution's own data. Applied by `advance`."""

    keys: tuple[str, ...]

    def after(self, before: dict[str, Any]) -> dict[str, Any]:
        """Return the state that follows this one."""
        return {key: value for key, value in before.items() if key not in self.keys}


@dataclass(frozen=True, slots=True)
class SetSession:
    """Merge values into the data of the visit. Applied by `walking`."""

    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EmitEvent:
    """Record an event of the lead, one hop further than what caused it. Collected by `advance`."""

    name: str
    properties: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ExitWorkflow:
    """End what the lead has under way in a workflow, by key, or in all `others`. Collected by `advance`."""

    workflow: str


@dataclass(frozen=True, slots=True)
class SendEmail:
    """Plan one mail to the lead from a template, by key."""

    template: str
    message_class: str


@dataclass(frozen=True, slots=True)
class Notify:
    """Plan one mail about the lead to each of these addresses, from a template, by key."""

    template: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HttpCall:
    """Plan one call over HTTP. A header's value is a list of texts and of secrets, by key, put in when it is made.

    `retries`: how often it is tried again, within `seconds` after the first try.
    """

    method: str
    url: str
    headers: dict[str, list[dict[str, str]]]
    body: str
    retries: int
    seconds: int
    sign_with: str | None = None  # the key of the secret that signs it


@dataclass(frozen=True, slots=True)
class PluginRun:
    """Plan one run of a section's own `perform`, in a process of its own.

    `asked` is what it is given of the context; `secrets` names those it may read. A run is ended after `limit` seconds
    or above `memory` MiB; a failed one is tried again `retries` times, within `seconds` after the first try.
    """

    config: dict[str, Any]
    asked: dict[str, Any]
    secrets: tuple[str, ...]
    retries: int
    seconds: int
    limit: float
    memory: int
    type: str = ""  # the section's type, noted by `walking`


Effect = (
    SetField
    | AddPoints
    | SetStatus
    | AssignOwner
    | AddTag
    | RemoveTag
    | AddToList
    | RemoveFromList
    | AddNote
    | AddTask
    | MoveLead
    | SetState
    | ForgetState
    | SetSession
    | EmitEvent
    | ExitWorkflow
)
OutsideEffect = SendEmail | Notify | HttpCall | PluginRun
