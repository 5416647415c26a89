"""What calls about story tests answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns.api.shapes import Shape


class OutcomeShape(Shape):
    """What came of a test: nothing that failed, or a sentence for each thing that does not hold."""

    passed: bool
    failures: list[str]


class LastShape(OutcomeShape):
    """What came of a test when it was run last."""

    at: datetime


class StoryShape(Shape):
    """A story test. While one that `blocks` fails, the workflow can't be activated; others only say so."""

    id: UUID
    name: str
    blocks: bool
    trial: dict[str, Any]
    checks: list[dict[str, Any]]
    author: str
    created_at: datetime
    last: LastShape | None


class StoryResultShape(OutcomeShape):
    """What came of one test just now."""

    id: UUID
    name: str
    blocks: bool


class StoryRunShape(Shape):
    """What came of all tests of a workflow."""

    passed: bool
    items: list[StoryResultShape]
