"""The counters of limits: what a batch reads, asks and writes of them, and the removal of what counts no more.

A token that comes to a limit rests with its key, due at once; the next batch reads the counters of all such tokens with
one statement, in the transaction that also writes their steps, and holds them until it commits. So two batches never
pass together more than the limit, and what a crash undoes is not counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import Connection

from campaigns.engine.limiting import asked_by
from campaigns.engine.limits import Counter, Verdict
from campaigns.engine.outcome import Limit
from campaigns.storage.models import Tenant
from campaigns.storage.queries import limit_passes as queries
from campaigns.storage.queries.bulk import Native
from campaigns.storage.queries.due_tokens import Resume
from campaigns.storage.queries.limit_passes import Row
from campaigns.storage.transaction import Store, reading, system, writing
from campaigns.storage.types import from_microseconds, to_microseconds
from campaigns.tenancy import Tenancy

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_NOTHING: Row = ([], 0, 0)


@dataclass
class Limits:
    """The counters that one batch works with, by hashed key. `before`: as they were read."""

    tenant: str = ""
    now: datetime = _LONG_AGO
    before: dict[str, Row] = field(default_factory=dict)
    counters: dict[str, Counter] = field(default_factory=dict)

    def ask(self, workflow_id: Any, limit: Limit) -> Verdict | None:
        """Answer a section of a workflow, and count what passes; None where the counter was not read."""
        counter = self.counters.get(self.key(workflow_id, limit))
        return counter.ask(limit, self.now) if counter is not None else None

    def key(self, workflow_id: Any, limit: Limit) -> str:
        """Return the hash by which a limit counts: of the tenant, the workflow unless it is shared, and the keys."""
        workflow = workflow_id.hex() if isinstance(workflow_id, bytes) else UUID(str(workflow_id)).hex
        written = json.dumps([self.tenant, "" if limit.shared else workflow, *limit.key])
        return sha256(written.encode()).hexdigest()

    def changed(self) -> dict[str, tuple[Row, datetime]]:
        """Return what has to be written: passes, times and seconds by key, and until when they are kept."""
        found = {}
        for key, counter in self.counters.items():
            passes, times, seconds = self.before.get(key, _NOTHING)
            within = counter.within
            if (len(counter.passes), counter.times, within) == (len(passes), times, timedelta(seconds=seconds)):
                continue
            kept = counter.kept(self.now)
            row = [to_microseconds(one) for one in kept], counter.times, int(within.total_seconds())
            found[key] = row, max(kept, default=self.now) + within
        return found


def read_limits(connection: Connection, tenant: Any, tokens: Iterable[Resume], *, now: datetime) -> Limits:
    """Return the counters that these tokens ask for; others count by them when this transaction has ended.

    The last of what a batch reads, since it waits here for others that count by the same keys.
    """
    limits = Limits(Native(connection).uuid(tenant).hex, now)
    asked = [token for token in tokens if "asked" in token.data]
    if not asked:
        return limits
    keys = {limits.key(token.workflow_id, asked_by(token.data["asked"])) for token in asked}
    queries.hold(connection, tenant, sorted(keys), now=now)
    limits.before = queries.passes_of(connection, tenant, sorted(keys))
    for key in keys:
        passes, times, seconds = limits.before.get(key, _NOTHING)
        limits.counters[key] = Counter([from_microseconds(at) for at in passes], times, timedelta(seconds=seconds))
    return limits


def unchanged(connection: Connection, tenant: Any, limits: Limits) -> bool:
    """Return whether the counters are still those that were read."""
    return not limits.counters or queries.passes_of(connection, tenant, sorted(limits.counters)) == limits.before


def write_limits(connection: Connection, tenant: Any, limits: Limits) -> None:
    """Write what a batch has counted."""
    if limits.counters:
        queries.write_passes(connection, tenant, limits.changed())


def sweep(store: Store) -> int:
    """Remove what does not count any more in all tenants; return how many keys that were."""
    with system(store) as session:
        tenants = session.scalars(select(Tenant.id)).all()
    return sum(_sweep_one(store, tenant_id) for tenant_id in tenants)


def _sweep_one(store: Store, tenant_id: UUID) -> int:
    with reading(store, Tenancy(tenant_id)) as session:
        if not queries.has_old(session):
            return 0
    with writing(store, Tenancy(tenant_id)) as session:
        return queries.remove_old(session)
