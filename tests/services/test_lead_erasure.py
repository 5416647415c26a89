"""Erasing: nothing that names the person is left, what was running ends, and others are not touched."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from campaigns.errors import NotFound
from campaigns.sections.registry import kinds
from campaigns.services import leads, tasks
from campaigns.services.lead_bulk import Action, Selection, act
from campaigns.services.lead_erasure import erase_lead, erasure_consequences
from campaigns.services.runner import Runner
from campaigns.storage.base import Base
from campaigns.storage.models import Enrolment, Event, Execution, Lead, Message, Note, OutboxItem, Step, Task, Token
from campaigns.storage.transaction import writing
from tests.support.workflows import make_tenant

CANARY = "canary-7f3a"
NAME, TEST = "{{ lead.first_name }}", {"field": "lead.first_name"}
SECTIONS = [
    {"id": "n", "type": "log.note", "config": {"text": "{{ lead.first_name }} came"}},
    {"id": "f", "type": "lead.set_field", "config": {"field": "last_name", "value": {"template": NAME}}},
    {"id": "i", "type": "flow.if", "config": {"condition": {**TEST, "op": "contains", "value": "can"}}},
    {"id": "e", "type": "email.send", "config": {"template": "welcome"}},
    {"id": "d", "type": "flow.delay", "config": {"duration": {"days": 2}}},
    {"id": "x", "type": "email.send", "config": {"template": "welcome"}},
]  # fmt: skip


@pytest.fixture
def erased(campaign):
    """Return the ids of a lead with a rich past and of another one with the same."""
    campaign.workflow(SECTIONS)
    ids = []
    for name in (CANARY, "other-person"):
        with campaign.write() as session:
            values = {
                "email": f"{name}@example.org",
                "first_name": name,
                "external_id": name,
                "lists": ["hot"],
                "tags": ["t"],
            }
            ids.append(leads.create_lead(session, values).id)
    campaign.run()
    with campaign.write() as session:
        leads.update_lead(session, ids[0], {"phone": "+49 30 7654321"})
        for lead_id, name in zip(ids, (CANARY, "other-person"), strict=True):
            tasks.create_task(session, lead_id, {"title": f"Call {name}"})
    return ids


def everything(campaign) -> str:
    """Return all rows of all tables as text."""
    with campaign.read() as session:
        connection = session.connection()
        connection.info["unguarded"] = True
        rows = [row for table in Base.metadata.sorted_tables for row in connection.execute(select(table))]
        connection.info.pop("unguarded")
    return repr(rows)


def test_nothing_that_names_the_person_is_left(campaign, erased):
    assert everything(campaign).count(CANARY) > 8
    with campaign.write() as session:
        erase_lead(session, erased[0])
    left = everything(campaign)
    assert CANARY not in left
    assert "7654321" not in left
    assert left.count("other-person") > 8


def test_what_was_running_ends_as_cancelled_and_sends_nothing_more(campaign, erased, clock):
    with campaign.write() as session:
        erase_lead(session, erased[0])
    with campaign.read() as session:
        rows = session.execute(
            select(Execution.status, Execution.reason, Execution.lead_id).order_by(Execution.id)
        ).all()
        assert [tuple(row) for row in rows] == [("cancelled", "erased", None), ("waiting", "", erased[1])]
        assert (
            session.scalars(select(Token.execution_id)).all()
            == session.scalars(select(Execution.id).where(Execution.lead_id == erased[1])).all()
        )
        assert session.scalars(select(Enrolment.lead_id)).all() == [erased[1]]
        assert session.scalar(select(func.count()).select_from(Step)) == 10  # the counts stay
    sent = len(campaign.transport.sent)
    clock.at = clock.at.replace(day=10)
    campaign.run()
    assert len(campaign.transport.sent) == sent + 1
    assert campaign.statuses() == {"cancelled": 1, "finished": 1}


def test_a_mail_that_was_planned_is_not_sent(campaign, erased):
    with campaign.write() as session:
        lead = leads.create_lead(session, {"email": "third@example.org"})
    runner = Runner(campaign.store, kinds())
    while runner.run_once():
        pass
    with campaign.write() as session:
        erase_lead(session, lead.id)
    sent = len(campaign.transport.sent)
    campaign.run()
    assert len(campaign.transport.sent) == sent
    with campaign.read() as session:
        assert session.scalars(select(OutboxItem)).all() == []


def test_the_consequences_are_told_in_numbers(campaign, erased):
    with campaign.read() as session:
        found = erasure_consequences(session, erased[0])
        assert (found.executions, found.running, found.messages, found.notes, found.tasks) == (1, 1, 1, 1, 1)
        assert found.events == session.scalar(select(func.count()).select_from(Event).where(Event.lead_id == erased[0]))


def test_an_erased_lead_is_gone_and_can_come_again(campaign, erased):
    with campaign.write() as session:
        erase_lead(session, erased[0])
    with pytest.raises(NotFound), campaign.write() as session:
        erase_lead(session, erased[0])
    with campaign.write() as session:
        _, new = leads.upsert_lead(session, {"email": f"{CANARY}@example.org"})
    assert new


def test_another_tenant_cannot_erase(campaign, erased, store):
    other = make_tenant(store, "other")
    with pytest.raises(NotFound), writing(store, other) as session:
        erase_lead(session, erased[0])
    with writing(store, other) as session:
        assert act(session, Selection(ids=tuple(erased)), Action("delete")).changed == 0
    assert len(campaign.all(Lead)) == 2


def test_many_are_erased_at_once(campaign, erased):
    with campaign.write() as session:
        assert act(session, Selection(), Action("delete")).changed == 2
    assert campaign.all(Lead) == []
    assert campaign.all(Note) == []
    assert campaign.all(Task) == []
    assert {message.recipient for message in campaign.all(Message)} == {""}
    assert campaign.statuses() == {"cancelled": 2}
