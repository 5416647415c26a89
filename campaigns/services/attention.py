"""What somebody should look at: failures, changes that are not live yet, imports with problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from campaigns.services.insight import Dashboard
from campaigns.storage.models import Import
from campaigns.storage.transaction import TenantSession

MOST_IMPORTS = 5


@dataclass(frozen=True, slots=True)
class Attention:
    """Workflows in the API's shape, and the latest imports with rows that were not taken."""

    failing: list[dict[str, Any]]
    unpublished: list[dict[str, Any]]
    imports: Sequence[Import]

    @property
    def is_needed(self) -> bool:
        return bool(self.failing or self.unpublished or self.imports)


def find_attention(session: TenantSession, figures: Dashboard) -> Attention:
    """Return what needs somebody; `figures` are the tenant's, read before."""
    with_problems = or_(Import.status.in_(("failed", "paused")), Import.failed > 0)
    latest = select(Import).where(with_problems, Import.status != "undone").order_by(Import.id.desc())
    return Attention(
        failing=[row for row in figures.workflows if row["totals"]["failed"]],
        unpublished=[row for row in figures.workflows if row["state"] == "active" and row["differs"]],
        imports=session.scalars(latest.limit(MOST_IMPORTS)).all(),
    )
