"""Uploaded files are kept no longer than they are needed: what nobody goes on with is closed after a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from campaigns.services.import_files import Uploads
from campaigns.services.imports import OPEN
from campaigns.storage.models import Import
from campaigns.storage.transaction import Store, TenantSession, reading, writing
from campaigns.tenancy import Tenancy

KEPT = timedelta(days=1)  # so that a person who is erased is gone from every upload within a day
CLOSED = "Nobody went on with it for a day, so its file was removed. Import the file again."
_RESTING = ("draft", "paused", "failed")


def sweep(store: Store, uploads: Uploads) -> int:
    """Remove files that no import will read any more, and close imports that rest for too long; return how many."""
    return sum(_sweep_one(store, uploads, *found) for found in list(uploads.kept()))


def _sweep_one(store: Store, uploads: Uploads, tenant_id: UUID, import_id: UUID, written_at: datetime) -> bool:
    with reading(store, Tenancy(tenant_id)) as session:
        entry = session.get(Import, (tenant_id, import_id))
        if not _is_over(session, entry, written_at):
            return False
    with writing(store, Tenancy(tenant_id)) as session:
        entry = session.get(Import, (tenant_id, import_id), with_for_update=True)
        if not _is_over(session, entry, written_at):
            return False
        if entry is not None and entry.status in _RESTING:
            entry.status, entry.reason, entry.finished_at = "cancelled", CLOSED, session.now
        session.after_commit(lambda: uploads.discard(tenant_id, import_id))
    return True


def _is_over(session: TenantSession, entry: Import | None, written_at: datetime) -> bool:
    """Say whether a file is not needed: its import has ended, rests for too long, or never came to be."""
    if entry is None:
        return session.now - written_at > KEPT
    if entry.status in OPEN:
        return False
    return entry.status not in _RESTING or session.now - _rests_since(entry) > KEPT


def _rests_since(entry: Import) -> datetime:
    stopped = entry.position.get("stopped")
    return datetime.fromisoformat(stopped) if stopped else entry.finished_at or entry.created_at
