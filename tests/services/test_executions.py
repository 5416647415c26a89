"""Executions: listed, cancelled, retried."""

from __future__ import annotations

import pytest

from campaigns.engine.kinds import Kind, Section
from campaigns.engine.outcome import Fail
from campaigns.errors import Conflict, LimitReached, NotFound
from campaigns.sections.registry import kinds
from campaigns.services import drafts, executions, insight, versions, workflows
from campaigns.services.runner import Runner
from campaigns.storage.models import (
    Enrolment,
    Execution,
    Lead,
    Token,
)
from campaigns.storage.transaction import reading, writing
from tests.support.workflows import (
    add_leads,
    counted,
    delay,
    document,
    enter,
    make,
    make_tenant,
    set_status,
    totals,
    work,
)


class Failing(Section):
    """Fails while the test wants it to."""

    status: str

    def decide(self, context):
        return Fail("the test wants it")


FAILING = {**kinds(), "lead.set_status": Kind("lead.set_status", "action", "Fail", Failing)}


@pytest.fixture
def tenancy(store):
    return make_tenant(store)


def test_executions_are_paged_and_filtered_with_one_query(store, tenancy):
    leads = add_leads(store, tenancy, 5)
    make(store, tenancy, document(delay()))
    made = [enter(store, tenancy, lead).id for lead in leads]
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
    make(store, tenancy, document(delay()))
    execution = enter(store, tenancy, first)
    enter(store, tenancy, second)
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
    enter(store, tenancy, first)  # the slot is free again


def test_a_foreign_execution_cannot_be_seen_or_ended(store, tenancy):
    other = make_tenant(store, "other")
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, document(delay()))
    execution = enter(store, tenancy, lead)
    with writing(store, other) as session:
        for call in (executions.get_execution, executions.cancel_execution, executions.retry_execution):
            with pytest.raises(NotFound):
                call(session, execution.id)
        assert executions.list_executions(session) == []


def fail(store, tenancy, lead, **settings):
    """Bring a lead into an execution that fails at s1."""
    make(store, tenancy, document(set_status("lost"), **settings))
    execution = enter(store, tenancy, lead)
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
