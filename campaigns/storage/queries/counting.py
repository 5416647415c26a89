"""What goes on at each card of a workflow, read from the counters that the batches keep; nothing counts executions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select

from campaigns.storage.models import SectionCount, Version
from campaigns.storage.queries.bulk import Native, Same, fetch, insert
from campaigns.storage.queries.due import SHARDS
from campaigns.storage.transaction import TenantSession

MOST_DUE = 5000  # so many that are due are looked at; of more, "now" is this many
_BRANCH = "/"  # stands in no section's id
_ADD = """
    ON CONFLICT (tenant_id, version_id, section) DO UPDATE SET passed = section_counts.passed + excluded.passed
"""
_DUE = """
    SELECT section, COUNT(*) FROM (
        SELECT t.section FROM tokens t
        JOIN executions x ON x.tenant_id = t.tenant_id AND x.id = t.execution_id
        WHERE t.tenant_id = :tenant AND t.shard IN :shards AND t.wake_at <= :now AND t.workflow_id = :workflow {more}
        LIMIT :most
    ) AS due GROUP BY section
"""


def branch_key(section: str, branch: str) -> str:
    """Return what a branch is counted as."""
    return f"{section}{_BRANCH}{branch}"


def split_key(key: str) -> tuple[str, str]:
    """Return section and branch of what is counted; the branch is empty where the whole section is."""
    section, _, branch = key.partition(_BRANCH)
    return section, branch


def read_counts(
    session: TenantSession, workflow_id: UUID, version: int | None = None
) -> Iterator[tuple[str, int, int, int]]:
    """Yield (key, waiting, passed, failed): of one version by its number, or of all versions together."""
    sums = [func.sum(getattr(SectionCount, name)) for name in ("waiting", "passed", "failed")]
    own = (Version.tenant_id == session.tenant_id, Version.workflow_id == workflow_id)
    statement = (
        select(SectionCount.section, *sums)
        .join(Version, and_(Version.id == SectionCount.version_id, Version.tenant_id == SectionCount.tenant_id))
        .where(SectionCount.tenant_id == session.tenant_id, *own)
        .group_by(SectionCount.section)
    )
    if version is not None:
        statement = statement.where(Version.number == version)
    rows: Any = session.execute(statement)
    for key, waiting, passed, failed in rows:
        yield key, int(waiting), int(passed), int(failed)


def count_due(session: TenantSession, workflow_id: UUID, version_id: UUID | None = None) -> dict[str, int]:
    """Return by section how many tokens are due at this moment: of one version or of all; of MOST_DUE at most."""
    native = Native(session.connection())
    values: dict[str, Any] = {
        "tenant": native.id(session.tenant_id),
        "workflow": native.id(workflow_id),
        "now": native.moment(session.now),
        "most": MOST_DUE,
    }
    more = ""
    if version_id is not None:
        more, values["version"] = "AND x.version_id = :version", native.id(version_id)
    rows = fetch(session.connection(), _DUE.format(more=more), values, shards=list(range(SHARDS)))
    return {row[0]: int(row[1]) for row in rows}


def count_let_in(session: TenantSession, version_id: UUID, trigger: str, count: int) -> None:
    """Count leads that a trigger let in."""
    native = Native(session.connection())
    row: dict[str, Any] = {
        "tenant_id": Same(native.id(session.tenant_id)),
        "version_id": Same(native.id(version_id)),
        "section": [trigger],
        "waiting": Same(0),
        "passed": Same(count),
        "failed": Same(0),
    }
    insert(session.connection(), "section_counts", row, suffix=_ADD)
