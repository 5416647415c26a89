"""Sessions bound to a tenant, and the only places that commit.

    with writing(store, tenancy) as session:
        leads.add_tag(session, lead_id, "vip")

commits at the end or rolls everything back; `reading` never writes. Work that the commit makes due is announced
with `session.announce(lane)`; dispatch hears of it in the transaction (`offer`) and after it (`wake`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import event, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, SessionTransaction

from campaigns.clock import Clock, SystemClock
from campaigns.engine.events import LANES
from campaigns.storage.db import Database
from campaigns.storage.queries.due import Kind, bump
from campaigns.storage.scoping import check_writes, restrict_reads
from campaigns.tenancy import Actor, Tenancy


class Announcer(Protocol):
    """What the store tells of new work: a dispatch adapter, or nothing."""

    def offer(self, connection: Connection, tenant_id: UUID, lane: str) -> None: ...

    def wake(self, tenant_id: UUID, lane: str) -> None: ...


@dataclass
class Store:
    """A database, the clock, and whom to tell of new work: what every service call stands on."""

    database: Database
    clock: Clock = field(default_factory=SystemClock)
    announcer: Announcer | None = None


class TenantSession(Session):
    """A session that sees one tenant. `tenancy` says which, and who acts; `now` is the transaction's time."""

    tenancy: Tenancy
    store: Store

    @property
    def now(self) -> datetime:
        """The transaction's time: the database's clock on PostgreSQL, so that no machine's own clock matters."""
        return _now_of(self)

    @property
    def tenant_id(self) -> UUID:
        return self.tenancy.tenant_id

    @property
    def actor(self) -> Actor:
        return self.tenancy.actor

    def announce(self, lane: str) -> None:
        """Say that this transaction makes work in a lane ('interactive', 'timed', 'bulk')."""
        self.info.setdefault("lanes", {})[lane] = True

    def make_due(self, kind: Kind, shards: Iterable[int], *, lane: str, at: datetime | None = None) -> None:
        """Say that shards have work from a moment on (default: now). Written as the transaction's last statement."""
        moment = at or self.now
        due = self.info.setdefault("due", {})
        for shard in shards:
            due[kind, shard] = min(due.get((kind, shard), (moment, LANES.index(lane))), (moment, LANES.index(lane)))
        if moment <= self.now:
            self.announce(lane)

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call back once the transaction is committed."""
        self.info.setdefault("after_commit", []).append(call)


class SystemSession(Session):
    """A session without a tenant: users, sign-ins, the tenant tree, leases. Tenant rows are refused."""

    store: Store

    @property
    def now(self) -> datetime:
        """The transaction's time, as for a tenant's session."""
        return _now_of(self)


def _now_of(session: Session) -> datetime:
    if "now" not in session.info:
        session.connection()  # begins the transaction, and with it the time
    now: datetime = session.info["now"]
    return now


event.listen(TenantSession, "do_orm_execute", restrict_reads)
event.listen(TenantSession, "before_flush", check_writes)
event.listen(SystemSession, "do_orm_execute", restrict_reads)
event.listen(SystemSession, "before_flush", check_writes)


@contextmanager
def writing(store: Store, tenancy: Tenancy) -> Iterator[TenantSession]:
    """Open a tenant's session in one write transaction; commit at the end, roll back on any error."""
    session = tenant_session(store, tenancy, writes=True)
    try:
        yield session
        session.flush()
        _bump(session)
        _offer(session)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()
    _tell(session)


@contextmanager
def reading(store: Store, tenancy: Tenancy) -> Iterator[TenantSession]:
    """Open a tenant's session for reading alone; on SQLite the database itself refuses writes."""
    session = tenant_session(store, tenancy, writes=False)
    try:
        yield session
    finally:
        session.close()


def tenant_session(store: Store, tenancy: Tenancy, *, writes: bool) -> TenantSession:
    """Return an open session of the tenant; the caller ends it."""
    engine = store.database.writer if writes else store.database.reader
    session = TenantSession(bind=engine, expire_on_commit=False, autoflush=writes)
    session.tenancy, session.store = tenancy, store
    session.info["tenant_id"] = tenancy.tenant_id
    return session


