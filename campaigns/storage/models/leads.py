"""Leads and the tenant's vocabulary about them: fields, statuses, tags, lists."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.storage.base import Base, Identified, TenantRow, refers, to_tenant

_DEFAULT = text("is_default")
_NAMED = text("last_name IS NOT NULL AND first_name IS NOT NULL")
_CALLED = text("phone_key IS NOT NULL")


class LeadStatus(Identified, Base):
    """A status a lead can have; exactly one is the default of a tenant."""

    __tablename__ = "lead_statuses"
    __table_args__ = (
        to_tenant(),
        UniqueConstraint("tenant_id", "key"),
        Index(
            "uq_lead_statuses_default",
            "tenant_id",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )

    key: Mapped[str]
    name: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)
    is_default: Mapped[bool] = mapped_column(default=False)


class LeadField(Identified, Base):
    """The definition of a custom field."""

    __tablename__ = "lead_fields"
    __table_args__ = (
        to_tenant(),
        UniqueConstraint("tenant_id", "key"),
        CheckConstraint(
            "type IN ('text','number','boolean','date','datetime','choice','email','phone','url')", name="type"
        ),
    )

    key: Mapped[str]
    name: Mapped[str]
    type: Mapped[str]
    choices: Mapped[list[Any]] = mapped_column(default=list)
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class Lead(Identified, Base):
    """A person or organisation to campaign to. Custom values stand in `fields` by field key."""

    __tablename__ = "leads"
    __table_args__ = (
        to_tenant(),
        refers("status_id", "lead_statuses"),
        UniqueConstraint("tenant_id", "email_key"),
        UniqueConstraint("tenant_id", "external_id"),
        Index(None, "tenant_id", "status_id"),
        Index("ix_leads_phone_key", "tenant_id", "phone_key", sqlite_where=_CALLED, postgresql_where=_CALLED),
        Index("ix_leads_names", "tenant_id", "last_name", "first_name", sqlite_where=_NAMED, postgresql_where=_NAMED),
    )

    email: Mapped[str | None]
    email_key: Mapped[str | None]  # the address without regard to case, filled by Python
    external_id: Mapped[str | None]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    phone: Mapped[str | None]
    phone_key: Mapped[str | None]  # its last digits, by which numbers are alike however they are written
    status_id: Mapped[UUID]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    score: Mapped[int] = mapped_column(default=0)
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    search_text: Mapped[str] = mapped_column(default="")  # casefolded names, address, phone
    moved_to: Mapped[UUID | None]  # the tenant it is in now; its own: merged into another lead (`MergedLead`)
    revision: Mapped[int] = mapped_column(default=0)  # rises with every change; optimistic checks compare it
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class MergedLead(TenantRow, Base):
    """A lead that was merged into another one. Its row stays, holding the address and external id not taken over."""

    __tablename__ = "merged_leads"
    __table_args__ = (
        refers("id", "leads", on_delete="CASCADE"),
        refers("lead_id", "leads", on_delete="CASCADE"),
        Index(None, "tenant_id", "lead_id"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID]  # the one that was kept: never one that was itself merged
    at: Mapped[datetime]


class Tag(TenantRow, Base):
    """A word that leads can be marked with."""

    __tablename__ = "tags"
    __table_args__ = (to_tenant(),)

    key: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]


class LeadTag(TenantRow, Base):
    """A lead carries a tag."""

    __tablename__ = "lead_tags"
    __table_args__ = (
        refers("lead_id", "leads", on_delete="CASCADE"),
        refers("tag", "tags", target="key", on_delete="CASCADE"),
        Index(None, "tenant_id", "tag", "lead_id"),
        {"sqlite_with_rowid": False},
    )

    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True)


class List(Identified, Base):
    """A named list of leads."""

    __tablename__ = "lists"
    __table_args__ = (to_tenant(), UniqueConstraint("tenant_id", "key"))

    key: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[datetime]


class ListMember(TenantRow, Base):
    """A lead is on a list."""

    __tablename__ = "list_members"
    __table_args__ = (
        refers("list_id", "lists", on_delete="CASCADE"),
        refers("lead_id", "leads", on_delete="CASCADE"),
        Index(None, "tenant_id", "lead_id"),
        {"sqlite_with_rowid": False},
    )

    list_id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    added_at: Mapped[datetime]


class Note(Identified, Base):
    """A note on a lead's timeline."""

    __tablename__ = "notes"
    __table_args__ = (refers("lead_id", "leads", on_delete="CASCADE"), Index(None, "tenant_id", "lead_id", "id"))

    lead_id: Mapped[UUID]
    text: Mapped[str]
    at: Mapped[datetime]
    author: Mapped[str] = mapped_column(default="")
    execution_id: Mapped[UUID | None]
