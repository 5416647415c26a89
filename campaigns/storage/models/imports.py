"""Imports of lead files, and the rows that could not be taken."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.storage.base import Base, Identified, TenantRow, refers, to_tenant


class Import(Identified, Base):
    """One uploaded file and how far it has come. `position` is the mark of the last committed chunk."""

    __tablename__ = "imports"
    __table_args__ = (
        to_tenant(),
        CheckConstraint(
            "status IN ('draft','pending','running','paused','done','failed','cancelled','undone')", name="status"
        ),
        Index(None, "tenant_id", "content_hash"),
    )

    file_name: Mapped[str]
    content_hash: Mapped[str]
    size: Mapped[int]
    status: Mapped[str] = mapped_column(default="pending")
    reason: Mapped[str] = mapped_column(default="")
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sample: Mapped[dict[str, Any]] = mapped_column(default=dict)  # encoding, separator, header as detected
    position: Mapped[dict[str, Any]] = mapped_column(default=dict)
    rows: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)  # rows of leads that were there, whether they changed them or not
    unchanged: Mapped[int] = mapped_column(default=0)  # those of them with nothing new
    skipped: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    started: Mapped[int] = mapped_column(default=0)  # executions that its events started
    bytes_done: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    @property
    def changed(self) -> int:
        """How many rows really changed a lead that was there."""
        return self.updated - self.unchanged


class ImportProblem(TenantRow, Base):
    """A row that was not taken: physical line, column, reason, and the cells as they stood."""

    __tablename__ = "import_problems"
    __table_args__ = (refers("import_id", "imports", on_delete="CASCADE"),)

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    column: Mapped[str] = mapped_column(default="")
    reason: Mapped[str]
    cells: Mapped[list[Any]] = mapped_column(default=list)
