"""Planned switches: workflows that are activated or deactivated at a time somebody has set."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.storage.base import Base, Identified, refers


class PlannedSwitch(Identified, Base):
    """One switch to come, gone once it is carried out. What kept it from that stays, in words, until it is seen to.

    `options` are those of the dialog: note and overdue of an activation, running of a deactivation.
    """

    __tablename__ = "planned_switches"
    __table_args__ = (
        refers("workflow_id", "workflows", on_delete="CASCADE"),
        CheckConstraint("turn IN ('activate','deactivate')", name="turn"),
        UniqueConstraint("tenant_id", "workflow_id", "turn"),
    )

    workflow_id: Mapped[UUID]
    turn: Mapped[str]
    at: Mapped[datetime]
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    failed_because: Mapped[str] = mapped_column(default="")
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    author: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
