"""What people and other systems do meanwhile: one small transaction each, chosen by chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select

from campaigns.errors import CampaignsError
from campaigns.services import drafts, events, executions, leads, moves, versions
from campaigns.services.events import Sent
from campaigns.storage.models import Execution, Lead, Move, Suppression, Token, Version, Workflow
from campaigns.storage.transaction import Store, TenantSession, writing
from campaigns.tenancy import Tenancy
from tests.support.simulation.importing import Clerks, some_lead
from tests.support.simulation.workloads import Author, all_kinds

KEYS = ("welcome", "other")


@dataclass
class People:
    """Those who work in one tenant. Whatever is refused was refused; they go on with the next."""

    store: Store
    tenancy: Tenancy
    chance: Random
    author: Author
    domain: str
    clerks: Clerks
    is_wild: bool = True
    sent: int = 0

    def act(self) -> None:
        """Do one thing."""
        ways: list[tuple[int, Callable[[TenantSession], object]]] = [(12, self._send_event), (3, self._start)]
        if self.is_wild:
            ways += [
                (2, self._change_lead),
                (1, self._suppress),
                (2, self._deactivate),
                (4, self._activate),
                (2, self._publish),
                (2, self._move),
                (1, self._take_back),
                (1, self._cancel),
                (3, self._retry),
                *self.clerks.ways(),
            ]
        way = self.chance.choices([way for _, way in ways], [weight for weight, _ in ways])[0]
        self.do(way)

    def do(self, way: Callable[[TenantSession], object]) -> None:
        try:
            with writing(self.store, self.tenancy) as session:
                way(session)
        except CampaignsError:
            pass

    def _key(self) -> str:
        return self.chance.choice((*KEYS, KEYS[0]))

    def _lead(self, session: TenantSession) -> UUID:
        return some_lead(session, self.chance)

    def _send_event(self, session: TenantSession) -> None:
        names = ["go", "go", "go", "bought", "bought", "leave", "again", "pinged"]
        sent = []
        for _ in range(self.chance.choice([1, 1, 2, 4])):
            self.sent += 1
            number = self.chance.choice([self.sent, self.sent, max(1, self.sent - 1)])  # the sender may repeat itself
            lead = {"email": f"lead{self.chance.randint(0, 4)}{self.domain}"}
            sent.append(Sent(self.chance.choice(names), lead, f"k{number}", {}))
        events.take(session, sent)

    def _start(self, session: TenantSession) -> None:
        executions.start_by_hand(session, self._key(), self._lead(session))

    def _change_lead(self, session: TenantSession) -> None:
        leads.update_lead(session, self._lead(session), {"first_name": self.chance.choice("ABC")})

    def _suppress(self, session: TenantSession) -> None:
        email = session.scalars(select(Lead.email).where(Lead.id == self._lead(session))).one()
        if session.get(Suppression, (session.tenant_id, str(email))) is None:
            session.add(Suppression(address_hash=email, email=email, reason="asked", created_at=session.now))

    def _deactivate(self, session: TenantSession) -> None:
        ways: list[Literal["finish", "hold", "cancel"]] = ["finish", "hold", "hold", "cancel"]
        versions.deactivate(session, self._key(), running=self.chance.choice(ways))

    def _activate(self, session: TenantSession) -> None:
        versions.activate(session, self._key(), kinds=all_kinds())

    def _publish(self, session: TenantSession) -> None:
        key = self._key()
        document = self.author.changed(drafts.get_draft(session, key).document)
        drafts.save_draft(session, key, document, change="Changed", kinds=all_kinds())
        if self.chance.random() < 0.8:
            versions.activate(session, key, kinds=all_kinds())

    def _move(self, session: TenantSession) -> None:
        key = self._key()
        statement = (
            select(Version.number, Token.section)
            .join(Workflow, Workflow.id == Version.workflow_id)
            .join(Execution, Execution.version_id == Version.id)
            .join(Token, Token.execution_id == Execution.id)
            .where(Workflow.key == key)
            .distinct()
            .order_by(Version.number, Token.section)
        )
        places = session.execute(statement).all()
        choices = {(row.number, row.section): self.chance.choice(moves.CHOICES) for row in places}
        moves.choose(session, key, choices, kinds=all_kinds())

    def _take_back(self, session: TenantSession) -> None:
        found = session.execute(
            select(Move.id, Workflow.key)
            .join(Workflow, Workflow.id == Move.workflow_id)
            .where(Move.settled_at.is_(None))
            .order_by(Move.id)
        ).all()
        if found:
            row = self.chance.choice(found)
            moves.take_back(session, row.key, row.id, kinds=all_kinds())

    def _cancel(self, session: TenantSession) -> None:
        found = self._in(session, "ready", "waiting", "listening", "held", "failed", "finished")
        if found is not None:
            executions.cancel_execution(session, found)

    def _retry(self, session: TenantSession) -> None:
        found = self._in(session, "failed")
        if found is not None:
            executions.retry_execution(session, found)

    def _in(self, session: TenantSession, *statuses: str) -> UUID | None:
        found: Any = session.scalars(select(Execution.id).where(Execution.status.in_(statuses)).order_by(Execution.id))
        ids = found.all()
        return self.chance.choice(ids) if ids else None
