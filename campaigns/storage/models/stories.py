"""Story tests: trials of a workflow that are kept, with what is expected of each and what came of it last."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.storage.base import Base, Identified, refers


class StoryTest(Identified, Base):
    """One story test. `blocks`: publishing is refused while it fails; else that is said, and goes on."""

    __tablename__ = "story_tests"
    __table_args__ = (
        refers("workflow_id", "workflows", on_delete="CASCADE"),
        UniqueConstraint("tenant_id", "workflow_id", "name"),
    )

    workflow_id: Mapped[UUID]
    name: Mapped[str]
    blocks: Mapped[bool]
    trial: Mapped[dict[str, Any]]
    checks: Mapped[list[Any]]
    author: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    last_at: Mapped[datetime | None]  # when it was run last, None: never
    last_failures: Mapped[list[Any] | None]  # what did not hold then, in sentences