@contextmanager
def system(store: Store, *, writes: bool = False, user_id: UUID | None = None) -> Iterator[SystemSession]:
    """Open a session outside of any tenant; with `user_id`, that user's own memberships can be read."""
    engine = store.database.writer if writes else store.database.reader
    session = SystemSession(bind=engine, expire_on_commit=False)
    session.store = store
    session.info["user_id"] = user_id
    try:
        yield session
        if writes:
            session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()


@contextmanager
def joined(store: Store, tenancy: Tenancy, connection: Connection) -> Iterator[TenantSession]:
    """Open another tenant's session inside of a transaction that its caller commits, and that is bound back after.

    What it makes due is written at its end. For what belongs to two tenants at once: a lead that moves.
    """
    bound = connection.info["tenant_id"]
    session = TenantSession(
        bind=connection, expire_on_commit=False, autoflush=True, join_transaction_mode="rollback_only"
    )
    session.tenancy, session.store = tenancy, store
    session.info["tenant_id"] = tenancy.tenant_id
    session.connection()
    yield session
    session.flush()
    _bump(session)
    _offer(session)
    session.close()
    bind_tenant(connection, bound)


@contextmanager
def tenant_connection(store: Store, tenant_id: UUID, *, writes: bool) -> Iterator[Connection]:
    """Open a bare connection in one transaction bound to the tenant: for bulk statements. Commits at the end."""
    engine = store.database.writer if writes else store.database.reader
    with engine.connect() as connection, connection.begin():
        connection.info["began"] = bind_tenant(connection, tenant_id)
        try:
            yield connection
        finally:
            connection.info.pop("tenant_id", None)


def bind_tenant(connection: Connection, tenant_id: UUID | None, *, user_id: UUID | None = None) -> datetime | None:
    """Name the tenant to the statement guard and, on PostgreSQL, to row-level security for this transaction.

    Returns PostgreSQL's clock, which comes with the same round trip; None on SQLite.
    """
    connection.info["tenant_id"], connection.info["user_id"] = tenant_id, user_id
    if connection.dialect.name != "postgresql":
        return None
    values = {"tenant": str(tenant_id or ""), "user": str(user_id or "")}
    moment: datetime = connection.execute(_BIND, values).scalar_one()
    return moment.astimezone(UTC)


_BIND = text(
    "SELECT clock_timestamp() "
    "FROM (SELECT set_config('app.tenant', :tenant, true), set_config('app.user', :user, true)) bound"
)


def _bind_on_begin(
    session: TenantSession | SystemSession, _transaction: SessionTransaction, connection: Connection
) -> None:
    moment = bind_tenant(connection, session.info.get("tenant_id"), user_id=session.info.get("user_id"))
    told = not isinstance(session.store.clock, SystemClock)
    session.info["now"] = session.store.clock.now() if told or moment is None else moment


event.listen(TenantSession, "after_begin", _bind_on_begin)
event.listen(SystemSession, "after_begin", _bind_on_begin)


def _bump(session: TenantSession) -> None:
    for (kind, shard), (moment, lane) in sorted(session.info.get("due", {}).items()):
        bump(session.connection(), session.tenant_id, kind, [shard], lane=lane, at=moment)


def present(store: Store, connection: Connection) -> datetime:
    """Return the moment that due comparisons use: the database's clock in production, the told one in tests."""
    if connection.dialect.name == "postgresql" and isinstance(store.clock, SystemClock):
        return connection.execute(text("SELECT clock_timestamp()")).scalar_one().astimezone(UTC)
    return store.clock.now()


def began(store: Store, connection: Connection) -> datetime:
    """Return the moment at which a tenant's connection was opened; it came with the opening, and asks for nothing."""
    moment: datetime | None = connection.info.get("began")
    return moment if moment is not None and isinstance(store.clock, SystemClock) else store.clock.now()


def _offer(session: TenantSession) -> None:
    announcer = session.store.announcer
    if announcer is not None:
        for lane in session.info.get("lanes", {}):
            announcer.offer(session.connection(), session.tenant_id, lane)


def _tell(session: TenantSession) -> None:
    for call in session.info.get("after_commit", []):
        call()
    announcer = session.store.announcer
    if announcer is not None:
        for lane in session.info.get("lanes", {}):
            announcer.wake(session.tenant_id, lane)
