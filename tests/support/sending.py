"""Workflows that are started by an event `go`, events that are sent, and whether everything has come to rest."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from campaigns.services import events
from campaigns.services.events import Sent
from campaigns.storage.models import Enrolment, LeadTag, PendingEvent, SectionCount, Step, Token, Wait, WorkflowTotal
from tests.support.campaign import Campaign
from tests.support.lines import received
from tests.support.programs import item

ANN = "ann@example.com"
BY_EVENT = {"id": "t1", "type": "event.received", "config": {"name": "go"}}


def wait(**more: Any) -> dict[str, Any]:
    spec = {"for": [{"name": "came", "trigger": received("bought")}], "timeout": {"days": 2}}
    branches = {"came": [item("lead.add_tag", "y", tag="buyer")], "timeout": [item("lead.add_tag", "n", tag="cold")]}
    return item("flow.wait", "w", **spec, branches=branches) | more


def send(campaign: Campaign, name: str, email: str = ANN, **properties: Any) -> None:
    with campaign.write() as session:
        events.take(session, [Sent(name, {"email": email}, None, properties)])
    campaign.run()


def steps(campaign: Campaign, key: str | None = None) -> list[tuple[str, str]]:
    with campaign.read() as session:
        rows = session.execute(select(Step.section, Step.outcome).order_by(Step.execution_id, Step.number)).all()
    return [(row.section, row.outcome) for row in rows]


def tags(campaign: Campaign) -> list[str]:
    return sorted(tag.tag for tag in campaign.all(LeadTag))


def is_settled(campaign: Campaign) -> None:
    """Nothing waits, is counted or is queued any more."""
    assert campaign.all(Token) == []
    assert campaign.all(Wait) == []
    assert campaign.all(PendingEvent) == []
    assert all(row.waiting == 0 for row in campaign.all(SectionCount))
    assert all(row.active == 0 for row in campaign.all(Enrolment))
    for total in campaign.all(WorkflowTotal):
        ended = total.finished + total.stopped + total.cancelled + total.failed
        assert (total.active, ended) == (0, total.started)
