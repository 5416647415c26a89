"""Executions: a lead's way through one version, its steps, where its tokens wait, and who was refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.storage.base import Base, Identified, TenantRow, refers

_STATUSES = "'ready','running','waiting','listening','held','finished','stopped','cancelled','failed'"
_NOT_FINISHED = text("status <> 'finished'")


class Execution(Identified, Base):
    """One lead going through one version. Final: finished, stopped, cancelled (a database trigger keeps them)."""

    __tablename__ = "executions"
    __table_args__ = (
        refers("version_id", "versions"),
        refers("lead_id", "leads"),
        CheckConstraint(f"status IN ({_STATUSES})", name="status"),
        Index(None, "tenant_id", "lead_id", "id"),
        Index(None, "tenant_id", "workflow_id", "id"),
        Index(
            "ix_executions_open",
            "tenant_id",
            "workflow_id",
            "status",
            "id",
            sqlite_where=_NOT_FINISHED,
            postgresql_where=_NOT_FINISHED,
        ),
        {"sqlite_with_rowid": False},
    )

    workflow_id: Mapped[UUID]
    version_id: Mapped[UUID]
    lead_id: Mapped[UUID | None]
    event_id: Mapped[UUID | None]
    trigger_id: Mapped[str | None]
    status: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    hop: Mapped[int] = mapped_column(SmallInteger, default=0)
    lane: Mapped[int] = mapped_column(SmallInteger, default=0)
    steps: Mapped[int] = mapped_column(default=0)  # how many steps were taken: the number of the next one
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    state: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Step(TenantRow, Base):
    """One step, once: the key is the promise. `receipt` holds the values that decided it."""

    __tablename__ = "steps"
    __table_args__ = ({"sqlite_with_rowid": False},)  # no constraint: decision 0008

    execution_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    section: Mapped[str]
    outcome: Mapped[str]
    at: Mapped[datetime]
    receipt: Mapped[dict[str, Any] | None]


class Token(TenantRow, Base):
    """Where an execution stands while it waits: the section, and when to look again. None while it runs through."""

    __tablename__ = "tokens"
    __table_args__ = (
        refers("execution_id", "executions", on_delete="CASCADE"),
        Index(None, "tenant_id", "shard", "wake_at"),
        Index(None, "tenant_id", "workflow_id", "section"),
        {"sqlite_with_rowid": False},
    )

    execution_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, default=0)
    workflow_id: Mapped[UUID]
    section: Mapped[str]  # empty: at the start
    shard: Mapped[int] = mapped_column(SmallInteger)
    wake_at: Mapped[datetime | None]  # None: held or failed, nothing wakes it by time
    due_at: Mapped[datetime | None]  # kept while held, so that release knows
    entered_at: Mapped[datetime]
    data: Mapped[dict[str, Any] | None]  # loop counters and what else the position needs


class Wait(TenantRow, Base):
    """An event that a token waits for: a wait's branch, a listener, or a goal ahead. Found by the event's lead."""

    __tablename__ = "waits"
    __table_args__ = (
        refers("execution_id", "executions", on_delete="CASCADE"),
        Index(None, "tenant_id", "lead_id"),
        {"sqlite_with_rowid": False},
    )

    execution_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    event_type: Mapped[str] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID | None]
    count: Mapped[int] = mapped_column(default=0)  # how often it has come so far


class Awaited(TenantRow, Base):
    """An event type that executions of a version may wait for: such events are looked at, whoever subscribes."""

    __tablename__ = "awaited"
    __table_args__ = (refers("version_id", "versions", on_delete="CASCADE"), {"sqlite_with_rowid": False})

    version_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_type: Mapped[str] = mapped_column(primary_key=True)


class Enrolment(TenantRow, Base):
    """How often a lead is and was in a workflow; the limits are decided on this row."""

    __tablename__ = "enrolments"
    __table_args__ = (
        refers("workflow_id", "workflows", on_delete="CASCADE"),
        refers("lead_id", "leads", on_delete="CASCADE"),
        {"sqlite_with_rowid": False},
    )

    workflow_id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    active: Mapped[int] = mapped_column(default=0)
    ever: Mapped[int] = mapped_column(default=0)
    last_started: Mapped[datetime | None]


class Refusal(Identified, Base):
    """A start that a limit or rule refused, so that "why did this lead not enter?" has an answer."""

    __tablename__ = "refusals"
    __table_args__ = (
        refers("workflow_id", "workflows", on_delete="CASCADE"),
        refers("lead_id", "leads", on_delete="CASCADE"),
        Index(None, "tenant_id", "lead_id", "id"),
        Index(None, "tenant_id", "workflow_id", "id"),
    )

    workflow_id: Mapped[UUID]
    lead_id: Mapped[UUID | None]
    event_id: Mapped[UUID | None]
    limit: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime]


class WorkflowTotal(TenantRow, Base):
    """Executions of a workflow by status, kept by the batches so that no page counts rows."""

    __tablename__ = "workflow_totals"
    __table_args__ = (refers("workflow_id", "workflows", on_delete="CASCADE"),)

    workflow_id: Mapped[UUID] = mapped_column(primary_key=True)
    active: Mapped[int] = mapped_column(default=0)  # holding a slot: not ended, not failed, not only listening
    started: Mapped[int] = mapped_column(default=0)
    finished: Mapped[int] = mapped_column(default=0)
    stopped: Mapped[int] = mapped_column(default=0)
    cancelled: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    unasked: Mapped[int] = mapped_column(
        default=0, server_default="0"
    )  # of those started: nobody has asked for them (services.unasked)
    unasked_mails: Mapped[int] = mapped_column(default=0, server_default="0")  # handed over for such executions


class WorkflowHour(TenantRow, Base):
    """How far the counters of a workflow's totals had come when an hour began; by them storms are told.

    `slot` is the hour's number since 1970 modulo `HOURS`: a later hour takes the row of one that is long past.
    """

    __tablename__ = "workflow_hours"
    __table_args__ = (refers("workflow_id", "workflows", on_delete="CASCADE"), {"sqlite_with_rowid": False})

    workflow_id: Mapped[UUID] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    hour: Mapped[datetime]
    unasked: Mapped[int]
    unasked_mails: Mapped[int]


class SectionCount(TenantRow, Base):
    """Per section of a version: how many wait there, have passed, have failed; kept by the batches.

    A trigger has a row as well: `passed` is how many it let in, `failed` how many were refused. So has each branch that
    was taken, as "section/branch" (queries.counting), with `passed` alone.
    """

    __tablename__ = "section_counts"
    __table_args__ = (
        refers("version_id", "versions", on_delete="CASCADE"),
        {"sqlite_with_rowid": False},
    )

    version_id: Mapped[UUID] = mapped_column(primary_key=True)
    section: Mapped[str] = mapped_column(primary_key=True)
    waiting: Mapped[int] = mapped_column(default=0)
    passed: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
