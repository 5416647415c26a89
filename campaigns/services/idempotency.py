"""Requests that carry an Idempotency-Key are done once: the first answer is kept for seven days and given again."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update

from campaigns.errors import Conflict
from campaigns.storage.models import IdempotencyKey
from campaigns.storage.queries.bulk import Columns, Native, Same, insert
from campaigns.storage.transaction import Store, reading, writing
from campaigns.tenancy import Tenancy

LONGEST = 255
KEPT = timedelta(days=7)
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


def fingerprint(method: str, path: str, body: bytes) -> str:
    """Return what tells two requests apart."""
    return hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).hexdigest()


def begin(store: Store, tenancy: Tenancy, key: str, mark: str) -> Kept | None:
    """Take the key for this request, or return the first answer; raise KeyReused or, after 5 seconds, InFlight."""
    ends = time.monotonic() + _WAIT_SECONDS
    while True:
        if _take(store, tenancy, key, mark):
            return None
        with reading(store, tenancy) as session:
            row = session.scalar(select(IdempotencyKey).where(IdempotencyKey.key == key))
        if row is not None and row.fingerprint != mark:
            raise KeyReused(
                f"This Idempotency-Key was used for another request ({row.fingerprint[:12]}, now {mark[:12]})."
            )
        if row is not None and row.status is not None:
            return Kept(row.status, row.body or "")
        if time.monotonic() > ends:
            raise InFlight
        time.sleep(_LOOK_SECONDS)


def finish(store: Store, tenancy: Tenancy, key: str, *, status: int, body: str) -> None:
    """Keep the answer."""
    own = (IdempotencyKey.tenant_id == tenancy.tenant_id, IdempotencyKey.key == key)
    with writing(store, tenancy) as session:
        session.execute(update(IdempotencyKey).where(*own).values(status=status, body=body))


def forget(store: Store, tenancy: Tenancy, key: str) -> None:
    """Give the key back: the request did nothing."""
    own = (IdempotencyKey.tenant_id == tenancy.tenant_id, IdempotencyKey.key == key)
    with writing(store, tenancy) as session:
        session.execute(delete(IdempotencyKey).where(*own, IdempotencyKey.status.is_(None)))


def _take(store: Store, tenancy: Tenancy, key: str, mark: str) -> bool:
    with writing(store, tenancy) as session:
        native = Native(session.connection())
        old = (IdempotencyKey.tenant_id == tenancy.tenant_id, IdempotencyKey.created_at < session.now - KEPT)
        session.execute(delete(IdempotencyKey).where(*old))
        columns: Columns = {
            "tenant_id": Same(native.id(tenancy.tenant_id)),
            "key": [key],
            "fingerprint": [mark],
            "headers": ["{}"],
            "created_at": [native.moment(session.now)],
        }
        return insert(session.connection(), "idempotency_keys", columns, suffix="ON CONFLICT DO NOTHING") == 1
