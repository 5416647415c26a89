"""The record of who did what: append-only, without personal content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from campaigns.errors import NotFound
from campaigns.storage.models import AuditEntry
from campaigns.storage.transaction import TenantSession


def record(session: TenantSession, action: str, *, kind: str = "", target: str = "", **detail: Any) -> None:
    """Note an action of the session's actor on something, named by its kind and key; written with the transaction.

    The network address is the one that the page or API put into `session.info["address"]`.
    """
    actor = session.actor
    session.add(
        AuditEntry(
            at=session.now,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name,
            action=action,
            target_kind=kind,
            target=target,
            detail=detail,
            address=str(session.info.get("address", "")),
        )
    )


def list_entries(session: TenantSession, *, before: str | None = None, limit: int = 50) -> Sequence[AuditEntry]:
    """Return entries, the newest first; `before` (an id) continues after a page."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if before is None:
        return session.scalars(query).all()
    try:
        return session.scalars(query.where(AuditEntry.id < UUID(before))).all()
    except ValueError:
        raise NotFound("There is no such page.") from None
