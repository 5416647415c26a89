"""Whether a tenant has anything left to do at once: for commands that wait until all is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import or_, select

from campaigns.storage.models import Due
from campaigns.storage.transaction import Store, present, system

PAUSE_SECONDS = 0.05


def is_quiet(store: Store, tenant_id: UUID) -> bool:
    """Return whether nothing of the tenant is due now and no worker holds anything of it; waits may lie ahead."""
    with system(store) as session:
        now = present(store, session.connection())
        busy = or_(Due.next_at <= now, Due.lease_until > now)
        return session.scalar(select(Due.shard).where(Due.tenant_id == tenant_id, busy).limit(1)) is None


def settle(
    store: Store,
    tenant_id: UUID,
    *,
    run_once: Callable[[], bool],
    looked: Callable[[], None] = lambda: None,
    rest: Callable[[float], None] = time.sleep,
) -> None:
    """Work until the tenant is quiet, beside any other worker; `looked` is called between two pieces of work."""
    while not is_quiet(store, tenant_id):
        if not run_once():
            rest(PAUSE_SECONDS)  # another process holds the rest
        looked()
    looked()
