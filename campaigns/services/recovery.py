"""Finding work that nothing would wake. There should never be any; a promise is only kept if somebody looks.

An expired lease needs no care: its shards are simply due again. What is looked for here are shards that have pending
events, due tokens, mails or imports while their `due` row is missing or says "nothing". Work and row are compared in
one statement, so what is committed or settled in between is never taken for forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, exists, literal, select, union_all

from campaigns.storage.models import (
    Admission,
    Due,
    Import,
    OutboxItem,
    OutsideCall,
    PendingEvent,
    PlannedSwitch,
    Tenant,
    Token,
)
from campaigns.storage.queries.due import SHARDS, Kind
from campaigns.storage.transaction import Store, TenantSession, reading, system, writing
from campaigns.tenancy import Tenancy

log = structlog.get_logger()
_SHARDS = union_all(*(select(literal(number).label("shard")) for number in range(SHARDS))).subquery("shards")

_OPEN: dict[Kind, tuple[Any, ColumnElement[bool]]] = {
    "admission": (Admission, Admission.status == "running"),
    "switch": (PlannedSwitch, PlannedSwitch.failed_because == ""),
}


def heal(store: Store) -> int:
    """Wake every shard that has work and no due time; return how many there were."""
    with system(store) as session:
        tenants = session.scalars(select(Tenant.id)).all()
    return sum(_heal_tenant(store, tenant_id) for tenant_id in tenants)


def has_open_import(session: TenantSession) -> bool:
    """Return whether an import of the tenant waits for a worker."""
    return bool(session.scalar(select(exists().where(*_open_imports(session)))))


def _heal_tenant(store: Store, tenant_id: UUID) -> int:
    with reading(store, Tenancy(tenant_id)) as session:
        asleep: set[tuple[Kind, int]] = _asleep(session, "run", PendingEvent)
        asleep |= _asleep(session, "run", Token, Token.wake_at.is_not(None))
        asleep |= _asleep(session, "outbox", OutboxItem)
        asleep |= _asleep(session, "call", OutsideCall, OutsideCall.next_at.is_not(None))
        open_import = exists().where(*_open_imports(session))
        if session.scalar(select(open_import & ~_awake(session, "import", literal(0)))):
            asleep.add(("import", 0))
        for kind, (model, is_open) in _OPEN.items():
            open_one = exists().where(model.tenant_id == session.tenant_id, is_open)
            if session.scalar(select(open_one & ~_awake(session, kind, literal(0)))):
                asleep.add((kind, 0))
    if asleep:
        log.error("recovery.woken", tenant=str(tenant_id), shards=sorted(asleep))
        with writing(store, Tenancy(tenant_id)) as session:
            for kind, shard in asleep:
                session.make_due(kind, [shard], lane="timed")
    return len(asleep)


def _asleep(session: TenantSession, kind: Kind, model: Any, *where: ColumnElement[bool]) -> set[tuple[Kind, int]]:
    """Return the shards that have rows of a model and no due time; a million rows cost no more than one."""
    has_work = exists().where(model.tenant_id == session.tenant_id, model.shard == _SHARDS.c.shard, *where)
    found: Iterable[int] = session.scalars(
        select(_SHARDS.c.shard).where(~_awake(session, kind, _SHARDS.c.shard), has_work)
    )
    return {(kind, shard) for shard in found}


def _awake(session: TenantSession, kind: Kind, shard: ColumnElement[int]) -> ColumnElement[bool]:
    return exists().where(
        Due.tenant_id == session.tenant_id, Due.kind == kind, Due.shard == shard, Due.next_at.is_not(None)
    )


def _open_imports(session: TenantSession) -> tuple[ColumnElement[bool], ...]:
    return Import.tenant_id == session.tenant_id, Import.status.in_(("pending", "running"))
