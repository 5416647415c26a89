"""The record of who did what: append-only, without personal content."""

from __future__ import annotations

from typing import Any

from campaigns.storage.models import AuditEntry
from campaigns.storage.transaction import TenantSession


def record(session: TenantSession, action: str, *, kind: str = "", target: str = "", **detail: Any) -> None:
    """Note an action of the session's actor on something, named by its kind and key; written with the transaction."""
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
        )
    )
