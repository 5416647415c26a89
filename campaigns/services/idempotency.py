"""Requests that carry an Idempotency-Key are done once: the first answer is kept for seven days and given again."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update

from campaigns.errors import Conflict
from campaigns.storage.models import IdempotencyKey
from campaigns.storage.queries.bulk import Columns, Native, Same, insert
from campaigns.storage.transaction import Store, TenantSession, reading, writing
from campaigns.tenancy import Tenancy

LONGEST = 255
KEPT = timedelta(days=7)
ABANDONED = timedelta(minutes=10)  # longer than any request takes: who began it has died, or has lost the claim
_WAIT_SECONDS, _LOOK_SECONDS = 5.0, 0.05


class KeyReused(Conflict):
    """This Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"


class InFlight(Conflict):
    """The first request with this Idempotency-Key is still being worked on."""

    code = "idempotency_in_flight"


@dataclass(frozen=True, slots=True)
class Kept:
    """The first answer."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do what a key stands for, since a moment; another one may take it over when it is abandoned."""

    key: str
    since: datetime


def begin(store: Store, tenancy: Tenancy, key: str, mark: str) -> Kept | Claim:
    """Take the key for a request with this fingerprint, or return the first answer.

    Raise KeyReused, or InFlight when the first request has not ended within five seconds. What a process left behind
    that died in mid-request is taken over: since the answer is committed with the work, nothing of it was done.
    """
    ends = time.monotonic() + _WAIT_SECONDS
    while True:
        claim = _take(store, tenancy, key, mark)
        if claim is not None:
            return claim
        with reading(store, tenancy) as session:
            row = session.scalar(select(IdempotencyKey).where(IdempotencyKey.key == key))
        if row is not None and row.fingerprint != mark:
            raise KeyReused(
                f"This Idempotency-Key was used for another request ({row.fingerprint[:12]}, now {mark[:12]})."
            )
        if row is not None and row.status is not None:
            return Kept(row.status, row.body or "", row.headers)
        if time.monotonic() > ends:
            raise InFlight
        time.sleep(_LOOK_SECONDS)


def finish(session: TenantSession, claim: Claim, kept: Kept) -> None:
    """Keep the answer, in the transaction that did the work; raise InFlight when another request has taken over."""
    values = {"status": kept.status, "body": kept.body, "headers": kept.headers}
    statement = update(IdempotencyKey).where(*_own(session.tenancy, claim)).values(values)
    result: Any = session.execute(statement, execution_options={"synchronize_session": False})
    if result.rowcount != 1:
        raise InFlight


def forget(store: Store, tenancy: Tenancy, claim: Claim) -> None:
    """Give the key back: the request did nothing."""
    with writing(store, tenancy) as session:
        session.execute(delete(IdempotencyKey).where(*_own(tenancy, claim)))


def _own(tenancy: Tenancy, claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return (
        IdempotencyKey.tenant_id == tenancy.tenant_id,
        IdempotencyKey.key == claim.key,
        IdempotencyKey.created_at == claim.since,
        IdempotencyKey.status.is_(None),
    )


def _take(store: Store, tenancy: Tenancy, key: str, mark: str) -> Claim | None:
    with writing(store, tenancy) as session:
        native = Native(session.connection())
        mine = (IdempotencyKey.tenant_id == tenancy.tenant_id,)
        session.execute(delete(IdempotencyKey).where(*mine, IdempotencyKey.created_at < session.now - KEPT))
        left = (IdempotencyKey.status.is_(None), IdempotencyKey.created_at < session.now - ABANDONED)
        session.execute(delete(IdempotencyKey).where(*mine, *left, IdempotencyKey.key == key))
        columns: Columns = {
            "tenant_id": Same(native.id(tenancy.tenant_id)),
            "key": [key],
            "fingerprint": [mark],
            "headers": ["{}"],
            "created_at": [native.moment(session.now)],
        }
        taken = insert(session.connection(), "idempotency_keys", columns, suffix="ON CONFLICT DO NOTHING") == 1
        return Claim(key, session.now) if taken else None
