"""The data of visits, for a whole batch: read by session id, and written whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.engine import Connection

from campaigns.storage.queries.bulk import Columns, Native, Same, change, fetch


def visits_of(connection: Connection, tenant: Any, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the data of visits, their id among it, by session id."""
    wanted = sorted(keys)
    if not wanted:
        return {}
    native, sql = Native(connection), "SELECT key, data FROM visits WHERE tenant_id = :tenant AND key IN :keys"
    rows = fetch(connection, sql, {"tenant": tenant}, keys=wanted)
    return {row[0]: {**(native.from_json(row[1]) or {}), "id": row[0]} for row in rows}


def write_visits(connection: Connection, tenant: Any, visits: Mapping[str, dict[str, Any]]) -> None:
    """Write the data of visits as a batch has left it. A visit is one lead's, so no other batch has it in hand."""
    if not visits:
        return
    native = Native(connection)
    kept = [{name: value for name, value in data.items() if name != "id"} for data in visits.values()]
    columns: Columns = {
        "tenant_id": Same(tenant),
        "key": list(visits),
        "data": [native.json(data) for data in kept],
    }
    where = "visits.tenant_id = {tenant_id} AND visits.key = {key}"
    change(connection, "visits", "data = {data}", where, columns)
