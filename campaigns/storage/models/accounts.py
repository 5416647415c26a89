"""Tenants, the people in them, how they sign in, and what they did."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.ids import new_id
from campaigns.storage.base import Base, Identified, TenantRow, to_tenant


class Tenant(Base):
    """An organisation. Tenants form a tree; a parent's admins can open its children."""

    __tablename__ = "tenants"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("tenants.id"))
    time_zone: Mapped[str] = mapped_column(default="UTC")
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]


class User(Base):
    """A person who signs in; may belong to several tenants."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str | None]
    time_zone: Mapped[str] = mapped_column(default="UTC")
    created_at: Mapped[datetime]


class SignInSession(Base):
    """One signed-in browser. `token_hash` is the SHA-256 of the random token that the cookie carries."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(default="")
    user_agent: Mapped[str] = mapped_column(default="")


class SignInAttempt(Base):
    """Failed sign-ins per account and per address, so that guessing slows down on every process at once."""

    __tablename__ = "sign_in_attempts"

    subject: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    blocked_until: Mapped[datetime | None]
    last_at: Mapped[datetime]


class Membership(TenantRow, Base):
    """A user's role in a tenant."""

    __tablename__ = "memberships"
    __table_args__ = (
        to_tenant(),
        CheckConstraint("role IN ('owner', 'admin', 'editor', 'viewer')", name="role"),
        Index(None, "user_id"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str]
    created_at: Mapped[datetime]


class Invitation(Identified, Base):
    """An invitation by signed link; used once."""

    __tablename__ = "invitations"
    __table_args__ = (to_tenant(),)

    email: Mapped[str]
    role: Mapped[str]
    invited_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ApiKey(Identified, Base):
    """A key of one tenant: shown once, kept as a hash, limited to scopes (empty: everything)."""

    __tablename__ = "api_keys"
    __table_args__ = (to_tenant(), UniqueConstraint("tenant_id", "name"))

    name: Mapped[str]
    prefix: Mapped[str]
    secret_hash: Mapped[str]
    scopes: Mapped[list[Any]] = mapped_column(default=list)
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuditEntry(Identified, Base):
    """Who did what, append-only; no personal content."""

    __tablename__ = "audit"
    __table_args__ = (to_tenant(),)

    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(default="")
    action: Mapped[str]
    target_kind: Mapped[str] = mapped_column(default="")
    target: Mapped[str] = mapped_column(default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    address: Mapped[str] = mapped_column(default="")


class IdempotencyKey(TenantRow, Base):
    """The first answer to a request that carried an Idempotency-Key; kept seven days."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (to_tenant(),)

    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    status: Mapped[int | None]
    body: Mapped[str | None]
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]


__all__ = [
    "ApiKey",
    "AuditEntry",
    "IdempotencyKey",
    "Invitation",
    "Membership",
    "SignInAttempt",
    "SignInSession",
    "Tenant",
    "User",
]
