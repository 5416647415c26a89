"""Events become executions, in batches: matched, advanced, recorded, each once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaigns.storage.models import (
    Enrolment,
    Event,
    Execution,
    Lead,
    ListMember,
    Message,
    PendingEvent,
    SectionCount,
    Token,
    WorkflowTotal,
)
from tests.support.campaign import Campaign

HOT = {"field": "lead.score", "op": "gte", "value": 50}
SCORE_CHANGED = {"field": "lead.score", "op": "changed"}
BRANCHES = {
    "id": "s1",
    "type": "flow.if",
    "config": {"condition": HOT},
    "branches": {
        "yes": [
            {"id": "s2", "type": "lead.set_status", "config": {"status": "qualified"}},
            {"id": "s3", "type": "list.add", "config": {"list": "hot"}},
        ],
        "no": [{"id": "s4", "type": "lead.add_tag", "config": {"tag": "cold"}}],
    },
}
TWO_LEADS = "email,first_name,score\nann@example.com,Ann,72\nbob@example.com,Bob,10\n"


def test_every_imported_lead_goes_down_its_branch_once(campaign: Campaign) -> None:
    campaign.workflow([BRANCHES, {"id": "s5", "type": "flow.finish"}])
    campaign.imports(TWO_LEADS)
    assert campaign.statuses() == {"finished": 2}
    assert campaign.steps() == [
        ("s1", "yes"), ("s2", "done"), ("s3", "done"), ("s5", "finished"),
        ("s1", "no"), ("s4", "done"), ("s5", "finished"),
    ]  # fmt: skip
    assert len(campaign.all(ListMember)) == 1


def test_a_receipt_says_what_decided(campaign: Campaign) -> None:
    from campaigns.storage.models import Step

    campaign.workflow([BRANCHES])
    campaign.imports("email,score\nann@example.com,72\n")
    with campaign.read() as session:
        receipt = session.scalars(select(Step.receipt).where(Step.section == "s1")).one()
    assert receipt["saw"] == 72
    assert receipt["value"] == 50
    assert receipt["is"] is True


def test_each_changing_step_leaves_one_event_with_its_cause(campaign: Campaign) -> None:
    campaign.workflow([BRANCHES])
    campaign.imports("email,score\nann@example.com,72\n")
    with campaign.read() as session:
        events = session.execute(select(Event.name, Event.source, Event.hop).order_by(Event.id)).all()
    assert [tuple(event) for event in events] == [
        ("lead.created", "import", 0), ("lead.status_changed", "execution", 1), ("list.added", "execution", 1),
    ]  # fmt: skip


def test_a_delay_rests_and_goes_on_at_its_time(campaign: Campaign, clock) -> None:
    campaign.workflow(
        [
            {"id": "s1", "type": "flow.delay", "config": {"duration": {"days": 2}, "time_zone": "tenant"}},
            {"id": "s2", "type": "lead.add_points", "config": {"points": 5}},
        ]
    )
    campaign.imports("email,score\nann@example.com,1\n")
    assert campaign.statuses() == {"waiting": 1}
    token = campaign.only(Token)
    assert token.section == "s1"
    assert token.wake_at == clock.now() + timedelta(days=2)
    clock.advance(timedelta(days=2) - timedelta(microseconds=1))
    campaign.run()
    assert campaign.statuses() == {"waiting": 1}
    clock.advance(timedelta(microseconds=1))
    campaign.run()
    assert campaign.steps() == [("s1", "waiting"), ("s1", "resumed"), ("s2", "done")]
    assert campaign.statuses() == {"finished": 1}
    assert campaign.all(Token) == []
    assert campaign.only(Lead).score == 6


def test_counts_and_totals_are_kept_by_the_batches(campaign: Campaign, clock) -> None:
    campaign.workflow([{"id": "s1", "type": "flow.delay", "config": {"duration": {"hours": 1}}}])
    campaign.imports(TWO_LEADS)
    counted = {row.section: (row.waiting, row.passed, row.failed) for row in campaign.all(SectionCount)}
    assert counted == {"t1": (0, 2, 0), "s1": (2, 0, 0)}
    total = campaign.only(WorkflowTotal)
    assert (total.active, total.started, total.finished) == (2, 2, 0)
    clock.advance(timedelta(hours=1))
    campaign.run()
    assert {row.waiting for row in campaign.all(SectionCount)} == {0}
    total = campaign.only(WorkflowTotal)
    assert (total.active, total.started, total.finished) == (0, 2, 2)
    assert {enrolment.active for enrolment in campaign.all(Enrolment)} == {0}


def test_a_second_event_is_refused_while_one_is_active(campaign: Campaign) -> None:
    from campaigns.storage.models import Refusal

    campaign.workflow(
        [{"id": "s1", "type": "flow.delay", "config": {"duration": {"hours": 1}}}],
        triggers=[{"id": "t1", "type": "lead.field_changed", "config": {"condition": SCORE_CHANGED}}],
    )
    campaign.imports("email,score\nann@example.com,1\n")
    campaign.imports("email,score\nann@example.com,2\n")
    campaign.imports("email,score\nann@example.com,3\n")
    assert campaign.statuses() == {"waiting": 1}
    refusal = campaign.only(Refusal)
    assert refusal.limit == "per_lead_active"
    assert refusal.text.startswith("refused:")


def test_an_events_workflows_chain_through_their_changes(campaign: Campaign) -> None:
    campaign.workflow([{"id": "s1", "type": "lead.set_status", "config": {"status": "qualified"}}], key="first")
    campaign.workflow(
        [{"id": "s1", "type": "list.add", "config": {"list": "hot"}}],
        triggers=[{"id": "t1", "type": "lead.status_changed", "config": {"to": "qualified"}}],
        key="second",
    )
    campaign.imports(TWO_LEADS)
    assert campaign.statuses() == {"finished": 4}
    assert len(campaign.all(ListMember)) == 2
    assert campaign.all(PendingEvent) == []


def test_mail_is_planned_with_the_step_and_handed_over_once(campaign: Campaign) -> None:
    campaign.workflow([{"id": "s1", "type": "email.send", "config": {"template": "welcome"}}])
    campaign.imports(TWO_LEADS)
    assert sorted(message.recipient for message in campaign.transport.sent) == ["ann@example.com", "bob@example.com"]
    assert {message.state for message in campaign.all(Message)} == {"handed_over"}
    assert {message.subject for message in campaign.all(Message)} == {"Hello Ann", "Hello Bob"}


def test_one_bad_lead_is_quarantined_and_the_others_go_on(campaign: Campaign) -> None:
    """The address a step sets is another lead's: the database refuses that write, and that one alone fails."""
    unlucky = {"field": "lead.score", "op": "eq", "value": 13}
    clash = {"id": "s2", "type": "lead.set_field", "config": {"field": "external_id", "value": "taken"}}
    campaign.workflow(
        [
            {"id": "s1", "type": "flow.if", "config": {"condition": unlucky}, "branches": {"yes": [clash]}},
            {"id": "s3", "type": "lead.add_points", "config": {"points": 1}},
        ]
    )
    rows = "".join(f"p{n}@example.com,{n},{'taken' if n == 5 else ''}\n" for n in range(40))
    campaign.imports("email,score,external_id\n" + rows)
    assert campaign.statuses() == {"finished": 39, "failed": 1}
    failed = next(x for x in campaign.all(Execution) if x.status == "failed")
    assert "external_id" in failed.reason
    assert {lead.email: lead.score for lead in campaign.all(Lead)}["p13@example.com"] == 13
    assert campaign.all(PendingEvent) == []


def test_the_switch_of_an_import_starts_nothing(campaign: Campaign) -> None:
    campaign.workflow([{"id": "s1", "type": "flow.finish"}])
    campaign.imports(TWO_LEADS, start_workflows=False)
    assert campaign.statuses() == {}
    assert len(campaign.all(Event)) == 2


def test_a_total_limit_admits_exactly_so_many(campaign: Campaign) -> None:
    campaign.workflow(
        [{"id": "s1", "type": "flow.delay", "config": {"duration": {"hours": 1}}}],
        limits={"active_total": 3, "per_lead_ever": 0, "per_lead_active": 1},
    )
    campaign.imports("email\n" + "".join(f"p{n}@example.com\n" for n in range(10)))
    assert campaign.statuses() == {"waiting": 3}
    assert campaign.only(WorkflowTotal).refused == 7


@pytest.mark.parametrize("reason", ["boom"])
def test_a_stop_names_its_reason(campaign: Campaign, reason: str) -> None:
    campaign.workflow([{"id": "s1", "type": "flow.stop", "config": {"reason": reason}}])
    campaign.imports("email\nann@example.com\n")
    execution = campaign.only(Execution)
    assert (execution.status, execution.reason) == ("stopped", reason)
