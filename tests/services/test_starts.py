"""Starting by hand, for one lead or a list, within the limits."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from campaigns.errors import Inactive, LimitReached, NotFound
from campaigns.ids import new_id
from campaigns.services import executions, versions, vocabulary
from campaigns.storage.models import (
    Enrolment,
)
from campaigns.storage.transaction import reading, writing
from tests.support.workflows import (
    add_leads,
    delay,
    document,
    enter,
    make,
    make_tenant,
    refused,
    set_status,
    totals,
    work,
)


@pytest.fixture
def tenancy(store):
    return make_tenant(store)


def test_a_start_by_hand_answers_with_a_ready_execution_that_then_runs(store, tenancy):
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, document(set_status("lost")))
    execution = enter(store, tenancy, lead)
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
    make(store, tenancy, document())
    with writing(store, tenancy) as session:
        versions.deactivate(session, "welcome")
    with pytest.raises(Inactive):
        enter(store, tenancy, lead)
    assert refused(store, tenancy) == ["inactive"]


def test_unknown_leads_and_workflows_are_not_found(store, tenancy):
    other = make_tenant(store, "other")
    (foreign,) = add_leads(store, other, 1)
    make(store, tenancy, document())
    for lead in (foreign, new_id()):
        with pytest.raises(NotFound):
            enter(store, tenancy, lead)
    with writing(store, other) as session, pytest.raises(NotFound):
        executions.start_by_hand(session, "welcome", foreign)
    assert refused(store, tenancy) == []


def test_a_lead_that_is_inside_is_refused_until_it_has_left(store, tenancy, clock):
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, document(delay()))
    enter(store, tenancy, lead)
    work(store)
    with pytest.raises(LimitReached) as caught:
        enter(store, tenancy, lead)
    assert caught.value.limit == "per_lead_active"
    assert caught.value.message.startswith("refused:")
    assert refused(store, tenancy) == ["per_lead_active"]
    assert totals(store, tenancy) == {"started": 1, "active": 1, "refused": 1}
    clock.advance(timedelta(days=2))
    work(store)
    enter(store, tenancy, lead)


@pytest.mark.parametrize(
    ("settings", "limit"),
    [
        ({"limits": {"per_lead_ever": 1}}, "per_lead_ever"),
        ({"reenter_after": {"days": 3}}, "reenter_after"),
    ],
)
def test_a_lead_that_was_inside_may_be_refused(store, tenancy, settings, limit):
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, document(**settings))
    enter(store, tenancy, lead)
    work(store)
    with pytest.raises(LimitReached) as caught:
        enter(store, tenancy, lead)
    assert caught.value.limit == limit
    assert refused(store, tenancy) == [limit]


def test_a_lead_may_enter_again_after_the_time_set(store, tenancy, clock):
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, document(reenter_after={"days": 3}))
    enter(store, tenancy, lead)
    work(store)
    clock.advance(timedelta(days=3))
    enter(store, tenancy, lead)


def test_keep_while_decides_at_the_start(store, tenancy):
    low, high = add_leads(store, tenancy, 2, scores=[1, 90])
    make(store, tenancy, document(delay(), keep_while={"field": "lead.score", "op": "gte", "value": 50}))
    enter(store, tenancy, high)
    with pytest.raises(LimitReached) as caught:
        enter(store, tenancy, low)
    assert caught.value.limit == "keep_while"


def test_the_limit_of_all_together_refuses_who_comes_too_late(store, tenancy):
    first, second, third = add_leads(store, tenancy, 3)
    make(store, tenancy, document(delay(), limits={"active_total": 2}))
    enter(store, tenancy, first)
    enter(store, tenancy, second)
    with pytest.raises(LimitReached) as caught:
        enter(store, tenancy, third)
    assert caught.value.limit == "active_total"
    with reading(store, tenancy) as session:
        assert session.query(Enrolment).count() == 2


def test_many_at_once_are_admitted_up_to_the_limit_and_no_further(store, tenancy):
    leads = add_leads(store, tenancy, 12)
    make(store, tenancy, document(delay(), limits={"active_total": 5}))
    outcomes = []

    def come(lead):
        try:
            enter(store, tenancy, lead)
            outcomes.append("in")
        except LimitReached as error:
            outcomes.append(error.limit)

    threads = [threading.Thread(target=come, args=(lead,)) for lead in leads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["active_total"] * 7 + ["in"] * 5
    assert totals(store, tenancy) == {"started": 5, "active": 5, "refused": 7}


def test_one_lead_entering_from_many_sides_enters_once(store, tenancy):
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, document(delay()))
    outcomes = []

    def come():
        try:
            enter(store, tenancy, lead)
            outcomes.append("in")
        except LimitReached as error:
            outcomes.append(error.limit)

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in"] + ["per_lead_active"] * 7


def test_a_list_is_started_as_a_whole_and_refusals_are_recorded(store, tenancy):
    with writing(store, tenancy) as session:
        vocabulary.create_list(session, name="VIP")
    leads = add_leads(store, tenancy, 30, on_list="vip")
    make(store, tenancy, document(delay()))
    enter(store, tenancy, leads[0])
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
    make(store, tenancy, document(delay(), limits={"active_total": 4}))
    with writing(store, tenancy) as session:
        assert executions.start_for_list(session, "welcome", "vip") == 4
    assert refused(store, tenancy) == ["active_total"] * 6
    assert totals(store, tenancy) == {"started": 4, "active": 4, "refused": 6}
