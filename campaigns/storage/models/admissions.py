"""Admissions: letting in, after an activation, the leads whom its triggers would have let in before."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.storage.base import Base, Identified, refers

_RUNNING = text("status = 'running'")


class Admission(Identified, Base):
    """Leads who match now enter, chunk by chunk, in the order of their ids; at most one of a workflow is running."""

    __tablename__ = "admissions"
    __table_args__ = (
        refers("workflow_id", "workflows", on_delete="CASCADE"),
        refers("version_id", "versions", on_delete="CASCADE"),
        CheckConstraint("status IN ('running','done','cancelled','stopped')", name="status"),
        Index("uq_admissions_running", "tenant_id", "workflow_id", unique=True, sqlite_where=_RUNNING,
              postgresql_where=_RUNNING),
    )  # fmt: skip

    workflow_id: Mapped[UUID]
    version_id: Mapped[UUID]  # whose triggers say who matches
    status: Mapped[str] = mapped_column(default="running")
    total: Mapped[int]  # how many leads there were to look at when it began
    looked: Mapped[int] = mapped_column(default=0)
    admitted: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    after: Mapped[UUID | None]  # the last lead that was looked at
    author: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
