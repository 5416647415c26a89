"""Making the calls that steps have planned, and waking who waits for the answer.

The row says "calling" before the network is touched, under a lease; a call whose worker died is made again, with the
same key. Where nobody waits for the answer any more, nothing is called.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import structlog
from sqlalchemy import func, select

from campaigns.errors import CampaignsError
from campaigns.outgoing.breaker import Breaker
from campaigns.outgoing.call import Answer, Call, Forbidden, Sender, Unreachable
from campaigns.outgoing.signing import signature_headers
from campaigns.performing.task import Performer
from campaigns.services import claims, performances
from campaigns.services.call_answers import again_at, answer_of, is_final, told
from campaigns.services.performances import Performance
from campaigns.services.secrets import reveal
from campaigns.storage.models import Execution, OutsideCall, Token
from campaigns.storage.queries import due
from campaigns.storage.transaction import Store, TenantSession, reading, writing
from campaigns.tenancy import Tenancy
from campaigns.vault import Vault

log = structlog.get_logger()

AT_ONCE = 16  # calls in hand together
SIDE_BY_SIDE = 8
ROUNDS = 4  # before another tenant gets its turn
LEASE = timedelta(seconds=150)  # longer than all calls of a round may last


@dataclass(slots=True)
class Calling:
    """One call in hand, and how it ended: an answer for the section, or the time of another try."""

    row: OutsideCall
    host: str = ""
    answer: dict[str, Any] | None = None
    again_at: datetime | None = None
    opened: bool = False  # its failure is what leaves the host alone from now on


class Resting(Unreachable):
    """Who is asked has not answered lately, and is left alone for a while. That is no failure of its own."""


class Caller:
    """Makes planned calls and runs of plugins, tenant by tenant. One a thread."""

    def __init__(
        self, store: Store, sender: Sender, vault: Vault, *, breaker: Breaker | None = None,
        lanes: Collection[int] = due.ALL_LANES, performer: Performer | None = None,
    ) -> None:  # fmt: skip
        self.store = store
        self.sender = sender
        self.vault = vault
        self.breaker = breaker or Breaker()
        self.lanes = lanes
        self.performer = performer
        self.owner = uuid4()

    def run_once(self) -> bool:
        """Make a few calls of one tenant; return whether there was anything to do."""
        lease = claims.claim(self.store, "call", self.owner, lanes=self.lanes)
        if lease is None:
            return False
        try:
            for _ in range(ROUNDS):
                if not self._round(lease):
                    break
        except Exception:
            claims.give_back(self.store, lease, rest=claims.REST)
            raise
        self._settle(lease)
        return True

    def _round(self, lease: due.Lease) -> bool:
        tenancy = Tenancy(lease.tenant_id)
        with writing(self.store, tenancy) as session:
            taken = _take(session, self.owner, lease.shards)
        if not taken:
            return False
        with reading(self.store, tenancy) as session:
            secrets = self._secrets(session, taken)
        with ThreadPoolExecutor(SIDE_BY_SIDE) as side_by_side:
            list(side_by_side.map(lambda calling: self._call(lease.tenant_id, calling, secrets), taken))
        with writing(self.store, tenancy) as session:
            _record(session, self.owner, taken)
            performances.note_resting(session, [one.row for one in taken if one.opened])
        return True

    def _secrets(self, session: TenantSession, taken: list[Calling]) -> dict[str, str]:
        wanted = {key for calling in taken for key in _named(calling.row.request)}
        try:
            return reveal(session, self.vault, wanted)
        except CampaignsError:
            log.exception("calls.secrets", tenant=str(session.tenant_id))
            return {}

    def _call(self, tenant_id: UUID, calling: Calling, secrets: dict[str, str]) -> None:
        """Make one call and note what became of it. Nothing that happens to it touches the next."""
        now, row = self.store.clock.now(), calling.row
        try:
            answer = self._make(tenant_id, calling, secrets, now)
        except Forbidden as error:
            calling.answer = answer_of(row, error)
        except Unreachable as error:
            self._failed(tenant_id, calling, error, now)
        except Exception as error:
            log.exception("calls.failed", call=str(row.id))
            calling.answer = answer_of(row, Unreachable(f"{type(error).__name__} while it was called."))
        else:
            self._answered(tenant_id, calling, answer, now)

    def _make(self, tenant_id: UUID, calling: Calling, secrets: dict[str, str], now: datetime) -> Answer | Performance:
        row = calling.row
        if performances.is_one(row):
            calling.host = performances.name_of(row)
            self._refuse_resting(tenant_id, calling, now)
            return performances.carry_out(self.performer, row, secrets)
        call = _made(row, secrets, now)
        calling.host = urlsplit(call.url).hostname or ""
        self._refuse_resting(tenant_id, calling, now)
        return self.sender.send(call)

    def _refuse_resting(self, tenant_id: UUID, calling: Calling, now: datetime) -> None:
        if self.breaker.rests_until(tenant_id, calling.host, now) is not None:
            raise Resting(f"{calling.host} has not answered lately and is left alone for a while.")

    def _answered(self, tenant_id: UUID, calling: Calling, answer: Answer | Performance, now: datetime) -> None:
        if isinstance(answer, Performance) or is_final(answer.status):
            self.breaker.succeeded(tenant_id, calling.host)
            calling.answer = answer_of(calling.row, answer)
        else:
            self._failed(tenant_id, calling, answer, now)

    def _failed(self, tenant_id: UUID, calling: Calling, what: Answer | CampaignsError, now: datetime) -> None:
        if not isinstance(what, Resting):
            calling.opened = self.breaker.failed(tenant_id, calling.host, now)
        calling.again_at = again_at(calling.row, what, now)
        if calling.again_at is None:
            calling.answer = answer_of(calling.row, what)

    def _settle(self, lease: due.Lease) -> None:
        with writing(self.store, Tenancy(lease.tenant_id)) as session:
            due.lock(session.connection(), lease)
            earliest = session.scalar(select(func.min(OutsideCall.next_at)).where(OutsideCall.shard.in_(lease.shards)))
            due.release(session.connection(), lease, next_at=earliest)


def _take(session: TenantSession, owner: UUID, shards: list[int]) -> list[Calling]:
    """Mark due calls as being made and return them; those that nobody waits for any more are over."""
    now = session.now
    rows = session.scalars(
        select(OutsideCall)
        .where(OutsideCall.shard.in_(shards), OutsideCall.next_at <= now)
        .order_by(OutsideCall.next_at, OutsideCall.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    waiting = _waiting(session, [row.execution_id for row in rows])
    taken = []
    for row in rows:
        if (row.execution_id, row.number, str(row.step)) not in waiting:
            row.state, row.next_at, row.reason = "gone", None, "nobody waits for the answer any more"
            continue
        row.state, row.owner, row.next_at = "calling", owner, now + LEASE
        row.begun_at = row.begun_at or now
        row.attempts += 1
        taken.append(Calling(row))
    session.flush()
    for calling in taken:
        session.expunge(calling.row)
    return taken


def _waiting(session: TenantSession, execution_ids: list[UUID]) -> set[tuple[UUID, int, str]]:
    tokens = session.scalars(select(Token).where(Token.execution_id.in_(execution_ids))) if execution_ids else ()
    return {(token.execution_id, token.number, str((token.data or {}).get("call", ""))) for token in tokens}


def _record(session: TenantSession, owner: UUID, taken: list[Calling]) -> None:
    """Write how the calls ended, and wake who waits. What another worker has taken over since is its own."""
    ids = [calling.row.id for calling in taken]
    held = select(OutsideCall).where(OutsideCall.id.in_(ids), OutsideCall.owner == owner)
    rows = {row.id: row for row in session.scalars(held.where(OutsideCall.state == "calling").with_for_update())}
    for calling in taken:
        row = rows.get(calling.row.id)
        if row is None:
            continue
        row.owner, row.next_at = None, calling.again_at
        if calling.answer is None:
            row.state = "planned"
            session.make_due("call", [row.shard], lane="timed", at=calling.again_at)  # whoever holds the shard by now
        else:
            row.state, row.reason = "answered", told(calling.answer)
            row.request = performances.without_content(row)
            _wake(session, row, calling.answer)
    session.flush()


def _wake(session: TenantSession, row: OutsideCall, answer: dict[str, Any]) -> None:
    """Give the waiting token its answer; it goes on at once, or on release while its execution is held."""
    own = (Token.execution_id == row.execution_id, Token.number == row.number)
    token = session.scalar(select(Token).where(*own).with_for_update())
    if token is None or str((token.data or {}).get("call", "")) != str(row.step):
        return
    status = session.scalar(select(Execution.status).where(Execution.id == row.execution_id))
    token.data = {**(token.data or {}), "answer": answer}
    token.due_at = session.now
    token.wake_at = None if status == "held" else session.now
    session.make_due("run", [token.shard], lane="timed")


def _named(request: dict[str, Any]) -> set[str]:
    """Return the secrets that a call carries, or a plugin may read, by key."""
    if "secrets" in request:
        return set(request["secrets"])
    parts = [part for header in request["headers"].values() for part in header]
    named = {part["secret"] for part in parts if "secret" in part}
    return named | ({request["sign_with"]} if request.get("sign_with") else set())


def _made(row: OutsideCall, secrets: dict[str, str], now: datetime) -> Call:
    """Put a call together with its secrets; raise Forbidden when one is gone."""
    request = row.request
    missing = _named(request) - secrets.keys()
    if missing:
        raise Forbidden(f"There is no secret {min(missing)}.")
    headers = {
        name: "".join(secrets[part["secret"]] if "secret" in part else part["text"] for part in parts)
        for name, parts in request["headers"].items()
    }
    body = request["body"].encode()
    if request.get("sign_with"):
        headers |= signature_headers(secrets[request["sign_with"]].encode(), row.key, body, now)
    elif not any(name.lower() == "webhook-id" for name in headers):
        headers["webhook-id"] = row.key
    return Call(request["method"], request["url"], headers, body, row.key)
