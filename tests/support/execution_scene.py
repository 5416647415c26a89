"""Executions for a real browser: a tenant whose leads stand at every place, and time that only the test lets pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from campaigns.clock import FixedClock
from campaigns.engine.kinds import Kind
from campaigns.engine.outcome import Fail, Outcome
from campaigns.sections.base import Context, Section
from campaigns.sections.registry import kinds
from campaigns.services import executions, leads, templates, versions, vocabulary, workflows
from campaigns.services.runner import Runner
from campaigns.storage.models import Execution, Lead
from campaigns.storage.transaction import writing
from tests.support.served_app import ServedApp
from tests.support.workflows import work

DOCUMENT: dict[str, Any] = {
    "format": 1, "settings": {},
    "triggers": [{"id": "t1", "type": "lead.created", "name": "Somebody new", "config": {}}],
    "sections": [
        {
            "id": "i1", "type": "flow.if", "name": "Hot lead?",
            "config": {"condition": {"all": [
                {"field": "lead.score", "op": "gte", "value": 50}, {"field": "lead.status", "op": "eq", "value": "new"}
            ]}},
            "branches": {
                "yes": [
                    {"id": "u1", "type": "state.update", "config": {"values": {"grade": "hot"}}},
                    {"id": "l1", "type": "list.add", "config": {"list": "hot"}},
                ],
                "no": [],
            },
        },
        {"id": "e1", "type": "email.send", "name": "Welcome mail", "config": {"template": "welcome"}},
        {"id": "d1", "type": "flow.delay", "name": "Two hours of quiet", "config": {"duration": {"hours": 2}}},
        {"id": "s1", "type": "lead.set_status", "name": "Now contacted", "config": {"status": "contacted"}},
    ],
}  # fmt: skip


class Failing(Section):
    """Fails, as a section may whose lead does not fit."""

    status: str

    def decide(self, context: Context) -> Outcome:
        return Fail("the status “contacted” is closed for this lead")


@dataclass
class Scene(ServedApp):
    """A tenant with six executions (ids by first name)."""

    clock: FixedClock
    ids: dict[str, UUID] = field(default_factory=dict)

    def of(self, name: str) -> str:
        return f"{self.base}/executions/{self.ids[name]}"

    def enter(self, name: str, score: int) -> None:
        """Create a lead, which enters the workflow."""
        first, last = name.split()
        with writing(self.store, self.tenancy) as session:
            given = {"email": f"{first.lower()}@leads.example", "first_name": first, "last_name": last, "score": score}
            leads.create_lead(session, given)
        work(self.store)

    def pass_time(self, span: timedelta) -> None:
        """Let time pass and do what is due then."""
        self.clock.advance(span)
        work(self.store)


@pytest.fixture
def scene(served: ServedApp) -> Scene:
    """Six leads have entered: Ann finished, Fay failed, Cy was cancelled, Bob, Dee and Eve wait."""
    store = served.store
    clock: FixedClock = store.clock  # type: ignore[assignment]  # the test's own
    made = Scene(served.app, served.acme, served.address, clock, contexts=served.contexts)
    with writing(store, made.tenancy) as session:
        vocabulary.create_list(session, name="Hot leads", key="hot")
        templates.create_template(session, key="welcome", name="Welcome", subject="Hello", source="<p>Hello</p>")
        workflows.create_workflow(session, name="Spring welcome", document=DOCUMENT)
        versions.activate(session, "spring-welcome")
    made.enter("Ann Archer", 72)
    made.pass_time(timedelta(hours=2, seconds=1))
    made.enter("Fay Failing", 12)
    made.clock.advance(timedelta(hours=2, seconds=1))
    runner = Runner(store, {**kinds(), "lead.set_status": Kind("lead.set_status", "action", "Set status", Failing)})
    while runner.run_once():
        pass
    for name, score in (("Bob Baker", 91), ("Cy Cooper", 3), ("Dee Dyer", 64), ("Eve Eaton-Featherstonehaugh", 55)):
        made.enter(name, score)
        made.pass_time(timedelta(minutes=7))
    with writing(store, made.tenancy) as session:
        rows = session.execute(select(Lead.first_name, Execution.id).join(Execution, Execution.lead_id == Lead.id))
        made.ids = {str(name): execution_id for name, execution_id in rows}
        executions.cancel_execution(session, made.ids["Cy"])
    return made
