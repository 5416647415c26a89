"""Finding work that nothing would wake. There should never be any; a promise is only kept if somebody looks.

An expired lease needs no care: its shards are simply due again. What is looked for here are shards that have pending
events, due tokens, mails or imports while their `due` row is missing or says "nothing".
"""

from __future__ import annotations

from uuid import UUID

import structlog
from sqlalchemy import func, select

from campaigns.storage.models import Due, Import, OutboxItem, PendingEvent, Tenant, Token
from campaigns.storage.queries.due import Kind
from campaigns.storage.transaction import Store, reading, system, writing
from campaigns.tenancy import Tenancy

log = structlog.get_logger()


def heal(store: Store) -> int:
    """Wake every shard that has work and no due time; return how many there were."""
    with system(store) as session:
        tenants = session.scalars(select(Tenant.id)).all()
        awake: dict[UUID, set[tuple[str, int]]] = {}
        for row in session.execute(select(Due.tenant_id, Due.kind, Due.shard).where(Due.next_at.is_not(None))):
            awake.setdefault(row.tenant_id, set()).add((row.kind, row.shard))
    return sum(_heal_tenant(store, tenant_id, awake.get(tenant_id, set())) for tenant_id in tenants)


def _heal_tenant(store: Store, tenant_id: UUID, awake: set[tuple[str, int]]) -> int:
    with reading(store, Tenancy(tenant_id)) as session:
        asleep: set[tuple[Kind, int]] = set()
        asleep |= {("run", shard) for shard in session.scalars(select(PendingEvent.shard).distinct())}
        asleep |= {
            ("run", shard)
            for shard in session.scalars(select(Token.shard).where(Token.wake_at.is_not(None)).distinct())
        }
        asleep |= {("outbox", shard) for shard in session.scalars(select(OutboxItem.shard).distinct())}
        open_imports = select(func.count()).select_from(Import).where(Import.status.in_(("pending", "running")))
        if session.scalar(open_imports):
            asleep.add(("import", 0))
    asleep = {item for item in asleep if item not in awake}
    if asleep:
        log.error("recovery.woken", tenant=str(tenant_id), shards=sorted(asleep))
        with writing(store, Tenancy(tenant_id)) as session:
            for kind, shard in asleep:
                session.make_due(kind, [shard], lane="timed")
    return len(asleep)
