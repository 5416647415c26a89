"""Leads as conditions see them, outside of a batch: read together, with what the conditions want to know of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from campaigns.engine.context import Context, no_activity
from campaigns.engine.program import Data
from campaigns.storage.queries import batch_reads as reads
from campaigns.storage.queries.bulk import Native
from campaigns.storage.transaction import TenantSession


def load_contexts(
    session: TenantSession, lead_ids: Sequence[UUID], data: Data, *, zone: ZoneInfo, lock: bool
) -> dict[UUID, Context]:
    """Return the leads by id, in its order, those that are gone left out; on PostgreSQL `lock` keeps them as they are.

    A few statements, however many leads there are. `data`: what is wanted besides their fields.
    """
    connection = session.connection()
    native = Native(connection)
    tenant = native.id(session.tenant_id)
    keys = sorted(native.id(lead_id) for lead_id in lead_ids)
    found = reads.subjects(connection, tenant, keys, reads.names(connection, tenant), lock=lock)
    if data.lists:
        reads.fill_lists(connection, tenant, found, reads.list_ids(connection, tenant, sorted(data.lists)))
    if data.tags:
        reads.fill_tags(connection, tenant, found)
    inside = reads.active_workflows(connection, tenant, keys) if data.workflows else {}
    did = sorted({name for name, _ in data.activity})
    happened = reads.activity(connection, tenant, keys, did) if did else {}
    return {
        native.uuid(key): Context(
            found[key], now=session.now, workflows=inside.get(key, set()), activity=_counter(happened.get(key)),
            time_zone=zone, tenant_zone=zone,
        )
        for key in sorted(found)
    }  # fmt: skip


def _counter(happened: list[tuple[str, datetime]] | None) -> Any:
    if not happened:
        return no_activity
    return lambda name, since: sum(1 for n, at in happened if n == name and (since is None or at >= since))
