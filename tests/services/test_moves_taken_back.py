"""A move is taken back within an hour: by those who have not ended, where they fit."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.errors import Conflict, NotFound
from campaigns.ids import new_id
from campaigns.sections.registry import kinds
from campaigns.services import moves
from campaigns.storage.transaction import reading, writing
from tests.support.moves import (
    choose,
    counts,
    lead_statuses,
    publish,
    settle,
    standing,
    take_back,
    two_versions,
    wait,
    waits,
)
from tests.support.workflows import (
    add_leads,
    delay,
    document,
    make,
    make_tenant,
    start,
    statuses,
    work,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def tenancy(store):
    return make_tenant(store)


def test_a_move_is_taken_back_within_the_hour(store, tenancy, clock):
    two_versions(store, tenancy)
    move = choose(store, tenancy, {(1, "d1"): "move"})
    assert take_back(store, tenancy, move).returned == 2
    assert standing(store, tenancy) == [(1, "d1", "waiting")] * 2
    assert counts(store, tenancy) == {(1, "d1"): 2}
    clock.advance(timedelta(days=2))
    work(store)
    assert lead_statuses(store, tenancy) == ["lost"] * 2


def test_leaving_is_taken_back_within_the_hour(store, tenancy, clock):
    two_versions(store, tenancy)
    move = choose(store, tenancy, {(1, "d1"): "leave"})
    assert take_back(store, tenancy, move).returned == 2
    assert standing(store, tenancy) == [(1, "d1", "waiting")] * 2
    clock.advance(timedelta(days=2))
    settle(store)
    work(store)
    assert lead_statuses(store, tenancy) == ["lost"] * 2


def test_what_came_due_while_leaving_is_done_when_that_is_taken_back(store, tenancy, clock):
    two_versions(store, tenancy, 1)
    clock.advance(timedelta(days=2) - timedelta(minutes=5))
    move = choose(store, tenancy, {(1, "d1"): "leave"})
    clock.advance(timedelta(minutes=30))
    work(store)
    assert statuses(store, tenancy) == ["held"]
    take_back(store, tenancy, move)
    work(store)
    assert statuses(store, tenancy) == ["finished"]


def test_after_an_hour_nothing_is_taken_back(store, tenancy, clock):
    two_versions(store, tenancy)
    move = choose(store, tenancy, {(1, "d1"): "move"})
    clock.advance(HOUR)
    with pytest.raises(Conflict, match="any more"):
        take_back(store, tenancy, move)


def test_nothing_is_taken_back_twice(store, tenancy):
    two_versions(store, tenancy)
    move = choose(store, tenancy, {(1, "d1"): "move"})
    take_back(store, tenancy, move)
    with pytest.raises(Conflict, match="any more"):
        take_back(store, tenancy, move)


def test_those_who_have_ended_since_stay_ended(store, tenancy, clock):
    two_versions(store, tenancy)
    clock.advance(timedelta(days=2) - timedelta(minutes=10))
    move = choose(store, tenancy, {(1, "d1"): "move"})
    clock.advance(timedelta(minutes=20))
    work(store)
    assert take_back(store, tenancy, move).returned == 0
    assert statuses(store, tenancy) == ["finished"] * 2


def test_those_who_have_gone_on_to_what_only_the_new_version_has_stay_there(store, tenancy, clock):
    two_versions(store, tenancy, 1, then=[delay(), delay(5, id="d2")])
    clock.advance(timedelta(days=2) - timedelta(minutes=10))
    move = choose(store, tenancy, {(1, "d1"): "move"})
    clock.advance(timedelta(minutes=20))
    work(store)
    assert take_back(store, tenancy, move).returned == 0
    assert standing(store, tenancy) == [(2, "d2", "waiting")]


def test_what_is_waited_for_is_that_of_the_version_it_stands_in(store, tenancy):
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, document(wait(paid="paid")))
    start(store, tenancy, [lead])
    before = waits(store, tenancy)
    publish(store, tenancy, document(wait(paid="paid", left="left")))
    move = choose(store, tenancy, {(1, "w"): "move"})
    assert [name for name, _, _ in waits(store, tenancy)] == ["left", "paid"]
    take_back(store, tenancy, move)
    assert waits(store, tenancy) == before


def test_more_than_a_page_is_moved_and_taken_back(store, tenancy, monkeypatch):
    monkeypatch.setattr("campaigns.storage.queries.moves.PAGE", 2)
    two_versions(store, tenancy, 5)
    move = choose(store, tenancy, {(1, "d1"): "move"})
    assert move.moved == 5
    assert take_back(store, tenancy, move).returned == 5


def test_what_is_no_move_is_not_found(store, tenancy):
    two_versions(store, tenancy)
    with pytest.raises(NotFound), writing(store, tenancy) as session:
        moves.take_back(session, "welcome", new_id(), kinds=kinds())


def test_moves_are_listed_with_when_they_can_be_taken_back(store, tenancy, clock):
    two_versions(store, tenancy)
    choose(store, tenancy, {(1, "d1"): "move"})
    with reading(store, tenancy) as session:
        (listed,) = moves.list_moves(session, "welcome")
    assert (listed["to"], listed["moved"], listed["author"]) == (2, 2, "Anna")
    assert listed["until"] == clock.now() + HOUR
    clock.advance(HOUR)
    with reading(store, tenancy) as session:
        assert moves.list_moves(session, "welcome")[0]["until"] is None
