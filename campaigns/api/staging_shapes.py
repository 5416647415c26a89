"""What calls about versions answer: what differs, who stands where, and who was moved."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from campaigns.api.shapes import Shape


class PartShape(Shape):
    """A section, trigger or listener that differs."""

    section: str
    type: str
    name: str


class DifferenceShape(Shape):
    """What has to be done to one version to make it another; null is the draft. `settings`: whether they differ."""

    from_: int | None = Field(alias="from")
    to: int | None
    added: list[PartShape]
    removed: list[PartShape]
    changed: list[PartShape]
    moved: list[PartShape]
    settings: bool


class PlaceShape(Shape):
    """How many executions stand at a section of a version; `why` says why they can't move to the live one."""

    version: int
    section: str
    name: str
    type: str
    executions: int
    why: str | None


class MoveShape(Shape):
    """What became of those inside: how many moved, leave, and could not go. It can be taken back before `until`."""

    id: UUID
    to: int
    moved: int
    leaving: int
    stayed: int
    returned: int | None
    at: datetime
    author: str
    until: datetime | None
