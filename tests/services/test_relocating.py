"""Leads taken to another section: they go on from there, in the live version, with counters and path in order."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from campaigns.errors import Conflict, NotFound
from campaigns.sections.registry import kinds
from campaigns.services import relocating, versions
from campaigns.services.execution_chunks import Chosen
from campaigns.services.execution_pages import Filters
from campaigns.storage.models import Execution, Step, Wait
from campaigns.storage.transaction import reading, writing
from tests.support.lines import received
from tests.support.moves import counts, publish, standing
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
)  # fmt: skip

AT_D1 = Chosen(Filters(workflow="welcome", section="d1"))
TWO = (delay(), set_status(), delay(5, id="d2"))
FORK = {
    "id": "f1", "type": "flow.fork", "config": {"join": "all"},
    "branches": {"a": [delay(3, id="fa")], "b": [delay(4, id="fb")]},
}  # fmt: skip


@pytest.fixture
def tenancy(store):
    return make_tenant(store)


def move(store, tenancy, section, chosen=AT_D1):
    with writing(store, tenancy) as session:
        return relocating.move_some(session, chosen, section, kinds=kinds()).changed


def test_they_leave_their_wait_and_go_on_at_the_other_section(store, tenancy):
    make(store, tenancy, document(*TWO))
    start(store, tenancy, add_leads(store, tenancy, 2))
    with reading(store, tenancy) as session:
        assert relocating.count_movable(session, AT_D1) == 2
    assert move(store, tenancy, "d2") == 2
    assert counts(store, tenancy) == {}
    work(store)
    assert standing(store, tenancy) == [(1, "d2", "waiting")] * 2
    assert counts(store, tenancy) == {(1, "d2"): 2}
    assert totals(store, tenancy) == {"started": 2, "active": 2}
    with reading(store, tenancy) as session:
        told = session.scalars(select(Step).where(Step.outcome == "relocated")).all()
        assert {(step.section, step.receipt["to_section"], step.receipt["by"]) for step in told} == {
            ("d1", "d2", "Anna")
        }


def test_who_is_in_an_older_version_goes_on_in_the_live_one(store, tenancy):
    make(store, tenancy, document(delay()))
    start(store, tenancy, add_leads(store, tenancy, 1))
    publish(store, tenancy, document(set_status(), delay(5, id="d2")))
    assert move(store, tenancy, "d2") == 1
    work(store)
    assert standing(store, tenancy) == [(2, "d2", "waiting")]
    assert counts(store, tenancy) == {(2, "d2"): 1}


def test_what_was_awaited_is_forgotten(store, tenancy):
    config = {"for": [{"name": "came", "trigger": received("bought")}], "timeout": {"days": 3}}
    make(store, tenancy, document({"id": "d1", "type": "flow.wait", "config": config}, set_status()))
    start(store, tenancy, add_leads(store, tenancy, 1))
    assert move(store, tenancy, "s1") == 1
    with reading(store, tenancy) as session:
        assert session.scalars(select(Wait)).all() == []
    work(store)
    assert statuses(store, tenancy) == ["finished"]


def test_nobody_is_moved_in_a_workflow_that_is_not_active(store, tenancy):
    make(store, tenancy, document(*TWO))
    start(store, tenancy, add_leads(store, tenancy, 1))
    with writing(store, tenancy) as session:
        versions.deactivate(session, "welcome", running="hold")
    with pytest.raises(Conflict):
        move(store, tenancy, "d2")
    assert standing(store, tenancy) == [(1, "d1", "held")]


def test_who_is_in_several_places_stays_and_nobody_is_put_into_a_fork(store, tenancy):
    make(store, tenancy, document(FORK, set_status()))
    start(store, tenancy, add_leads(store, tenancy, 1))
    chosen = Chosen(Filters(workflow="welcome"))
    assert move(store, tenancy, "s1", chosen) == 0
    for section in ("fa", "no-such"):
        with pytest.raises(NotFound):
            move(store, tenancy, section, chosen)
    with reading(store, tenancy) as session:
        assert set(relocating.load_target(session, "welcome", kinds()).places) == {"f1", "s1"}
        assert relocating.count_movable(session, chosen) == 0


def test_another_tenant_s_executions_are_out_of_reach(store, tenancy):
    make(store, tenancy, document(*TWO))
    start(store, tenancy, add_leads(store, tenancy, 1))
    other = make_tenant(store, "other")
    make(store, other, document(*TWO))
    with reading(store, tenancy) as session:
        ids = list(session.scalars(select(Execution.id)))
    assert move(store, other, "d2", Chosen(Filters(workflow="welcome"), ids)) == 0
    assert standing(store, tenancy) == [(1, "d1", "waiting")]
