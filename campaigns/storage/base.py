"""The declarative base, and what every tenant table shares."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from campaigns.ids import new_id
from campaigns.storage.types import Document, Instant, Key

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Our own base: Flask-SQLAlchemy uses it too, and type checkers understand it."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Key(),
        datetime: Instant(),
        dict[str, Any]: Document,
        list[Any]: Document,
    }


class TenantRow:
    """A row of one tenant. The key begins with the tenant, so no reference can cross tenants."""

    tenant_id: Mapped[UUID] = mapped_column(Key(), primary_key=True, sort_order=-20)


class Identified(TenantRow):
    """A tenant's row with an id of its own: primary key (tenant_id, id)."""

    id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-19, default=new_id)


def to_tenant() -> ForeignKeyConstraint:
    """Return the reference of a tenant table to its tenant."""
    return ForeignKeyConstraint(["tenant_id"], ["tenants.id"], ondelete="CASCADE")


def refers(column: str, table: str, *, target: str = "id", on_delete: str | None = None) -> ForeignKeyConstraint:
    """Return a reference between tenant tables: (tenant_id, column) to (tenant_id, target)."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.{target}"], ondelete=on_delete)
