"""Tasks: what a person is to do about a lead."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.storage.base import Base, Identified, refers


class Task(Identified, Base):
    """Something to do about a lead; it is open until `done_at`. What an execution made names it and its section."""

    __tablename__ = "tasks"
    __table_args__ = (
        refers("lead_id", "leads", on_delete="CASCADE"),
        Index(None, "tenant_id", "lead_id", "id"),
        Index(None, "tenant_id", "user_id", "done_at", "due_at"),
        Index(None, "tenant_id", "done_at", "due_at"),
    )

    lead_id: Mapped[UUID]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))  # who is to do it; None: nobody yet
    title: Mapped[str]
    text: Mapped[str] = mapped_column(default="")
    due_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    execution_id: Mapped[UUID | None]
    section: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
