"""Held executions whose delay or timeout has passed while they were held, and other times for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select

from campaigns.storage.models import Execution, Token
from campaigns.storage.queries.bulk import Native, Same, change
from campaigns.storage.queries.stopping import CHUNK
from campaigns.storage.transaction import TenantSession


@dataclass(frozen=True, slots=True)
class Late:
    """A held execution, and when it should have gone on."""

    execution_id: UUID
    version_id: UUID
    lead_id: UUID | None
    due_at: datetime


def count(session: TenantSession, workflow_id: UUID) -> tuple[int, int]:
    """Return how many held executions of a workflow are late, and of how many leads."""
    late = _late(session, workflow_id).subquery()
    row = session.execute(select(func.count(), func.count(late.c.lead_id.distinct())).select_from(late)).one()
    return row[0], row[1]


def find(session: TenantSession, workflow_id: UUID) -> list[Late]:
    """Return the held executions of a workflow that are late, in the order in which they should have gone on."""
    found = _late(session, workflow_id).order_by(func.min(Token.due_at), Execution.id)
    rows = session.execute(found)
    return [Late(row[0], row[1], row[2], row[3]) for row in rows if row[3] is not None]


def put_off(session: TenantSession, moments: Sequence[tuple[UUID, datetime]]) -> None:
    """Give executions that are late and held no more another time to go on: one statement a chunk."""
    connection = session.connection()
    native = Native(connection)
    where = "tokens.tenant_id = {tenant_id} AND tokens.execution_id = {execution_id} AND tokens.due_at <= {entered_at}"
    for start in range(0, len(moments), CHUNK):
        part = moments[start : start + CHUNK]
        columns: dict[str, Any] = {
            "tenant_id": Same(native.id(session.tenant_id)),
            "execution_id": [native.id(execution_id) for execution_id, _ in part],
            "wake_at": [native.moment(at) for _, at in part],
            "entered_at": Same(native.moment(session.now)),  # now: a value takes the type of a column of its name
        }
        change(connection, "tokens", "wake_at = {wake_at}, due_at = {wake_at}", where, columns)


def _late(session: TenantSession, workflow_id: UUID) -> Select[UUID, UUID, UUID | None, datetime | None]:
    """Late is what waits inside a section of the main line; a listener's line goes on by itself, whenever."""
    joined = and_(Token.tenant_id == Execution.tenant_id, Token.execution_id == Execution.id)
    own = (Execution.tenant_id == session.tenant_id, Execution.workflow_id == workflow_id)
    waits = (Token.data["entered"].as_boolean().is_(True), Token.data["side"].as_boolean().is_not(True))
    return (
        select(Execution.id, Execution.version_id, Execution.lead_id, func.min(Token.due_at).label("due_at"))
        .join(Token, joined)
        .where(*own, Execution.status == "held", Execution.reason != "leaving", Token.due_at <= session.now, *waits)
        .group_by(Execution.id, Execution.version_id, Execution.lead_id)
    )
