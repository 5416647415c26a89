"""Who is inside after a new version: they stay, move to the same section, or leave, and an hour to take it back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.errors import Conflict, Invalid
from campaigns.sections.registry import kinds
from campaigns.services import events, executions, moves, versions
from campaigns.storage.models import Execution, MovedExecution, Step
from campaigns.storage.transaction import reading, writing
from tests.support.moves import (
    choose,
    counts,
    lead_statuses,
    publish,
    settle,
    standing,
    two_versions,
    wait,
)
from tests.support.workflows import (
    add_leads,
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

HOUR = timedelta(hours=1)


@pytest.fixture
def tenancy(store):
    return make_tenant(store)


def test_nobody_is_moved_by_publishing(store, tenancy):
    two_versions(store, tenancy)
    assert standing(store, tenancy) == [(1, "d1", "waiting")] * 2


def test_the_places_say_who_stands_where_and_why_they_could_not_move(store, tenancy):
    two_versions(store, tenancy, 3, then=[set_status("customer")])
    with reading(store, tenancy) as session:
        (place,) = moves.find_places_to_live(session, "welcome", kinds())
    assert (place.version, place.section, place.type, place.executions) == (1, "d1", "flow.delay", 3)
    assert place.why == "this section is not there any more"


def test_those_who_move_keep_their_time_and_go_on_in_the_live_version(store, tenancy, clock):
    two_versions(store, tenancy)
    clock.advance(timedelta(days=1))
    move = choose(store, tenancy, {(1, "d1"): "move"})
    assert (move.moved, move.leaving, move.stayed) == (2, 0, 0)
    assert standing(store, tenancy) == [(2, "d1", "waiting")] * 2
    clock.advance(timedelta(days=1))
    work(store)
    assert lead_statuses(store, tenancy) == ["customer"] * 2
    assert totals(store, tenancy) == {"started": 2, "finished": 2}
    assert counts(store, tenancy) == {}


def test_a_move_is_a_step_that_names_both_versions(store, tenancy):
    two_versions(store, tenancy, 1)
    choose(store, tenancy, {(1, "d1"): "move"})
    with reading(store, tenancy) as session:
        steps = [(s.number, s.section, s.outcome, s.receipt) for s in session.query(Step).order_by(Step.number)]
    assert steps[-1] == (1, "d1", "moved", {"from_version": 1, "to_version": 2})


def test_the_sections_of_the_live_version_count_who_has_come(store, tenancy):
    two_versions(store, tenancy)
    choose(store, tenancy, {(1, "d1"): "move"})
    assert counts(store, tenancy) == {(2, "d1"): 2}


def test_those_who_do_not_fit_stay_and_are_counted(store, tenancy, clock):
    two_versions(store, tenancy, 2, then=[set_status("customer")])
    move = choose(store, tenancy, {(1, "d1"): "move"})
    assert (move.moved, move.stayed) == (0, 2)
    clock.advance(timedelta(days=2))
    work(store)
    assert lead_statuses(store, tenancy) == ["lost"] * 2


def test_stay_touches_nobody(store, tenancy):
    two_versions(store, tenancy)
    assert choose(store, tenancy, {(1, "d1"): "stay"}).moved == 0
    assert standing(store, tenancy) == [(1, "d1", "waiting")] * 2


def test_those_who_leave_are_held_for_an_hour_and_then_stopped(store, tenancy, clock):
    two_versions(store, tenancy)
    move = choose(store, tenancy, {(1, "d1"): "leave"})
    assert (move.moved, move.leaving) == (0, 2)
    assert standing(store, tenancy) == [(1, "d1", "held")] * 2
    clock.advance(HOUR - timedelta(seconds=1))
    assert settle(store) == 0
    clock.advance(timedelta(seconds=1))
    assert settle(store) == 1
    with reading(store, tenancy) as session:
        assert {(row.status, row.reason) for row in session.query(Execution)} == {("stopped", "left")}
        assert session.query(MovedExecution).count() == 0
    assert totals(store, tenancy) == {"started": 2, "stopped": 2}
    assert counts(store, tenancy) == {}
    clock.advance(timedelta(days=3))
    work(store)
    assert lead_statuses(store, tenancy) == []


def test_activating_again_does_not_release_those_who_leave(store, tenancy, clock):
    two_versions(store, tenancy)
    choose(store, tenancy, {(1, "d1"): "leave"})
    with writing(store, tenancy) as session:
        versions.deactivate(session, "welcome", running="hold")
        versions.activate(session, "welcome")
    assert statuses(store, tenancy) == ["held"] * 2


def test_an_event_that_only_the_new_version_waits_for_wakes_those_who_moved(store, tenancy):
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, document(wait(paid="paid")))
    start(store, tenancy, [lead])
    publish(store, tenancy, document(wait(paid="paid", left="left")))
    choose(store, tenancy, {(1, "w"): "move"})
    with writing(store, tenancy) as session:
        events.take(session, [events.Sent("left", {"id": str(lead)})])
    work(store)
    assert statuses(store, tenancy) == ["finished"]


def test_a_failed_execution_moves_and_is_retried_in_the_version_that_mends_it(store, tenancy):
    (lead,) = add_leads(store, tenancy, 1)
    broken = {"id": "x", "type": "state.set", "config": {"values": {"n": {"template": "{{ 1 | divided_by: 0 }}"}}}}
    make(store, tenancy, document(broken))
    start(store, tenancy, [lead])
    assert statuses(store, tenancy) == ["failed"]
    mended = broken | {"config": {"values": {"n": 1}}}
    publish(store, tenancy, document(mended))
    assert choose(store, tenancy, {(1, "x"): "move"}).moved == 1
    with writing(store, tenancy) as session:
        executions.retry_execution(session, session.query(Execution).one().id)
    work(store)
    assert statuses(store, tenancy) == ["finished"]
    assert totals(store, tenancy) == {"started": 1, "finished": 1}


def test_an_event_that_comes_meanwhile_keeps_nobody_from_leaving(store, tenancy, clock):
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, document(wait(came="bought")))
    start(store, tenancy, [lead])
    choose(store, tenancy, {(1, "w"): "leave"})
    with writing(store, tenancy) as session:
        events.take(session, [events.Sent("bought", {"id": str(lead)})])
    work(store)
    clock.advance(HOUR)
    settle(store)
    assert statuses(store, tenancy) == ["stopped"]


def test_who_moves_to_where_others_leave_does_not_leave_as_well(store, tenancy):
    two_versions(store, tenancy)
    start(store, tenancy, add_leads(store, tenancy, 1))
    move = choose(store, tenancy, {(1, "d1"): "move", (2, "d1"): "leave"})
    assert (move.moved, move.leaving) == (2, 1)
    assert standing(store, tenancy) == [(2, "d1", "held")] + [(2, "d1", "waiting")] * 2


def test_a_failed_execution_has_nothing_to_leave(store, tenancy):
    (lead,) = add_leads(store, tenancy, 1)
    broken = {"id": "x", "type": "state.set", "config": {"values": {"n": {"template": "{{ 1 | divided_by: 0 }}"}}}}
    make(store, tenancy, document(broken))
    start(store, tenancy, [lead])
    assert choose(store, tenancy, {(1, "x"): "leave"}).stayed == 1
    assert statuses(store, tenancy) == ["failed"]


def test_those_at_the_start_move_too(store, tenancy):
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, document(set_status("lost")))
    enter(store, tenancy, lead)
    publish(store, tenancy, document(set_status("customer")))
    assert choose(store, tenancy, {(1, ""): "move"}).moved == 1
    work(store)
    assert lead_statuses(store, tenancy) == ["customer"]


def test_a_workflow_that_is_not_active_has_no_version_to_move_to(store, tenancy):
    two_versions(store, tenancy)
    with writing(store, tenancy) as session:
        versions.deactivate(session, "welcome")
    with pytest.raises(Conflict, match="not active"):
        choose(store, tenancy, {(1, "d1"): "move"})


@pytest.mark.parametrize("choices", [{(1, "d1"): "jump"}, {(9, "d1"): "move"}])
def test_what_is_no_choice_changes_nothing(store, tenancy, choices):
    two_versions(store, tenancy)
    with pytest.raises(Invalid):
        choose(store, tenancy, choices)
    assert standing(store, tenancy) == [(1, "d1", "waiting")] * 2
