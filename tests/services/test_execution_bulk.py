"""Acting on many executions: retried as far as limits leave slots, cancelled with every counter, a chunk at a time."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from campaigns.engine.kinds import Kind
from campaigns.engine.outcome import Fail
from campaigns.errors import NotFound
from campaigns.sections.base import Section
from campaigns.sections.registry import kinds
from campaigns.services import execution_bulk, executions, insight, workflows
from campaigns.services.execution_chunks import Chosen
from campaigns.services.execution_pages import Filters
from campaigns.services.runner import Runner
from campaigns.storage.models import AuditEntry, Enrolment, Execution
from campaigns.storage.transaction import reading, writing
from tests.support.workflows import (
    add_leads,
    delay,
    document,
    make,
    make_tenant,
    set_status,
    start,
    statuses,
    totals,
    work,
)

ALL = Chosen(Filters(workflow="welcome"))


class Failing(Section):
    """Fails, as a section may whose lead does not fit."""

    status: str

    def decide(self, context):
        return Fail("the test wants it")


@pytest.fixture
def tenancy(store):
    return make_tenant(store)


def fail(store, tenancy, count, **settings):
    """Bring leads into executions that fail at s1; return the leads."""
    leads = add_leads(store, tenancy, count)
    make(store, tenancy, document(set_status("lost"), **settings))
    with writing(store, tenancy) as session:
        for lead in leads:
            executions.start_by_hand(session, "welcome", lead)
    runner = Runner(store, {**kinds(), "lead.set_status": Kind("lead.set_status", "action", "Set status", Failing)})
    while runner.run_once():
        pass
    return leads


def counts(store, tenancy, section):
    with reading(store, tenancy) as session:
        return insight.section_counts(session, workflows.get_workflow(session, "welcome"))[section]


def test_those_that_failed_go_on_where_they_failed_and_every_counter_agrees(store, tenancy):
    fail(store, tenancy, 3)
    assert totals(store, tenancy) == {"started": 3, "failed": 3}
    with writing(store, tenancy) as session:
        assert execution_bulk.count_failed(session, ALL) == 3
        assert execution_bulk.retry_some(session, ALL).changed == 3
        assert execution_bulk.count_failed(session, ALL) == 0
        assert set(session.scalars(select(Enrolment.active))) == {1}
        assert "executions.retried" in set(session.scalars(select(AuditEntry.action)))
    assert totals(store, tenancy) == {"started": 3, "active": 3}
    assert counts(store, tenancy, "s1").failed == 0
    work(store)
    assert totals(store, tenancy) == {"started": 3, "finished": 3}
    assert (counts(store, tenancy, "s1").passed, counts(store, tenancy, "s1").failed) == (3, 0)


def test_only_the_ticked_are_retried_and_others_passed_over(store, tenancy):
    fail(store, tenancy, 3)
    with writing(store, tenancy) as session:
        ids = list(session.scalars(select(Execution.id).order_by(Execution.id)))
        chosen = Chosen(Filters(workflow="welcome"), ids[:1])
        assert execution_bulk.retry_some(session, chosen).changed == 1
        assert execution_bulk.retry_some(session, chosen).changed == 0
    work(store)
    assert statuses(store, tenancy) == ["failed", "failed", "finished"]


def test_a_retry_of_many_takes_the_slots_that_the_limit_leaves(store, tenancy):
    leads = fail(store, tenancy, 1, limits={"active_total": 1, "per_lead_active": 1})
    more = add_leads(store, tenancy, 1)
    with writing(store, tenancy) as session:
        executions.start_by_hand(session, "welcome", more[0])
    with writing(store, tenancy) as session:
        assert execution_bulk.retry_some(session, ALL).changed == 0
    work(store)
    with writing(store, tenancy) as session:
        executions.start_by_hand(session, "welcome", leads[0])  # it has entered anew: its own slot is gone
        assert execution_bulk.retry_some(session, ALL).changed == 0
    assert totals(store, tenancy) == {"started": 3, "failed": 1, "active": 1, "finished": 1}


def test_many_are_cancelled_chunk_by_chunk_and_those_that_ended_passed_over(store, tenancy):
    make(store, tenancy, document(delay()))
    start(store, tenancy, add_leads(store, tenancy, 5))
    with writing(store, tenancy) as session:
        executions.cancel_execution(session, session.scalars(select(Execution.id)).first())
    with writing(store, tenancy) as session:
        assert execution_bulk.count_open(session, ALL) == 4
        first = execution_bulk.cancel_some(session, ALL, most=2)
        assert first.after is not None
    with writing(store, tenancy) as session:
        rest = execution_bulk.cancel_some(session, ALL, after=first.after)
        assert rest.after is None
    assert first.changed + rest.changed == 4
    assert totals(store, tenancy) == {"started": 5, "cancelled": 5}
    assert counts(store, tenancy, "d1").waiting == 0


def test_another_tenant_s_executions_are_out_of_reach(store, tenancy):
    fail(store, tenancy, 1)
    other = make_tenant(store, "other")
    with reading(store, tenancy) as session:
        ids = list(session.scalars(select(Execution.id)))
    for act in (execution_bulk.retry_some, execution_bulk.cancel_some):
        with pytest.raises(NotFound), writing(store, other) as session:
            act(session, Chosen(Filters(workflow="welcome"), ids))
    with writing(store, other) as session:
        workflows.create_workflow(session, name="Welcome", document=document(delay()))
        for act in (execution_bulk.retry_some, execution_bulk.cancel_some):
            assert act(session, Chosen(Filters(workflow="welcome"), ids)).changed == 0
    assert statuses(store, tenancy) == ["failed"]
