"""What has passed limits of late: one row for each key that a section counts by."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from campaigns.storage.base import Base, TenantRow, to_tenant


class LimitPasses(TenantRow, Base):
    """When something passed by one key, in microseconds, oldest first; at most the last `times` within `seconds`.

    `key` is a hash of the keys as written: nobody's data can be read from it. `times` and `seconds` are the most that
    any section has asked of it. Nothing counts any more after `kept_until`.
    """

    __tablename__ = "limit_passes"
    __table_args__ = (to_tenant(), Index(None, "tenant_id", "kept_until"), {"sqlite_with_rowid": False})

    key: Mapped[str] = mapped_column(primary_key=True)
    passes: Mapped[list[Any]]
    times: Mapped[int]
    seconds: Mapped[int]
    kept_until: Mapped[datetime]
