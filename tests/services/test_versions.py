"""Versions: what activating freezes and listens to, and going back to an older one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from campaigns.errors import Invalid, NotFound
from campaigns.services import drafts, versions, vocabulary, workflows
from campaigns.storage.models import (
    Subscription,
    Version,
    VersionRef,
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
    work,
)

CREATED = {"id": "t1", "type": "lead.created", "config": {"source": "any"}}


ADDED = {"id": "t2", "type": "list.added", "config": {"list": "vip"}}


@pytest.fixture
def tenancy(store):
    return make_tenant(store)


def test_activating_freezes_the_draft_and_listens(store, tenancy):
    with writing(store, tenancy) as session:
        vocabulary.create_list(session, name="VIP")
        steps = document(set_status("lost"), triggers=[CREATED, ADDED])
        workflows.create_workflow(session, name="Welcome", document=steps)
        workflow = versions.activate(session, "welcome", note="first")
        assert (workflow.is_active, workflow.live_version) == (True, 1)
        assert not versions.differs(session, workflow)
        listens = {row.trigger_id: (row.event_type, row.mode) for row in session.query(Subscription)}
        assert listens == {"t1": ("lead.created", "start"), "t2": ("list.added", "start")}
        assert {(row.kind, row.key) for row in session.query(VersionRef)} == {("list", "vip"), ("status", "lost")}
        assert versions.list_versions(session, "welcome") == [
            {"number": 1, "created_at": session.now, "author": "Anna", "note": "first", "live": True, "executions": 0}
        ]


def test_activating_twice_changes_nothing(store, tenancy):
    make(store, tenancy, document(set_status()))
    with writing(store, tenancy) as session:
        assert versions.activate(session, "welcome").live_version == 1
        assert len(versions.list_versions(session, "welcome")) == 1


def test_what_cannot_run_is_not_activated_and_the_place_is_named(store, tenancy):
    make(store, tenancy, document(set_status("gone"), triggers=[]), activate=False)
    with pytest.raises(Invalid) as caught, writing(store, tenancy) as session:
        versions.activate(session, "welcome")
    assert {problem.path for problem in caught.value.problems} == {"/triggers", "/sections/0/config/status"}
    with reading(store, tenancy) as session:
        assert not workflows.get_workflow(session, "welcome").is_active
        assert session.query(Version).count() == 0


def test_a_version_cannot_be_changed(store, tenancy):
    make(store, tenancy, document(set_status()))
    with pytest.raises(DBAPIError, match="final"), writing(store, tenancy) as session:
        session.query(Version).one().document = {}


def test_publishing_a_change_makes_the_next_version_and_never_touches_what_runs(store, tenancy, clock):
    (lead,) = add_leads(store, tenancy, 1)
    make(store, tenancy, document(delay(), set_status("lost")))
    start(store, tenancy, [lead])
    with writing(store, tenancy) as session:
        drafts.save_draft(session, "welcome", document(delay(), set_status("customer")), change="better")
        assert versions.activate(session, "welcome").live_version == 2
        inside = {v["number"]: (v["live"], v["executions"]) for v in versions.list_versions(session, "welcome")}
        assert inside == {2: (True, 0), 1: (False, 1)}
        found = versions.executions_inside(session, workflows.get_workflow(session, "welcome"))
        assert found == {1: {"d1": 1}}
    clock.advance(timedelta(days=2))
    work(store)
    with reading(store, tenancy) as session:
        assert vocabulary.status_sizes(session)["lost"] == 1
    assert statuses(store, tenancy) == ["finished"]


def test_a_trigger_that_stays_listens_without_a_gap(store, tenancy, clock):
    make(store, tenancy, document(triggers=[CREATED]))
    began = clock.now()
    clock.advance(timedelta(hours=1))
    with writing(store, tenancy) as session:
        vocabulary.create_list(session, name="VIP")
        drafts.save_draft(session, "welcome", document(set_status(), triggers=[CREATED, ADDED]), change="more")
        versions.activate(session, "welcome")
    with reading(store, tenancy) as session:
        since = {row.trigger_id: row.since for row in session.query(Subscription)}
    assert since == {"t1": began, "t2": began + timedelta(hours=1)}


def test_disabled_and_manual_triggers_listen_to_nothing(store, tenancy):
    make(
        store, tenancy, document(triggers=[{**CREATED, "disabled": True}, {"id": "t9", "type": "manual", "config": {}}])
    )
    with reading(store, tenancy) as session:
        assert session.query(Subscription).count() == 0


def test_a_former_version_is_put_back_into_production(store, tenancy):
    first, second = document(set_status("lost")), document(set_status("customer"))
    make(store, tenancy, first)
    with writing(store, tenancy) as session:
        drafts.save_draft(session, "welcome", second, change="second")
        versions.activate(session, "welcome")
        workflow = versions.restore(session, "welcome", 1)
        assert (workflow.live_version, workflow.is_active) == (1, True)
        assert drafts.get_draft(session, "welcome").document == first
        assert not versions.differs(session, workflow)
        assert [v["number"] for v in versions.list_versions(session, "welcome")] == [2, 1]
        drafts.save_draft(session, "welcome", document(delay()), change="third")
        assert versions.activate(session, "welcome").live_version == 3


def test_a_former_version_can_become_the_draft_alone(store, tenancy):
    first, second = document(set_status("lost")), document(set_status("customer"))
    make(store, tenancy, first)
    with writing(store, tenancy) as session:
        drafts.save_draft(session, "welcome", second, change="second")
        versions.activate(session, "welcome")
        workflow = versions.restore(session, "welcome", 1, live=False)
        assert workflow.live_version == 2
        assert versions.differs(session, workflow)
        assert drafts.get_draft(session, "welcome").document == first
        with pytest.raises(NotFound):
            versions.restore(session, "welcome", 9)


def test_a_version_whose_list_is_gone_cannot_go_back_into_production(store, tenancy):
    with writing(store, tenancy) as session:
        vocabulary.create_list(session, name="VIP")
    make(store, tenancy, document(triggers=[ADDED]))
    with writing(store, tenancy) as session:
        drafts.save_draft(session, "welcome", document(triggers=[CREATED]), change="any lead")
        versions.activate(session, "welcome")
        vocabulary.delete_list(session, "vip")
        with pytest.raises(Invalid) as caught:
            versions.restore(session, "welcome", 1)
    assert caught.value.problems[0].path == "/triggers/0/config/list"


def test_activating_again_without_a_change_runs_the_last_live_version(store, tenancy):
    make(store, tenancy, document(set_status()))
    with writing(store, tenancy) as session:
        versions.deactivate(session, "welcome")
        assert versions.activate(session, "welcome").live_version == 1
        versions.deactivate(session, "welcome")
        versions.deactivate(session, "welcome")


def test_true_and_one_are_a_difference(store, tenancy):
    step = {"id": "u1", "type": "state.set", "config": {"values": {"x": 1}}}
    changed = {"id": "u1", "type": "state.set", "config": {"values": {"x": True}}}
    make(store, tenancy, document(step))
    with writing(store, tenancy) as session:
        drafts.save_draft(session, "welcome", document(changed), change="true")
        assert versions.differs(session, workflows.get_workflow(session, "welcome"))


def test_versions_are_listed_with_three_queries(store, tenancy):
    make(store, tenancy, document(set_status()))
    with counted(store, tenancy) as (session, statements):
        versions.list_versions(session, "welcome")
    assert len(statements) == 3
