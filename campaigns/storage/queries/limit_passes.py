"""What has passed limits, for a whole batch: read by key and held until it commits, and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from campaigns.storage.models import LimitPasses
from campaigns.storage.queries.bulk import Columns, Native, Same, fetch, insert
from campaigns.storage.transaction import TenantSession

Row = tuple[list[int], int, int]  # passes, times, seconds
_HOLD = "ON CONFLICT (tenant_id, key) DO UPDATE SET times = limit_passes.times"  # changes nothing, and locks the row
_WRITE = """
    ON CONFLICT (tenant_id, key) DO UPDATE SET passes = excluded.passes, times = excluded.times,
        seconds = excluded.seconds, kept_until = excluded.kept_until
"""


def hold(connection: Connection, tenant: Any, keys: Sequence[str], *, now: datetime) -> None:
    """Let no other batch count by these keys until this one commits: in one order, so that none waits in a circle.

    A key without a row gets one, since what is not there can't be locked. On SQLite there is one writer anyway.
    """
    if connection.dialect.name == "sqlite":
        return
    new = {"passes": Same("[]"), "times": Same(0), "seconds": Same(0), "kept_until": Same(now)}
    insert(connection, "limit_passes", {"tenant_id": Same(tenant), "key": sorted(keys), **new}, suffix=_HOLD)


def passes_of(connection: Connection, tenant: Any, keys: Sequence[str]) -> dict[str, Row]:
    """Return what has passed by these keys; a key that nothing passed by may be absent."""
    sql = "SELECT key, passes, times, seconds FROM limit_passes WHERE tenant_id = :tenant AND key IN :keys"
    native = Native(connection)
    rows = fetch(connection, sql, {"tenant": tenant}, keys=sorted(keys))
    return {row[0]: (native.from_json(row[1]), row[2], row[3]) for row in rows}


def write_passes(connection: Connection, tenant: Any, changed: Mapping[str, tuple[Row, datetime]]) -> None:
    """Write what has passed by keys as a batch has left it, each with the moment after which nothing of it counts."""
    if not changed:
        return
    native, rows = Native(connection), [changed[key] for key in sorted(changed)]
    columns: Columns = {
        "tenant_id": Same(tenant),
        "key": sorted(changed),
        "passes": [native.json(passes) for (passes, _, _), _ in rows],
        "times": [times for (_, times, _), _ in rows],
        "seconds": [seconds for (_, _, seconds), _ in rows],
        "kept_until": [native.moment(until) for _, until in rows],
    }
    insert(connection, "limit_passes", columns, suffix=_WRITE)


def has_old(session: TenantSession) -> bool:
    """Return whether something of the tenant does not count any more."""
    return session.scalar(select(LimitPasses.key).where(*_old(session)).limit(1)) is not None


def remove_old(session: TenantSession) -> int:
    """Remove what does not count any more; return how many keys that were."""
    return session.execute(delete(LimitPasses).where(*_old(session)), execution_options=_SILENT).rowcount  # type: ignore[attr-defined, no-any-return]


def _old(session: TenantSession) -> tuple[Any, ...]:
    return LimitPasses.tenant_id == session.tenant_id, LimitPasses.kept_until < session.now


_SILENT = {"synchronize_session": False}
