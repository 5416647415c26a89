"""Activating after a pause: who is late goes on at once, ends, is spread, or only the latest of each lead goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.errors import Invalid
from campaigns.services import resuming, versions, workflows
from campaigns.services.resuming import Overdue, Resume
from campaigns.storage.models import Enrolment, Event, Execution, Token
from campaigns.storage.transaction import reading, writing
from tests.support.workflows import (
    add_leads,
    delay,
    document,
    enter,
    make,
    make_tenant,
    set_status,
    start,
    statuses,
    totals,
    work,
)

DAY = timedelta(days=1)


@pytest.fixture
def tenancy(store):
    return make_tenant(store)


def hold(store, tenancy):
    with writing(store, tenancy) as session:
        versions.deactivate(session, "welcome", running="hold")


def go_on(store, tenancy, **plan):
    with writing(store, tenancy) as session:
        versions.activate(session, "welcome", resume=Resume(**plan))


def overdue(store, tenancy):
    with reading(store, tenancy) as session:
        return resuming.count_overdue(session, workflows.get_workflow(session, "welcome").id)


def paused(store, tenancy, clock, *, late, early, then=(), **settings):
    """Hold leads in a delay of two days: `late` of them pass it meanwhile, and `early` would have a day left."""
    make(store, tenancy, document(delay(), *then, **settings))
    first = add_leads(store, tenancy, late)
    start(store, tenancy, first)
    clock.advance(DAY + timedelta(hours=1))
    second = add_leads(store, tenancy, early)
    start(store, tenancy, second)
    hold(store, tenancy)
    clock.advance(DAY)
    return first, second


def of(store, tenancy):
    with reading(store, tenancy) as session:
        return {row.lead_id: (row.status, row.reason) for row in session.query(Execution)}


def test_only_those_whose_time_has_passed_meanwhile_are_late(store, tenancy, clock):
    paused(store, tenancy, clock, late=3, early=2)
    assert overdue(store, tenancy) == Overdue(executions=3, leads=3)
    clock.advance(DAY)
    assert overdue(store, tenancy) == Overdue(executions=5, leads=5)


def test_those_who_are_not_held_are_not_late(store, tenancy, clock):
    make(store, tenancy, document(delay()))
    start(store, tenancy, add_leads(store, tenancy, 2))
    clock.advance(3 * DAY)
    assert overdue(store, tenancy) == Overdue(0, 0)


def test_who_was_on_the_way_when_it_was_held_is_not_late(store, tenancy, clock):
    make(store, tenancy, document(set_status("lost")))
    enter(store, tenancy, add_leads(store, tenancy, 1)[0])
    hold(store, tenancy)
    clock.advance(DAY)
    assert overdue(store, tenancy) == Overdue(0, 0)
    go_on(store, tenancy, plan="skip")
    work(store)
    assert statuses(store, tenancy) == ["finished"]


def test_send_lets_all_go_on_at_once(store, tenancy, clock):
    paused(store, tenancy, clock, late=2, early=1)
    go_on(store, tenancy)
    work(store)
    assert statuses(store, tenancy) == ["finished", "finished", "waiting"]


def test_skip_ends_who_is_late_with_the_reason(store, tenancy, clock):
    late, early = paused(store, tenancy, clock, late=2, early=1, then=[set_status("lost")])
    go_on(store, tenancy, plan="skip")
    work(store)
    assert of(store, tenancy) == {
        **dict.fromkeys(late, ("stopped", resuming.SKIPPED)),
        **dict.fromkeys(early, ("waiting", "")),
    }
    assert totals(store, tenancy) == {"started": 3, "stopped": 2, "active": 1}
    with reading(store, tenancy) as session:
        assert {row.lead_id: row.active for row in session.query(Enrolment)} == dict.fromkeys(late, 0) | {early[0]: 1}
        assert session.query(Token).count() == 1


def test_skipping_is_told_to_those_who_listen(store, tenancy, clock):
    make(store, tenancy, document(delay()))
    with writing(store, tenancy) as session:
        after = {"id": "t1", "type": "workflow.finished", "config": {"workflow": "welcome"}}
        workflows.create_workflow(session, name="After", document=document(set_status("lost"), triggers=[after]))
        versions.activate(session, "after")
    start(store, tenancy, add_leads(store, tenancy, 1))
    hold(store, tenancy)
    clock.advance(3 * DAY)
    go_on(store, tenancy, plan="skip")
    with reading(store, tenancy) as session:
        (told,) = session.query(Event).filter_by(name="workflow.finished")
    assert told.properties["outcome"] == "stopped"


def test_spread_lets_one_after_the_other_go_who_has_waited_longest_first(store, tenancy, clock):
    make(store, tenancy, document(delay()))
    leads = add_leads(store, tenancy, 4)
    for lead in leads:
        start(store, tenancy, [lead])
        clock.advance(timedelta(minutes=1))
    hold(store, tenancy)
    clock.advance(5 * DAY)
    go_on(store, tenancy, plan="spread", hours=8)
    for number in range(4):
        work(store)
        done = [lead for lead, (status, _) in of(store, tenancy).items() if status == "finished"]
        assert sorted(done) == sorted(leads[: number + 1])
        clock.advance(timedelta(hours=2))


def test_spread_leaves_those_alone_who_are_not_late(store, tenancy, clock):
    late, early = paused(store, tenancy, clock, late=2, early=1)
    go_on(store, tenancy, plan="spread", hours=100)
    clock.advance(DAY)
    work(store)
    found = of(store, tenancy)
    assert found[early[0]][0] == "finished"
    assert sorted(found[lead][0] for lead in late) == ["finished", "waiting"]


def test_latest_lets_one_of_each_lead_go_on(store, tenancy, clock):
    make(store, tenancy, document(delay(), limits={"per_lead_active": 9}))
    often, once = add_leads(store, tenancy, 2)
    for _ in range(3):
        start(store, tenancy, [often])
        clock.advance(timedelta(hours=1))
    start(store, tenancy, [once])
    hold(store, tenancy)
    clock.advance(3 * DAY)
    assert overdue(store, tenancy) == Overdue(executions=4, leads=2)
    go_on(store, tenancy, plan="latest")
    work(store)
    with reading(store, tenancy) as session:
        rows = session.query(Execution).order_by(Execution.id).all()
    assert [row.status for row in rows] == ["stopped", "stopped", "finished", "finished"]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [({"plan": "later"}, "/overdue"), ({"hours": 0}, "/spread_hours"), ({"hours": 721}, "/spread_hours")],
)
def test_another_plan_is_refused(wrong, path):
    with pytest.raises(Invalid) as caught:
        Resume(**wrong)
    assert [problem.path for problem in caught.value.problems] == [path]
