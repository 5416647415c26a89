"""Workflows: the draft people edit, its revisions, the versions that run, and what they listen to."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.storage.base import Base, Identified, TenantRow, refers, to_tenant
from campaigns.storage.types import Written


class Workflow(Identified, Base):
    """A workflow's identity and state. `live_version` is the number of the version that listens, or listened last."""

    __tablename__ = "workflows"
    __table_args__ = (
        to_tenant(),
        UniqueConstraint("tenant_id", "key"),
    )

    key: Mapped[str]
    name: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=False)
    live_version: Mapped[int | None]
    last_version: Mapped[int] = mapped_column(default=0)
    activated_at: Mapped[datetime | None]
    stopped_because: Mapped[str] = mapped_column(default="", server_default="")  # by the program, not by a person
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Draft(TenantRow, Base):
    """The one draft of a workflow: its head revision and where undo stands."""

    __tablename__ = "drafts"
    __table_args__ = (refers("workflow_id", "workflows", on_delete="CASCADE"),)

    workflow_id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(default=1)
    document: Mapped[dict[str, Any]] = mapped_column(Written)
    undo_stack: Mapped[list[Any]] = mapped_column(default=list)  # revision numbers that undo walks back to
    redo_stack: Mapped[list[Any]] = mapped_column(default=list)
    updated_at: Mapped[datetime]
    updated_by: Mapped[UUID | None]


class Revision(TenantRow, Base):
    """One saved state of a draft; revisions only grow."""

    __tablename__ = "revisions"
    __table_args__ = (refers("workflow_id", "workflows", on_delete="CASCADE"),)

    workflow_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(Written)
    change: Mapped[str] = mapped_column(default="")  # what was done, in words
    author_id: Mapped[UUID | None]
    author: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class Version(Identified, Base):
    """A frozen document. Immutable: a database trigger refuses UPDATE."""

    __tablename__ = "versions"
    __table_args__ = (
        refers("workflow_id", "workflows", on_delete="CASCADE"),
        UniqueConstraint("tenant_id", "workflow_id", "number"),
    )

    workflow_id: Mapped[UUID]
    number: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(Written)
    note: Mapped[str] = mapped_column(default="")
    author_id: Mapped[UUID | None]
    author: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class VersionRef(Identified, Base):
    """What a version uses, resolved: one of the columns is set. Nothing that is used can be deleted."""

    __tablename__ = "version_refs"
    __table_args__ = (
        refers("version_id", "versions", on_delete="CASCADE"),
        refers("list_id", "lists"),
        refers("status_id", "lead_statuses"),
        refers("field_id", "lead_fields"),
        refers("template_version_id", "template_versions"),
        refers("target_workflow_id", "workflows"),
        refers("user_id", "memberships", target="user_id"),
        Index(None, "tenant_id", "version_id"),
    )

    version_id: Mapped[UUID]
    kind: Mapped[str]
    key: Mapped[str]
    list_id: Mapped[UUID | None]
    status_id: Mapped[UUID | None]
    field_id: Mapped[UUID | None]
    template_version_id: Mapped[UUID | None]
    target_workflow_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]


class Subscription(TenantRow, Base):
    """A trigger of an active version listens to an event type, from `since` on."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        refers("workflow_id", "workflows", on_delete="CASCADE"),
        refers("version_id", "versions"),
        Index(None, "tenant_id", "event_type"),
    )

    workflow_id: Mapped[UUID] = mapped_column(primary_key=True)
    trigger_id: Mapped[str] = mapped_column(primary_key=True)
    version_id: Mapped[UUID]
    event_type: Mapped[str]
    mode: Mapped[str] = mapped_column(default="start")
    since: Mapped[datetime]
    through: Mapped[datetime | None]  # up to when dates that were reached have been looked for


class Schedule(TenantRow, Base):
    """When a trigger's schedule comes next, and how far its leads have been told of what came. Ends with its trigger.

    `telling` is the time that came while it is told of, `told_to` the last lead (by id) who was; both are empty after.
    """

    __tablename__ = "schedules"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "workflow_id", "trigger_id"],
            ["subscriptions.tenant_id", "subscriptions.workflow_id", "subscriptions.trigger_id"],
            name="fk_schedules_subscriptions",
            ondelete="CASCADE",
        ),
    )

    workflow_id: Mapped[UUID] = mapped_column(primary_key=True)
    trigger_id: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]
    zone: Mapped[str | None]  # the tenant's, by which it was planned; None: it names a zone of its own
    telling: Mapped[datetime | None]
    told_to: Mapped[UUID | None]
