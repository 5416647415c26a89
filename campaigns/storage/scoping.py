"""The tenant in every statement: the ORM's read and write guards, and the statement guard beneath them.

Each is a lock of its own: the ORM guards fill in and check the tenant, the statement guard refuses Core and text
statements on tenant tables that carry no tenant, and PostgreSQL's row-level security stands below both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria
from sqlalchemy.orm.interfaces import ORMOption

from campaigns.errors import NoTenant, NotFound
from campaigns.storage.base import Base, TenantRow

_WORD = re.compile(r"[a-z_]+")


def tenant_tables() -> frozenset[str]:
    """Return the names of all tables whose rows belong to a tenant."""
    mappers = (mapper for mapper in Base.registry.mappers if issubclass(mapper.class_, TenantRow))
    return frozenset(mapper.class_.__tablename__ for mapper in mappers)


def restrict_reads(state: ORMExecuteState) -> None:
    """Add the session's tenant to every ORM statement; without an open tenant, tenant rows can't be asked for."""
    tenant_id = state.session.info.get("tenant_id")
    if tenant_id is None:
        if any(issubclass(mapper.class_, TenantRow) for mapper in state.all_mappers):
            _allow_own_memberships(state)
        return
    state.statement = state.statement.options(
        with_loader_criteria(TenantRow, lambda cls: cls.tenant_id == tenant_id, include_aliases=True), _still_here()
    )


@cache
def _still_here() -> ORMOption:
    """Leads that went to another tenant are gone for everybody here; only their history names them."""
    from campaigns.storage.models import Lead  # noqa: PLC0415 - models are registered after this module

    return with_loader_criteria(Lead, lambda cls: cls.moved_to.is_(None), include_aliases=True)


def _allow_own_memberships(state: ORMExecuteState) -> None:
    """Let a signed-in user see their own memberships before a tenant is open: the one exception."""
    from campaigns.storage.models import Membership  # noqa: PLC0415 - models are registered after this module

    user_id = state.session.info.get("user_id")
    others = [m for m in state.all_mappers if issubclass(m.class_, TenantRow) and m.class_ is not Membership]
    if others or user_id is None:
        raise NoTenant
    state.statement = state.statement.options(with_loader_criteria(Membership, lambda cls: cls.user_id == user_id))


def check_writes(session: Session, _context: UOWTransaction, _instances: object) -> None:
    """Stamp new rows with the session's tenant; refuse rows of another one."""
    tenant_id = session.info.get("tenant_id")
    for row in _tenant_rows(session):
        if tenant_id is None:
            raise NoTenant
        if row in session.new and row.tenant_id is None:
            row.tenant_id = tenant_id
        elif row.tenant_id != tenant_id:
            raise NotFound("a row of another tenant can't be written here")


def _tenant_rows(session: Session) -> Iterable[TenantRow]:
    changed = [*session.new, *session.dirty, *session.deleted]
    return (row for row in changed if isinstance(row, TenantRow))


def guard_statements(engine: Engine) -> None:
    """Refuse statements on tenant tables that don't name the open tenant (see `tenant_bound`)."""
    event.listen(engine, "before_cursor_execute", _check_statement)


def _check_statement(
    connection: Connection,
    _cursor: object,
    statement: str,
    parameters: Any,
    _context: object,
    executemany: bool,  # noqa: FBT001 - as above
) -> None:
    if not touches_tenant_table(statement) or connection.info.get("unguarded"):
        return
    tenant_id = connection.info.get("tenant_id")
    if tenant_id is None and connection.info.get("user_id") is None:
        raise NoTenant
    many = executemany and isinstance(parameters, list) and parameters
    first = parameters[0] if many else parameters  # several rows in one VALUES come as one flat tuple
    wanted = connection.info["user_id"] if tenant_id is None else tenant_id
    if not _carries(first, wanted):
        raise NoTenant("a statement on a tenant's table does not name the tenant")


def _carries(parameters: object, wanted: UUID) -> bool:
    values = cast("Iterable[object]", parameters.values() if isinstance(parameters, Mapping) else parameters or ())
    return any(value in (wanted, wanted.bytes) for value in values if isinstance(value, UUID | bytes | memoryview))


@lru_cache(maxsize=4096)
def touches_tenant_table(statement: str) -> bool:
    """Return whether the SQL text names a tenant's table (data statements only)."""
    head = statement.lstrip()[:6].upper()
    if head not in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH R", "WITH D"} and not head.startswith("WITH"):
        return False
    return not tenant_tables().isdisjoint(_WORD.findall(statement.lower()))
