"""Calls to other systems, and the secrets that they carry."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.storage.base import Base, Identified, refers, to_tenant


class OutsideCall(Identified, Base):
    """One call that a step has planned. planned → calling → answered | gone; the row stays as the record of it.

    `request` names secrets by key; no secret stands in a row. `number` and `step` name the token that waits for it.
    """

    __tablename__ = "outside_calls"
    __table_args__ = (
        refers("execution_id", "executions", on_delete="CASCADE"),
        CheckConstraint("state IN ('planned','calling','answered','gone')", name="state"),
        Index(None, "tenant_id", "shard", "next_at"),
        Index(None, "tenant_id", "execution_id"),
        {"sqlite_with_rowid": False},
    )

    key: Mapped[str]  # the same over all tries: the other side can tell a repetition by it
    execution_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(SmallInteger)
    step: Mapped[int]
    section: Mapped[str]
    shard: Mapped[int] = mapped_column(SmallInteger)
    request: Mapped[dict[str, Any]]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    reason: Mapped[str] = mapped_column(default="")
    planned_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]  # when to look at it; None once it is over
    owner: Mapped[UUID | None]


class Secret(Identified, Base):
    """A password or key of another system, by name, encrypted."""

    __tablename__ = "secrets"
    __table_args__ = (to_tenant(), UniqueConstraint("tenant_id", "key"))

    key: Mapped[str]
    name: Mapped[str]
    sealed: Mapped[str]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
