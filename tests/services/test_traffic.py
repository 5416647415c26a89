"""Traffic: what triggers let in and refuse, which branches are taken, who is due, by version and in all of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.services import executions, insight, leads, traffic, workflows
from campaigns.services.insight import Counts
from campaigns.storage.transaction import reading, writing
from tests.support.moves import publish
from tests.support.workflows import add_leads, delay, document, make, make_tenant, set_status, start, work

CREATED = [{"id": "t1", "type": "lead.created", "config": {}}]
HOT = {
    "id": "i1", "type": "flow.if", "config": {"condition": {"field": "lead.score", "op": "gte", "value": 50}},
    "branches": {"yes": [set_status()], "no": []},
}  # fmt: skip


@pytest.fixture
def tenancy(store):
    return make_tenant(store)


def load(store, tenancy, wanted=""):
    with reading(store, tenancy) as session:
        return traffic.load_traffic(session, workflows.get_workflow(session, "welcome"), wanted)


def create(store, tenancy, *scores):
    with writing(store, tenancy) as session:
        for number, score in enumerate(scores):
            leads.create_lead(session, {"email": f"l{number}-{score}@a.example", "score": score})
    work(store)


def test_a_trigger_counts_who_it_let_in_and_who_was_refused(store, tenancy):
    make(store, tenancy, document(delay(), triggers=CREATED, limits={"active_total": 2}))
    create(store, tenancy, 1, 2, 3)
    assert load(store, tenancy).counts["t1"] == Counts(passed=2, failed=1)


def test_starts_by_hand_count_for_their_trigger(store, tenancy):
    make(store, tenancy, document(delay()))
    start(store, tenancy, add_leads(store, tenancy, 2))
    assert load(store, tenancy).counts["t1"].passed == 2


def test_the_share_of_each_branch_counts_one_that_is_empty_as_well(store, tenancy):
    make(store, tenancy, document(HOT, triggers=CREATED))
    create(store, tenancy, 80, 10, 20)
    assert load(store, tenancy).shares == {("i1", "yes"): 33, ("i1", "no"): 67}
    with reading(store, tenancy) as session:
        counts = insight.section_counts(session, workflows.get_workflow(session, "welcome"))
        assert sorted(counts) == ["i1", "s1", "t1"]


def test_figures_are_those_of_the_live_version_unless_others_are_asked_for(store, tenancy):
    make(store, tenancy, document(delay()))
    start(store, tenancy, add_leads(store, tenancy, 3))
    publish(store, tenancy, document(delay(3)))
    start(store, tenancy, add_leads(store, tenancy, 1))
    found = {word: load(store, tenancy, word) for word in ("", "1", "all", "9", "x")}
    assert {word: (one.of, one.counts["d1"].waiting) for word, one in found.items()} == {
        "": (2, 1), "1": (1, 3), "all": ("all", 4), "9": (2, 1), "x": (2, 1),
    }  # fmt: skip
    assert len({one.mark for one in found.values()}) == 3


def test_without_a_live_version_figures_are_those_of_all(store, tenancy):
    make(store, tenancy, document(delay()), activate=False)
    assert load(store, tenancy).of == "all"


def test_who_is_to_move_at_this_moment_is_told_by_section(store, tenancy):
    make(store, tenancy, document(delay()))
    (lead,) = add_leads(store, tenancy, 1)
    with writing(store, tenancy) as session:
        executions.start_by_hand(session, "welcome", lead)
    before = load(store, tenancy)
    assert before.due == {"": 1}
    work(store)
    after = load(store, tenancy)
    assert after.due == {}
    assert before.mark != after.mark
    store.clock.advance(timedelta(days=3))
    assert load(store, tenancy).due == {"d1": 1}
    assert load(store, tenancy, "all").due == {"d1": 1}


def test_another_tenant_s_figures_are_its_own(store, tenancy):
    other = make_tenant(store, "other")
    for one in (tenancy, other):
        make(store, one, document(delay()))
    start(store, tenancy, add_leads(store, tenancy, 2))
    assert load(store, other).counts == {}
    assert load(store, tenancy).counts["d1"].waiting == 2
