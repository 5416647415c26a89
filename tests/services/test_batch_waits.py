"""Executions that wait for events, listen, restart, exit and start each other, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.sections.registry import kinds
from campaigns.services import events, executions, leads, versions
from campaigns.services.events import Sent
from campaigns.storage.models import (
    Awaited,
    Enrolment,
    Execution,
    Lead,
    Refusal,
    Token,
    Wait,
)
from tests.support.campaign import Campaign
from tests.support.lines import hours, listener, note
from tests.support.programs import item
from tests.support.sending import ANN, BY_EVENT, is_settled, send, steps, tags, wait


def test_a_wait_is_won_by_the_event_and_its_time_is_forgotten(campaign: Campaign, clock):
    campaign.workflow([wait()])
    campaign.imports(f"email\n{ANN}\nbob@example.com\n")
    assert campaign.statuses() == {"waiting": 2}
    assert {(row.name, row.event_type) for row in campaign.all(Wait)} == {("came", "event.received:bought")}
    send(campaign, "bought")
    assert campaign.statuses() == {"finished": 1, "waiting": 1}
    clock.advance(timedelta(days=2))
    campaign.run()
    assert campaign.statuses() == {"finished": 2}
    assert tags(campaign) == ["buyer", "cold"]
    is_settled(campaign)


def test_an_event_before_the_wait_does_not_count(campaign: Campaign, clock):
    campaign.workflow([hours("d"), wait()])
    campaign.imports(f"email\n{ANN}\n")
    send(campaign, "bought")
    clock.advance(timedelta(hours=1))
    campaign.run()
    assert campaign.statuses() == {"waiting": 1}
    send(campaign, "bought")
    assert campaign.statuses() == {"finished": 1}


def test_an_event_that_came_before_the_time_was_over_wins_though_both_are_found_together(campaign: Campaign, clock):
    campaign.workflow([wait()])
    campaign.imports(f"email\n{ANN}\n")
    clock.advance(timedelta(days=2, seconds=-1))
    with campaign.write() as session:
        events.take(session, [Sent("bought", {"email": ANN})])
    clock.advance(timedelta(hours=1))
    campaign.run()
    assert tags(campaign) == ["buyer"]
    is_settled(campaign)


def test_the_lead_s_own_steps_wake_what_waits_for_its_changes(campaign: Campaign):
    changed = {"type": "lead.status_changed", "config": {"to": "qualified"}}
    spec = {"for": [{"name": "won", "trigger": changed}]}
    campaign.workflow([item("flow.wait", "w", **spec, branches={"won": [item("lead.add_tag", "y", tag="won")]})])
    campaign.workflow([item("lead.set_status", "s1", status="qualified")], triggers=[BY_EVENT], key="second")
    campaign.imports(f"email\n{ANN}\n")
    send(campaign, "go")
    assert tags(campaign) == ["won"]
    is_settled(campaign)


def test_a_listener_holds_no_slot_once_the_main_line_has_ended(campaign: Campaign, clock):
    heard = note("s1") | {"listeners": [listener("t2", "clicked", item("lead.add_points", "l1", points=5),
                                                 times={"every": True})]}  # fmt: skip
    campaign.workflow([heard], triggers=[BY_EVENT])
    send(campaign, "go")
    assert campaign.statuses() == {"listening": 1}
    assert campaign.only(Enrolment).active == 0
    send(campaign, "go")
    assert campaign.statuses() == {"listening": 2}  # the limit of one at a time does not count the first
    send(campaign, "clicked")
    send(campaign, "clicked")
    assert campaign.only(Lead).score == 20
    clock.advance(timedelta(days=30))
    campaign.run()
    assert campaign.statuses() == {"finished": 2}
    is_settled(campaign)


@pytest.mark.parametrize("ending", ["cancelled", "stopped"])
def test_a_listener_that_is_held_gives_no_slot_back(campaign: Campaign, ending):
    heard = note("s1") | {"listeners": [listener("t2", "clicked", note("l1"))]}
    leaving = {"id": "t3", "type": "event.received", "config": {"name": "leave"}, "mode": "exit"}
    campaign.workflow([heard], triggers=[BY_EVENT, leaving])
    send(campaign, "go")
    with campaign.write() as session:
        versions.deactivate(session, "flow", running="hold")
    assert campaign.statuses() == {"held": 1}
    if ending == "stopped":
        send(campaign, "leave")
    else:
        with campaign.write() as session:
            versions.deactivate(session, "flow", running="cancel")
    assert campaign.statuses() == {ending: 1}
    is_settled(campaign)


def test_a_listener_is_taken_back_only_where_the_limits_have_room(campaign: Campaign):
    heard = note("s1") | {"listeners": [listener("t2", "clicked", note("l1"))]}
    again = {"id": "t3", "type": "event.received", "config": {"name": "again"}, "mode": "restart", "section": "w"}
    campaign.workflow([heard, wait()], triggers=[BY_EVENT, again])
    for name in ("go", "bought", "go", "again"):
        send(campaign, name)
    assert campaign.statuses() == {"listening": 1, "waiting": 1}
    assert (campaign.only(Enrolment).active, campaign.only(Refusal).limit) == (1, "per_lead_active")


def test_counts_of_a_listener_are_kept_between_batches(campaign: Campaign):
    heard = note("s1") | {"listeners": [listener("t2", "clicked", item("lead.add_tag", "l1", tag="x"),
                                                 times={"at_least": 3})]}  # fmt: skip
    campaign.workflow([heard], triggers=[BY_EVENT])
    send(campaign, "go")
    for _ in range(2):
        send(campaign, "clicked")
        assert tags(campaign) == []
    send(campaign, "clicked")
    assert tags(campaign) == ["x"]
    is_settled(campaign)


def test_a_fork_joins_over_several_batches(campaign: Campaign, clock):
    fork = item("flow.fork", "f", join="all", branches={"a": [hours("a1", 1)], "b": [hours("b1", 2), note("b2")]})
    campaign.workflow([fork, item("lead.add_points", "after", points=1)])
    campaign.imports(f"email\n{ANN}\n")
    assert {(token.number, token.section) for token in campaign.all(Token)} == {(0, "f"), (1, "a1"), (2, "b1")}
    for _ in range(2):
        clock.advance(timedelta(hours=1))
        campaign.run()
    assert campaign.only(Lead).score == 1
    is_settled(campaign)


def test_two_branches_that_are_due_at_once_join_once(campaign: Campaign, clock):
    fork = item("flow.fork", "f", join="all", branches={"a": [hours("a1")], "b": [hours("b1")], "c": [hours("c1")]})
    campaign.workflow([fork, item("lead.add_points", "after", points=1)])
    campaign.imports("email\n" + "".join(f"p{n}@example.com\n" for n in range(20)))
    clock.advance(timedelta(hours=1))
    campaign.run()
    assert {lead.score for lead in campaign.all(Lead)} == {1}
    is_settled(campaign)


def test_any_ends_the_others_with_their_waits(campaign: Campaign, clock):
    fork = item("flow.fork", "f", join="any", branches={"a": [hours("a1")], "b": [wait()]})
    campaign.workflow([fork, note("after")])
    campaign.imports(f"email\n{ANN}\n")
    clock.advance(timedelta(hours=1))
    campaign.run()
    send(campaign, "bought")
    assert tags(campaign) == []
    is_settled(campaign)


def test_a_goal_pulls_the_lead_out_of_its_delay(campaign: Campaign):
    goal = item("flow.goal", "g", condition={"field": "lead.score", "op": "gte", "value": 50})
    campaign.workflow([hours("d", 99), goal, item("lead.add_tag", "s", tag="there")])
    campaign.imports(f"email,score\n{ANN},1\n")
    campaign.imports(f"email,score\n{ANN},60\n")
    assert tags(campaign) == ["there"]
    is_settled(campaign)


def test_an_exit_trigger_ends_what_waits_at_once_and_says_why(campaign: Campaign):
    leave = {"id": "t2", "type": "event.received", "config": {"name": "unsubscribed"}, "mode": "exit"}
    campaign.workflow([hours("d", 99), note("s")], triggers=[BY_EVENT, leave])
    send(campaign, "go")
    send(campaign, "unsubscribed", "other@example.com")
    assert campaign.statuses() == {"waiting": 1}
    send(campaign, "unsubscribed")
    found = campaign.only(Execution)
    assert (found.status, found.reason) == ("stopped", "exit")
    assert steps(campaign)[-1] == ("t2", "stopped")
    is_settled(campaign)


@pytest.mark.parametrize("running", ["finish", "hold"])
def test_an_exit_still_works_when_the_workflow_takes_nobody_in_any_more(campaign: Campaign, running):
    leave = {"id": "t2", "type": "event.received", "config": {"name": "unsubscribed"}, "mode": "exit"}
    campaign.workflow([hours("d", 99)], triggers=[BY_EVENT, leave])
    send(campaign, "go")
    with campaign.write() as session:
        versions.deactivate(session, "flow", running=running)
    send(campaign, "go", "late@example.com")
    send(campaign, "unsubscribed")
    assert campaign.statuses() == {"stopped": 1}


def test_a_restart_takes_the_active_execution_back(campaign: Campaign, clock):
    again = {"id": "t2", "type": "event.received", "config": {"name": "again"}, "mode": "restart", "section": "d"}
    campaign.workflow([item("lead.add_points", "p", points=1), hours("d", 5), note("s")], triggers=[BY_EVENT, again])
    send(campaign, "again")
    refused = campaign.only(Refusal)
    assert (refused.limit, refused.text.split(":")[0]) == ("none_active", "refused")
    send(campaign, "go")
    clock.advance(timedelta(hours=4))
    send(campaign, "again")
    clock.advance(timedelta(hours=4))
    campaign.run()
    assert campaign.statuses() == {"waiting": 1}
    clock.advance(timedelta(hours=1))
    campaign.run()
    assert campaign.only(Lead).score == 1
    assert steps(campaign) == [
        ("p", "done"), ("d", "waiting"), ("t2", "done"), ("d", "waiting"), ("d", "resumed"), ("s", "done"),
    ]  # fmt: skip
    is_settled(campaign)


def test_what_comes_while_held_is_answered_on_release(campaign: Campaign, clock):
    campaign.workflow([wait()])
    campaign.imports(f"email\n{ANN}\nbob@example.com\n")
    with campaign.write() as session:
        versions.deactivate(session, "flow", running="hold")
    send(campaign, "bought")
    clock.advance(timedelta(days=3))
    campaign.run()
    assert (campaign.statuses(), tags(campaign)) == ({"held": 2}, [])
    with campaign.write() as session:
        versions.activate(session, "flow", kinds=kinds())
    campaign.run()
    assert tags(campaign) == ["buyer", "cold"]
    is_settled(campaign)


def test_what_is_waited_for_is_forgotten_with_the_last_who_wait(campaign: Campaign):
    campaign.workflow([wait()], triggers=[BY_EVENT])
    assert [row.event_type for row in campaign.all(Awaited)] == ["event.received:bought"]
    send(campaign, "go")
    with campaign.write() as session:
        versions.deactivate(session, "flow", running="finish")
    assert len(campaign.all(Awaited)) == 1
    send(campaign, "bought")
    with campaign.write() as session:
        versions.deactivate(session, "flow", running="cancel")
    assert campaign.all(Awaited) == []


def test_a_failed_branch_is_retried_and_joins(campaign: Campaign, clock):
    looping = item("flow.while", "x", condition={"has_tag": "stuck"}, max_rounds=3)
    fork = item("flow.fork", "f", join="all", branches={"a": [looping, note("a2")], "b": [hours("b1", 5)]})
    campaign.workflow([fork, item("lead.add_tag", "after", tag="joined")], triggers=[BY_EVENT])
    with campaign.write() as session:
        lead_id = leads.create_lead(session, {"email": ANN}).id
        leads.add_tag(session, lead_id, "stuck")
    send(campaign, "go")
    found = campaign.only(Execution)
    assert (found.status, {token.section for token in campaign.all(Token)}) == ("failed", {"f", "x"})
    with campaign.write() as session:
        leads.remove_tag(session, lead_id, "stuck")
        executions.retry_execution(session, found.id)
    campaign.run()
    assert campaign.statuses() == {"finished": 1}
    assert tags(campaign) == ["joined"]
    is_settled(campaign)
