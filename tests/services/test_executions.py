"""Executions: started by hand within the limits, listed, cancelled, retried."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from campaigns.engine.kinds import Kind, Section
from campaigns.engine.outcome import Fail
from campaigns.errors import Conflict, Inactive, LimitReached, NotFound
from campaigns.ids import new_id
from campaigns.sections.registry import kinds
from campaigns.services import drafts, executions, insight, refusals, versions, vocabulary, workflows
from campaigns.services.runner import Runner
from campaigns.storage.models import Enrolment, Execution, Lead, Token
from campaigns.storage.transaction import reading, writing
from tests.support.workflows import add_leads, counted, delay, document, make_tenant, set_status, work


class Failing(Section):
    """Fails while the test wants it to."""

    status: str

    def decide(self, context):
        return Fail("the test wants it")


FAILING = {**kinds(), "lead.set_status": Kind("lead.set_status", "action", "Fail", Failing)}


@pytest.fixture
def tenancy(store):
    return make_tenant(store)


def make(store, tenancy, *sections, **settings):
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Welcome", document=document(*sections, **settings))
        versions.activate(session, "welcome")


def start(store, tenancy, lead):
    with writing(store, tenancy) as session:
        return executions.start_by_hand(session, "welcome", lead)


def totals(store, tenancy):
    with reading(store, tenancy) as session:
        found = insight.workflow_totals(session, workflows.get_workflow(session, "welcome"))
    return {name: count for name, count in found.items() if count}


def refused(store, tenancy):
    with reading(store, tenancy) as session:
        return [row.limit for row, _ in refusals.list_refusals(session)]


def test_a_start_by_hand_answers_with_a_ready_execution_that_then_runs(store, tenancy):
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, set_status("lost"))
    execution = start(store, tenancy, lead)
    assert (execution.status, execution.trigger_id, execution.lead_id) == ("ready", "t1", lead)
    work(store)
    with reading(store, tenancy) as session:
        shown = executions.describe_execution(executions.get_execution(session, execution.id))
    assert (shown["workflow"], shown["version"], shown["status"], shown["lead"]) == ("welcome", 1, "finished", lead)
    assert [(s["section"], s["type"], s["outcome"]) for s in shown["steps"]] == [("s1", "lead.set_status", "done")]
    assert shown["tokens"] == []
    assert totals(store, tenancy) == {"started": 1, "finished": 1}


def test_an_inactive_workflow_refuses_and_the_refusal_is_recorded(store, tenancy):
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy)
    with writing(store, tenancy) as session:
        versions.deactivate(session, "welcome")
    with pytest.raises(Inactive):
        start(store, tenancy, lead)
    assert refused(store, tenancy) == ["inactive"]


def test_unknown_leads_and_workflows_are_not_found(store, tenancy):
    other = make_tenant(store, "other")
    (foreign,) = add_leads(store, other, 1)
    make(store, tenancy)
    for lead in (foreign, new_id()):
        with pytest.raises(NotFound):
            start(store, tenancy, lead)
    with writing(store, other) as session, pytest.raises(NotFound):
        executions.start_by_hand(session, "welcome", foreign)
    assert refused(store, tenancy) == []


def test_a_lead_that_is_inside_is_refused_until_it_has_left(store, tenancy, clock):
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, delay())
    start(store, tenancy, lead)
    work(store)
    with pytest.raises(LimitReached) as caught:
        start(store, tenancy, lead)
    assert caught.value.limit == "per_lead_active"
    assert caught.value.message.startswith("refused:")
    assert refused(store, tenancy) == ["per_lead_active"]
    assert totals(store, tenancy) == {"started": 1, "active": 1, "refused": 1}
    clock.advance(timedelta(days=2))
    work(store)
    start(store, tenancy, lead)


@pytest.mark.parametrize(
    ("settings", "limit"),
    [
        ({"limits": {"per_lead_ever": 1}}, "per_lead_ever"),
        ({"reenter_after": {"days": 3}}, "reenter_after"),
    ],
)
def test_a_lead_that_was_inside_may_be_refused(store, tenancy, settings, limit):
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, **settings)
    start(store, tenancy, lead)
    work(store)
    with pytest.raises(LimitReached) as caught:
        start(store, tenancy, lead)
    assert caught.value.limit == limit
    assert refused(store, tenancy) == [limit]


def test_a_lead_may_enter_again_after_the_time_set(store, tenancy, clock):
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, reenter_after={"days": 3})
    start(store, tenancy, lead)
    work(store)
    clock.advance(timedelta(days=3))
    start(store, tenancy, lead)


def test_keep_while_decides_at_the_start(store, tenancy):
    low, high = add_leads(store, tenancy, 2, scores=[1, 90])
    make(store, tenancy, delay(), keep_while={"field": "lead.score", "op": "gte", "value": 50})
    start(store, tenancy, high)
    with pytest.raises(LimitReached) as caught:
        start(store, tenancy, low)
    assert caught.value.limit == "keep_while"


def test_the_limit_of_all_together_refuses_who_comes_too_late(store, tenancy):
    first, second, third = add_leads(store, tenancy, 3)
    make(store, tenancy, delay(), limits={"active_total": 2})
    start(store, tenancy, first)
    start(store, tenancy, second)
    with pytest.raises(LimitReached) as caught:
        start(store, tenancy, third)
    assert caught.value.limit == "active_total"
    with reading(store, tenancy) as session:
        assert session.query(Enrolment).count() == 2


def test_many_at_once_are_admitted_up_to_the_limit_and_no_further(store, tenancy):
    leads = add_leads(store, tenancy, 12)
    make(store, tenancy, delay(), limits={"active_total": 5})
    outcomes = []

    def enter(lead):
        try:
            start(store, tenancy, lead)
            outcomes.append("in")
        except LimitReached as error:
            outcomes.append(error.limit)

    threads = [threading.Thread(target=enter, args=(lead,)) for lead in leads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["active_total"] * 7 + ["in"] * 5
    assert totals(store, tenancy) == {"started": 5, "active": 5, "refused": 7}


def test_one_lead_entering_from_many_sides_enters_once(store, tenancy):
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, delay())
    outcomes = []

    def enter():
        try:
            start(store, tenancy, lead)
            outcomes.append("in")
        except LimitReached as error:
            outcomes.append(error.limit)

    threads = [threading.Thread(target=enter) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in"] + ["per_lead_active"] * 7


def test_a_list_is_started_as_a_whole_and_refusals_are_recorded(store, tenancy):
    with writing(store, tenancy) as session:
        vocabulary.create_list(session, name="VIP")
    leads = add_leads(store, tenancy, 30, on_list="vip")
    make(store, tenancy, delay())
    start(store, tenancy, leads[0])
    with writing(store, tenancy) as session:
        assert executions.start_for_list(session, "welcome", "vip") == 29
    work(store)
    assert totals(store, tenancy) == {"started": 30, "active": 30, "refused": 1}
    assert refused(store, tenancy) == ["per_lead_active"]
    with writing(store, tenancy) as session:
        versions.deactivate(session, "welcome")
        with pytest.raises(Inactive):
            executions.start_for_list(session, "welcome", "vip")
        with pytest.raises(NotFound):
            executions.start_for_list(session, "welcome", "no-such")


def test_a_list_fills_what_room_there_is(store, tenancy):
    with writing(store, tenancy) as session:
        vocabulary.create_list(session, name="VIP")
    add_leads(store, tenancy, 10, on_list="vip")
    make(store, tenancy, delay(), limits={"active_total": 4})
    with writing(store, tenancy) as session:
        assert executions.start_for_list(session, "welcome", "vip") == 4
    assert refused(store, tenancy) == ["active_total"] * 6
    assert totals(store, tenancy) == {"started": 4, "active": 4, "refused": 6}


def test_executions_are_paged_and_filtered_with_one_query(store, tenancy):
    leads = add_leads(store, tenancy, 5)
    make(store, tenancy, delay())
    made = [start(store, tenancy, lead).id for lead in leads]
    work(store)
    with counted(store, tenancy) as (session, statements):
        first = executions.list_executions(session, workflow="welcome", limit=3)
    assert len(statements) == 1
    assert [row.id for row in first] == made[:1:-1]
    assert {(row.section, row.status, row.version) for row in first} == {("d1", "waiting", 1)}
    with reading(store, tenancy) as session:
        rest = executions.list_executions(session, workflow="welcome", before=first[-1].id)
        assert [row.id for row in rest] == [made[1], made[0]]
        assert len(executions.list_executions(session, section="d1", status="waiting")) == 5
        assert executions.list_executions(session, section="s9") == []
        assert [row.lead_id for row in executions.list_executions(session, lead=leads[2])] == [leads[2]]
        assert executions.list_executions(session, workflow="no-such") == []
        assert executions.describe_summary(first[0])["workflow"] == "welcome"


def test_cancelling_ends_one_and_every_counter_agrees(store, tenancy):
    first, second = add_leads(store, tenancy, 2)
    make(store, tenancy, delay())
    execution = start(store, tenancy, first)
    start(store, tenancy, second)
    work(store)
    with writing(store, tenancy) as session:
        ended = executions.cancel_execution(session, execution.id)
        assert (ended.status, ended.finished_at) == ("cancelled", session.now)
        with pytest.raises(Conflict):
            executions.cancel_execution(session, execution.id)
    assert totals(store, tenancy) == {"started": 2, "active": 1, "cancelled": 1}
    with reading(store, tenancy) as session:
        workflow = workflows.get_workflow(session, "welcome")
        assert insight.section_counts(session, workflow, 1)["d1"].waiting == 1
        assert session.query(Token).count() == 1
    start(store, tenancy, first)  # the slot is free again


def test_a_foreign_execution_cannot_be_seen_or_ended(store, tenancy):
    other = make_tenant(store, "other")
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, delay())
    execution = start(store, tenancy, lead)
    with writing(store, other) as session:
        for call in (executions.get_execution, executions.cancel_execution, executions.retry_execution):
            with pytest.raises(NotFound):
                call(session, execution.id)
        assert executions.list_executions(session) == []


def fail(store, tenancy, lead, **settings):
    """Bring a lead into an execution that fails at s1."""
    make(store, tenancy, set_status("lost"), **settings)
    execution = start(store, tenancy, lead)
    runner = Runner(store, FAILING)
    while runner.run_once():
        pass
    return execution.id


def test_a_failed_execution_is_retried_where_it_failed(store, tenancy):
    (lead,) = add_leads(store, tenancy, 1)
    execution_id = fail(store, tenancy, lead)
    assert totals(store, tenancy) == {"started": 1, "failed": 1}
    with writing(store, tenancy) as session:
        assert executions.retry_execution(session, execution_id).status == "ready"
    assert totals(store, tenancy) == {"started": 1, "active": 1}
    work(store)
    with reading(store, tenancy) as session:
        detail = executions.get_execution(session, execution_id)
        assert detail.execution.status == "finished"
        assert [step.outcome for step in detail.steps] == ["failed", "done"]
        counts = insight.section_counts(session, detail.workflow)["s1"]
        assert (counts.passed, counts.failed) == (1, 0)
    assert totals(store, tenancy) == {"started": 1, "finished": 1}
    with writing(store, tenancy) as session, pytest.raises(Conflict):
        executions.retry_execution(session, execution_id)


def test_a_retry_needs_the_slot_again(store, tenancy):
    first, second = add_leads(store, tenancy, 2)
    execution_id = fail(store, tenancy, first, limits={"active_total": 1})
    with writing(store, tenancy) as session:
        drafts.save_draft(session, "welcome", document(delay(), limits={"active_total": 1}), change="wait")
        versions.activate(session, "welcome")
        executions.start_by_hand(session, "welcome", second)
    with pytest.raises(LimitReached) as caught, writing(store, tenancy) as session:
        executions.retry_execution(session, execution_id)
    assert caught.value.limit == "active_total"
    with reading(store, tenancy) as session:
        assert session.get_one(Execution, (tenancy.tenant_id, execution_id)).status == "failed"


def test_a_failed_execution_can_be_cancelled_and_holds_no_slot(store, tenancy):
    (lead,) = add_leads(store, tenancy, 1)
    execution_id = fail(store, tenancy, lead)
    with writing(store, tenancy) as session:
        executions.cancel_execution(session, execution_id)
    assert totals(store, tenancy) == {"started": 1, "cancelled": 1}
    with reading(store, tenancy) as session:
        assert session.query(Enrolment).one().active == 0
        assert session.query(Lead).count() == 1
