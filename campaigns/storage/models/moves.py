"""Moves: executions that people took from one version to another, or out, and can take back for a while."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.storage.base import Base, Identified, TenantRow, refers

_OPEN = text("settled_at IS NULL")


class Move(Identified, Base):
    """One decision about who is inside. `settled_at`: when it was taken back, or could be no more."""

    __tablename__ = "moves"
    __table_args__ = (
        refers("workflow_id", "workflows", on_delete="CASCADE"),
        refers("version_id", "versions", on_delete="CASCADE"),
        Index(None, "tenant_id", "workflow_id", "id"),
        Index("ix_moves_open", "tenant_id", "at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    workflow_id: Mapped[UUID]
    version_id: Mapped[UUID]  # where they went
    moved: Mapped[int] = mapped_column(default=0)
    leaving: Mapped[int] = mapped_column(default=0)
    stayed: Mapped[int] = mapped_column(default=0)  # who was chosen and could not go
    returned: Mapped[int | None]  # how many came back when it was taken back
    author: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class MovedExecution(TenantRow, Base):
    """One execution of a move: where it was before. Kept until the move is settled."""

    __tablename__ = "moved_executions"
    __table_args__ = (
        refers("move_id", "moves", on_delete="CASCADE"),
        refers("execution_id", "executions", on_delete="CASCADE"),
        Index(None, "tenant_id", "execution_id"),
        {"sqlite_with_rowid": False},
    )

    move_id: Mapped[UUID] = mapped_column(primary_key=True)
    execution_id: Mapped[UUID] = mapped_column(primary_key=True)
    version_id: Mapped[UUID]  # where it was
    leaves: Mapped[bool]  # it does not go to the other version, but out
    status: Mapped[str]  # as it was
    steps: Mapped[int]  # how many it had taken, with the one that records the move
    waits: Mapped[list[Any] | None]  # what its tokens waited for before: [number, name, type, count]
