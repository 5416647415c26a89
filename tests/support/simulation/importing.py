"""What people do with imports and with the leads in them: start, pause, cancel and undo; erase, date, take off."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select

from campaigns.errors import NotFound
from campaigns.imports.options import ImportOptions
from campaigns.services import import_undo, imports, lead_erasure, leads
from campaigns.storage.models import Import, Lead
from campaigns.storage.transaction import TenantSession
from tests.support.simulation.files import Files, some_file

Way = Callable[[TenantSession], object]
_SOON = (timedelta(minutes=-5), timedelta(minutes=1), timedelta(minutes=10), timedelta(minutes=40))


@dataclass
class Clerks:
    """Those who look after the leads of one tenant."""

    files: Files
    chance: Random
    domain: str

    def ways(self) -> list[tuple[int, Way]]:
        """Return what they may do next, with how likely each is."""
        return [
            (4, self.start_import),
            (1, self._pause),
            (2, self._resume),
            (1, self._cancel),
            (4, self._undo),
            (3, self._erase),
            (4, self._set_date),
        ]

    def start_import(self, session: TenantSession) -> None:
        chance = self.chance
        options = ImportOptions(
            existing=chance.choice(["update", "update", "skip"]),
            start_workflows=chance.random() < 0.8,
            list=chance.choice([None, "hot"]),
        )
        content = io.BytesIO(some_file(chance, self.domain))
        entry = imports.upload(session, self.files, content, file_name="leads.csv", options=options)
        if chance.random() < 0.95:
            imports.start(session, self.files, entry.id, mapping=None, options=options, again=True)

    def _pause(self, session: TenantSession) -> None:
        imports.pause(session, self._one(session, *imports.OPEN))

    def _resume(self, session: TenantSession) -> None:
        imports.resume(session, self._one(session, "paused", "failed"))

    def _cancel(self, session: TenantSession) -> None:
        found = self._one(session, *imports.OPEN, "paused", "failed", "draft")
        imports.cancel(session, found, uploads=self.files)

    def _undo(self, session: TenantSession) -> None:
        found = self._one(session, "done", "cancelled", "failed", "running")
        import_undo.undo(session, self.files, found, size=self.chance.choice([1, 2, 500]))

    def _one(self, session: TenantSession, *statuses: str) -> UUID:
        """Return one of the imports of these statuses; raise NotFound."""
        found = session.scalars(select(Import.id).where(Import.status.in_(statuses)).order_by(Import.id)).all()
        if not found:
            raise NotFound
        return self.chance.choice(found)

    def _erase(self, session: TenantSession) -> None:
        lead_erasure.erase_lead(session, some_lead(session, self.chance))

    def _set_date(self, session: TenantSession) -> None:
        moment = session.now + self.chance.choice(_SOON)
        leads.update_lead(session, some_lead(session, self.chance), {"fields": {"visit": moment.isoformat()}})


def some_lead(session: TenantSession, chance: Random) -> UUID:
    """Return one of the tenant's leads; raise NotFound when there is none."""
    found = session.scalars(select(Lead.id).order_by(Lead.id)).all()
    if not found:
        raise NotFound
    return chance.choice(found)
