"""Tokens that wait for a time, and bringing that time forward: one read and one write for a page of executions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from campaigns.engine.execution import Token
from campaigns.storage.queries.bulk import Native, Same, change, fetch
from campaigns.storage.transaction import TenantSession

STATUSES = ("waiting", "listening")  # of a held one the time does not run, whatever it is

_TIMED = """
    SELECT t.execution_id, t.number, t.section, t.shard, t.wake_at, t.data FROM tokens t
    JOIN executions x ON x.tenant_id = t.tenant_id AND x.id = t.execution_id
    WHERE t.tenant_id = :tenant AND t.execution_id IN :ids AND t.wake_at > :now AND x.status IN :statuses
"""


@dataclass(frozen=True, slots=True)
class Timed:
    """A token that waits for a time to come; `data` is what is kept of it besides."""

    execution_id: UUID
    number: int
    section: str
    shard: int
    data: dict[str, Any]


def find_timed(
    session: TenantSession, ids: Sequence[UUID], *, section: str | None = None, workflow_id: UUID | None = None
) -> list[Timed]:
    """Return what waits for a time in these executions: at a section, or anywhere; in the order of their numbers."""
    if not ids:
        return []
    native = Native(session.connection())
    values = {"tenant": native.id(session.tenant_id), "now": native.moment(session.now)}
    sql = _TIMED
    if section is not None:
        sql, values["section"] = f"{sql} AND t.section = :section", section
    if workflow_id is not None:
        sql, values["workflow"] = f"{sql} AND t.workflow_id = :workflow", native.id(workflow_id)
    rows = fetch(session.connection(), sql, values, ids=[native.id(one) for one in ids], statuses=list(STATUSES))
    found = [
        (Timed(native.uuid(row[0]), row[1], row[2], row[3], native.from_json(row[5]) or {}), native.from_moment(row[4]))
        for row in rows
    ]
    timed = [one for one, at in found if Token.read(one.number, one.section, at, one.data).waits_for_time]
    return sorted(timed, key=lambda one: (one.execution_id, one.number))


def hasten(session: TenantSession, timed: Sequence[Timed], by: dict[str, Any]) -> None:
    """Make these tokens due now, and keep who wanted it. No batch may be working on them."""
    session.flush()
    native = Native(session.connection())
    now = Same(native.moment(session.now))
    columns: dict[str, Any] = {
        "tenant_id": Same(native.id(session.tenant_id)),
        "execution_id": [native.id(one.execution_id) for one in timed],
        "number": [one.number for one in timed],
        "wake_at": now,
        "due_at": now,
        "data": [native.json(one.data | {"hastened": by}) for one in timed],
    }
    where = "tokens.tenant_id = {tenant_id} AND tokens.execution_id = {execution_id} AND tokens.number = {number}"
    change(session.connection(), "tokens", "wake_at = {wake_at}, due_at = {due_at}, data = {data}", where, columns)
