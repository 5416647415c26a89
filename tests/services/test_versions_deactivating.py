"""Deactivating: those inside finish, are held, or are cancelled, and every counter agrees."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from campaigns.services import executions, insight, templates, versions, vocabulary, workflows
from campaigns.storage.models import (
    Enrolment,
    Execution,
    Message,
    OutboxItem,
    Subscription,
    Token,
)
from campaigns.storage.transaction import reading, writing
from tests.support.workflows import (
    add_leads,
    counted,
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

CREATED = {"id": "t1", "type": "lead.created", "config": {"source": "any"}}


@pytest.fixture
def tenancy(store):
    return make_tenant(store)


def test_deactivating_with_finish_lets_those_inside_go_on(store, tenancy, clock):
    leads = add_leads(store, tenancy, 2)
    make(store, tenancy, document(delay(), triggers=[CREATED]))
    start(store, tenancy, leads)
    with writing(store, tenancy) as session:
        assert not versions.deactivate(session, "welcome", running="finish").is_active
        assert session.query(Subscription).count() == 0
    clock.advance(timedelta(days=2))
    work(store)
    assert statuses(store, tenancy) == ["finished", "finished"]


def test_held_executions_rest_until_the_workflow_is_activated_again(store, tenancy, clock):
    leads = add_leads(store, tenancy, 3)
    make(store, tenancy, document(delay(), set_status("lost")))
    start(store, tenancy, leads)
    with writing(store, tenancy) as session:
        versions.deactivate(session, "welcome", running="hold")
    clock.advance(timedelta(days=5))
    work(store)
    assert statuses(store, tenancy) == ["held"] * 3
    with writing(store, tenancy) as session:
        versions.activate(session, "welcome")
    assert statuses(store, tenancy) == ["waiting"] * 3
    work(store)
    assert statuses(store, tenancy) == ["finished"] * 3
    assert totals(store, tenancy) == {"started": 3, "finished": 3}


def test_a_held_delay_that_is_not_over_goes_on_waiting(store, tenancy, clock):
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, document(delay(days=2)))
    start(store, tenancy, [lead])
    due = clock.now() + timedelta(days=2)
    with writing(store, tenancy) as session:
        versions.deactivate(session, "welcome", running="hold")
    clock.advance(timedelta(days=1))
    with writing(store, tenancy) as session:
        versions.activate(session, "welcome")
    work(store)
    assert statuses(store, tenancy) == ["waiting"]
    with reading(store, tenancy) as session:
        assert session.query(Token).one().wake_at == due
    clock.advance(timedelta(days=1))
    work(store)
    assert statuses(store, tenancy) == ["finished"]


def test_an_execution_held_before_its_first_step_starts_on_release(store, tenancy):
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, document(set_status()))
    with writing(store, tenancy) as session:
        executions.start_by_hand(session, "welcome", lead)
        versions.deactivate(session, "welcome", running="hold")
    work(store)
    assert statuses(store, tenancy) == ["held"]
    with writing(store, tenancy) as session:
        versions.activate(session, "welcome")
    assert statuses(store, tenancy) == ["ready"]
    work(store)
    assert statuses(store, tenancy) == ["finished"]


def test_cancelling_on_deactivation_ends_all_and_every_counter_agrees(store, tenancy):
    leads = add_leads(store, tenancy, 5)
    make(store, tenancy, document(delay()))
    start(store, tenancy, leads)
    assert totals(store, tenancy) == {"started": 5, "active": 5}
    with writing(store, tenancy) as session:
        versions.deactivate(session, "welcome", running="cancel")
    assert statuses(store, tenancy) == ["cancelled"] * 5
    assert totals(store, tenancy) == {"started": 5, "cancelled": 5}
    with reading(store, tenancy) as session:
        workflow = workflows.get_workflow(session, "welcome")
        assert insight.section_counts(session, workflow)["d1"].waiting == 0
        assert [row.active for row in session.query(Enrolment)] == [0] * 5
        assert session.query(Token).count() == 0
        assert {row.reason for row in session.query(Execution)} == {"the workflow was deactivated"}


def test_cancelling_leaves_other_workflows_alone(store, tenancy):
    leads = add_leads(store, tenancy, 2)
    make(store, tenancy, document(delay()))
    start(store, tenancy, leads)
    with writing(store, tenancy) as session:
        workflows.create_workflow(session, name="Other", document=document(delay()))
        versions.activate(session, "other")
        executions.start_by_hand(session, "other", leads[0])
        versions.deactivate(session, "other", running="cancel")
    assert statuses(store, tenancy) == ["cancelled", "waiting", "waiting"]
    assert totals(store, tenancy) == {"started": 2, "active": 2}


def test_mails_that_were_planned_are_not_sent_after_cancelling(store, tenancy):
    (lead,) = add_leads(store, tenancy, 1)
    send = {"id": "e1", "type": "email.send", "config": {"template": "hello"}}
    with writing(store, tenancy) as session:
        templates.create_template(session, name="Hello", subject="Hi", source="<p>Hello</p>")
    make(store, tenancy, document(send, delay()))
    start(store, tenancy, [lead])
    with writing(store, tenancy) as session:
        assert session.query(Message).one().state == "planned"
        versions.deactivate(session, "welcome", running="cancel")
    with reading(store, tenancy) as session:
        mail = session.query(Message).one()
        assert (mail.state, mail.reason) == ("skipped", "the workflow was deactivated")
        assert session.query(OutboxItem).count() == 0


@pytest.mark.parametrize("running", ["hold", "cancel"])
def test_deactivating_beside_working_batches_leaves_nothing_half_done(store, tenancy, running):
    count = 2500  # more than two batches, and more than one chunk of what is stopped at a time
    with writing(store, tenancy) as session:
        vocabulary.create_list(session, name="VIP")
    add_leads(store, tenancy, count, on_list="vip")
    make(store, tenancy, document(set_status("lost"), delay()))
    with writing(store, tenancy) as session:
        executions.start_for_list(session, "welcome", "vip")
    failures = []

    def run():
        try:
            work(store)
        except Exception as error:  # noqa: BLE001 - a thread's failure has to reach the test
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    with writing(store, tenancy) as session:
        versions.deactivate(session, "welcome", running=running)
    for thread in threads:
        thread.join()
    work(store)
    assert failures == []
    held = count if running == "hold" else 0
    assert statuses(store, tenancy) == ["held" if held else "cancelled"] * count
    assert totals(store, tenancy) == {"started": count, **({"active": held} if held else {"cancelled": count})}
    with reading(store, tenancy) as session:
        standing = session.query(Token).filter(Token.section == "d1").count()
        counts = insight.section_counts(session, workflows.get_workflow(session, "welcome"))
        assert counts.get("d1", insight.Counts()).waiting == standing
        assert sum(row.active for row in session.query(Enrolment)) == held
        assert session.query(Token).count() == held


@pytest.mark.parametrize("running", ["hold", "cancel"])
def test_many_are_stopped_with_as_many_statements_as_one(store, tenancy, running):
    make(store, tenancy, document(delay()))
    sizes = []
    for count in (1, 30):
        start(store, tenancy, add_leads(store, tenancy, count))
        with counted(store, tenancy, writes=True) as (session, statements):
            versions.deactivate(session, "welcome", running=running)
        sizes.append(len(statements))
        with writing(store, tenancy) as session:
            versions.activate(session, "welcome")
    assert sizes[0] == sizes[1] <= 24
