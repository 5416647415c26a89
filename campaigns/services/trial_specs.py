"""What a trial is told: who enters, by which event and when, what happens later, and which variants are chosen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from campaigns.engine.duration import Duration
from campaigns.engine.validation import problems_of
from campaigns.errors import Invalid

MOST_LATER = 50
MOST_CHECKS = 100
_YEARS = (1990, 2200)  # when the clock may start
STATUSES = ("finished", "stopped", "failed", "waiting", "listening", "refused")
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
SectionId = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class Part(BaseModel):
    """Every part of a trial refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid")


class MadeUp(Part):
    """A lead that is none of the tenant's: built-in and custom fields by their keys, tags, and lists by key."""

    values: dict[str, Any] = Field(default_factory=dict)
    tags: list[str] = Field(default_factory=list)
    lists: list[str] = Field(default_factory=list)


Pair = tuple[Any, Any]
Keys = Annotated[list[str], Field(max_length=500)]


class Changed(Part):
    """What an event says has changed: [before, after] of fields, status and owner; lists and tags by key."""

    fields: dict[str, Pair] = Field(default_factory=dict)
    status: Pair | None = None
    owner: Pair | None = None
    lists_added: Keys = Field(default_factory=list)
    lists_removed: Keys = Field(default_factory=list)
    tags_added: Keys = Field(default_factory=list)
    tags_removed: Keys = Field(default_factory=list)
    moved: Pair | None = None


class Told(Part):
    """An event: its name, its data, and what it says has changed. What is not given comes from the trigger."""

    name: Name | None = None
    properties: dict[str, Any] = Field(default_factory=dict)
    changes: Changed | None = None
    source: str = ""


class Start(Told):
    """The event that starts the lead. `trigger`: the id of the one that takes it; without one it is started by hand."""

    trigger: SectionId | None = None


class Later(Told):
    """An event after the start. `trigger`: by its id (a listener, an exit) or "section/name" what waits for it."""

    after: Duration
    trigger: Annotated[str, StringConstraints(max_length=120)] | None = None


class Trial(Part):
    """A whole trial. `lead` is a lead's id, or one that is made up; `anew`: as if it had never been in the workflow."""

    lead: UUID | MadeUp = Field(default_factory=MadeUp)
    start: Start = Field(default_factory=Start)
    later: list[Later] = Field(default_factory=list, max_length=MOST_LATER)
    starts_at: AwareDatetime | None = None
    splits: dict[SectionId, Name] = Field(default_factory=dict)
    anew: bool = False

    @field_validator("starts_at")
    @classmethod
    def _near(cls, at: datetime | None) -> datetime | None:
        if at is not None and not _YEARS[0] <= at.year <= _YEARS[1]:
            raise ValueError(f"is between the years {_YEARS[0]} and {_YEARS[1]}")
        return at

    def at(self, now: datetime) -> datetime:
        """Return when the virtual clock starts."""
        return self.starts_at or now


class Check(Part):
    """What a test expects: one thing. `section` or `sections` are ids, `after` counts from the start."""

    kind: Literal["passes", "not_passes", "order", "ends_as", "ends_at", "waits"]
    section: SectionId | None = None
    sections: list[SectionId] = Field(default_factory=list, max_length=500)
    status: Literal["finished", "stopped", "failed", "waiting", "listening", "refused"] | None = None
    after: Duration | None = None

    @model_validator(mode="after")
    def _complete(self) -> Check:
        needed = {"order": ("sections",), "ends_as": ("status",), "waits": ("section", "after")}.get(
            self.kind, ("section",)
        )
        for name in ("section", "sections", "status", "after"):
            if bool(getattr(self, name)) != (name in needed):
                raise ValueError(f"{self.kind} takes {' and '.join(needed)}")
        return self


class StorySpec(Part):
    """A story test as it is sent: a trial and what is expected of it. Without checks, what comes of it now."""

    name: Name
    blocks: bool = True
    trial: Trial
    checks: list[Check] | None = Field(None, max_length=MOST_CHECKS)


def read_trial(raw: Mapping[str, Any]) -> Trial:
    """Return a trial; raise Invalid with problems by path."""
    try:
        return Trial.model_validate(raw)
    except ValidationError as error:
        raise Invalid(problems=problems_of(error)) from None


def written(part: Part) -> dict[str, Any]:
    """Return a part as it is stored and sent: JSON values, without what is not given."""
    return part.model_dump(mode="json", exclude_defaults=True)
