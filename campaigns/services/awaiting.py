"""Which events the executions of a version may wait for: kept from when it goes live until nobody is inside."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, exists, select

from campaigns.engine.compiling import compile_program
from campaigns.engine.document import Document
from campaigns.engine.kinds import Kinds
from campaigns.services.vocabulary import load_vocabulary
from campaigns.storage.models import Awaited, Execution, Version
from campaigns.storage.queries.stopping import FINAL
from campaigns.storage.transaction import TenantSession


def store(session: TenantSession, version_id: UUID, document: Document, kinds: Kinds) -> None:
    """Keep the event types of a version's waits, listeners and goals."""
    known = set(session.scalars(select(Awaited.event_type).where(Awaited.version_id == version_id)))
    wanted = compile_program(document, kinds, load_vocabulary(session)).awaited
    session.add_all(Awaited(version_id=version_id, event_type=kind) for kind in sorted(wanted - known))
    session.flush()


def forget(session: TenantSession, workflow_id: UUID, *, keep: UUID | None = None) -> None:
    """Let go of what versions of a workflow have waited for that nobody is inside any more, but for the live one."""
    own = (Awaited.tenant_id == session.tenant_id, Version.tenant_id == session.tenant_id)
    inside = exists().where(
        Execution.tenant_id == session.tenant_id,
        Execution.version_id == Version.id,
        Execution.workflow_id == workflow_id,
        Execution.status.not_in(FINAL),
    )
    old = select(Awaited.version_id).join(Version, Version.id == Awaited.version_id).distinct()
    gone = session.scalars(old.where(*own, Version.workflow_id == workflow_id, Version.id != keep, ~inside)).all()
    if gone:
        statement = delete(Awaited).where(Awaited.tenant_id == session.tenant_id, Awaited.version_id.in_(gone))
        session.execute(statement, execution_options={"synchronize_session": False})
