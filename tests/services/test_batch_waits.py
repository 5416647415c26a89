"""Executions that wait for events, listen, restart, exit and start each other, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from campaigns.sections.registry import kinds
from campaigns.services import events, executions, leads, versions
from campaigns.services.events import Sent
from campaigns.storage.models import (
    Awaited,
    Enrolment,
    Execution,
    Lead,
    LeadTag,
    PendingEvent,
    Refusal,
    SectionCount,
    Step,
    Task,
    Token,
    Wait,
    WorkflowTotal,
)
from tests.support.campaign import Campaign
from tests.support.lines import hours, listener, note, received
from tests.support.programs import item

ANN = "ann@example.com"
BY_EVENT = {"id": "t1", "type": "event.received", "config": {"name": "go"}}


def wait(**more: Any) -> dict[str, Any]:
    spec = {"for": [{"name": "came", "trigger": received("bought")}], "timeout": {"days": 2}}
    branches = {"came": [item("lead.add_tag", "y", tag="buyer")], "timeout": [item("lead.add_tag", "n", tag="cold")]}
    return item("flow.wait", "w", **spec, branches=branches) | more


def send(campaign: Campaign, name: str, email: str = ANN, **properties: Any) -> None:
    with campaign.write() as session:
        events.take(session, [Sent(name, {"email": email}, None, properties)])
    campaign.run()


def steps(campaign: Campaign, key: str | None = None) -> list[tuple[str, str]]:
    with campaign.read() as session:
        rows = session.execute(select(Step.section, Step.outcome).order_by(Step.execution_id, Step.number)).all()
    return [(row.section, row.outcome) for row in rows]


def tags(campaign: Campaign) -> list[str]:
    return sorted(tag.tag for tag in campaign.all(LeadTag))


def is_settled(campaign: Campaign) -> None:
    """Nothing waits, is counted or is queued any more."""
    assert campaign.all(Token) == []
    assert campaign.all(Wait) == []
    assert campaign.all(PendingEvent) == []
    assert all(row.waiting == 0 for row in campaign.all(SectionCount))
    assert all(row.active == 0 for row in campaign.all(Enrolment))
    for total in campaign.all(WorkflowTotal):
        ended = total.finished + total.stopped + total.cancelled + total.failed
        assert (total.active, ended) == (0, total.started)


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


def test_another_workflow_is_started_and_waited_for(campaign: Campaign, clock):
    campaign.workflow([hours("c1"), note("c2")], triggers=[BY_EVENT], key="child")
    start = item("workflow.start", "s", workflow="child", wait=True, pass_state=True)
    begin = {"id": "t1", "type": "event.received", "config": {"name": "begin"}}
    campaign.workflow([item("state.set", "s0", values={"n": 7}), start, note("after")], triggers=[begin], key="parent")
    send(campaign, "begin")
    assert campaign.statuses() == {"waiting": 2}
    child = next(one for one in campaign.all(Execution) if one.state and one.hop == 1)
    assert child.state == {"n": 7}
    clock.advance(timedelta(hours=1))
    campaign.run()
    assert campaign.statuses() == {"finished": 2}
    assert ("after", "done") in steps(campaign)
    is_settled(campaign)


def test_a_cancelled_child_wakes_the_one_that_waits_for_it(campaign: Campaign):
    campaign.workflow([hours("c1")], triggers=[BY_EVENT], key="child")
    begin = {"id": "t1", "type": "event.received", "config": {"name": "begin"}}
    start = item("workflow.start", "s", workflow="child", wait=True)
    campaign.workflow([start, note("after")], triggers=[begin], key="parent")
    send(campaign, "begin")
    child = next(one for one in campaign.all(Execution) if one.hop == 1)
    with campaign.write() as session:
        executions.cancel_execution(session, child.id)
    campaign.run()
    assert campaign.statuses() == {"finished": 1, "cancelled": 1}
    is_settled(campaign)


def test_a_refused_start_is_an_outcome_with_its_reason(campaign: Campaign):
    campaign.workflow([hours("c1")], triggers=[BY_EVENT], key="child")
    begin = {"id": "t1", "type": "event.received", "config": {"name": "begin"}}
    start = item("workflow.start", "s", workflow="child")
    campaign.workflow([start, note("after")], triggers=[begin], key="parent")
    send(campaign, "go")
    send(campaign, "begin")
    refused = [step for step in campaign.all(Step) if step.section == "s"]
    assert [(step.outcome, step.receipt["reason"]) for step in refused] == [("refused", "per_lead_active")]
    with campaign.write() as session:
        versions.deactivate(session, "child")
    send(campaign, "begin")
    refused = [step for step in campaign.all(Step) if step.section == "s"]
    assert [step.receipt["reason"] for step in refused] == ["per_lead_active", "inactive"]


def test_a_delayed_start_waits_at_its_beginning(campaign: Campaign, clock):
    campaign.workflow([item("lead.add_tag", "c1", tag="late")], triggers=[BY_EVENT], key="child")
    begin = {"id": "t1", "type": "event.received", "config": {"name": "begin"}}
    start = item("workflow.start", "s", workflow="child", delay={"hours": 2})
    campaign.workflow([start], triggers=[begin], key="parent")
    send(campaign, "begin")
    assert (tags(campaign), campaign.statuses()) == ([], {"finished": 1, "ready": 1})
    clock.advance(timedelta(hours=2))
    campaign.run()
    assert tags(campaign) == ["late"]
    is_settled(campaign)


def test_workflows_that_start_each_other_come_to_an_end(campaign: Campaign):
    ping = {"id": "t1", "type": "event.received", "config": {"name": "ping"}}
    pong = {"id": "t1", "type": "event.received", "config": {"name": "pong"}}
    campaign.workflow([item("event.emit", "s", name="pong")], triggers=[ping], key="a", limits={"per_lead_active": 0})
    campaign.workflow([item("event.emit", "s", name="ping")], triggers=[pong], key="b", limits={"per_lead_active": 0})
    send(campaign, "ping")
    assert max(one.hop for one in campaign.all(Execution)) == 25
    assert [row.limit for row in campaign.all(Refusal)] == ["hops"]
    is_settled(campaign)


def test_exit_ends_another_workflow_and_this_one_ends_itself(campaign: Campaign):
    campaign.workflow([hours("c1")], triggers=[BY_EVENT], key="other")
    begin = {"id": "t1", "type": "event.received", "config": {"name": "begin"}}
    out = [item("workflow.exit", "s", workflow="other"), item("workflow.exit", "s2", workflow="this"), note("s3")]
    campaign.workflow(out, triggers=[begin], key="leaver")
    send(campaign, "go")
    send(campaign, "begin")
    assert {one.reason for one in campaign.all(Execution)} == {"exit"}
    assert ("s3", "done") not in steps(campaign)
    is_settled(campaign)


def test_others_are_all_left_but_this(campaign: Campaign):
    for key in ("a", "b"):
        campaign.workflow([hours("c1")], triggers=[BY_EVENT], key=key)
    begin = {"id": "t1", "type": "event.received", "config": {"name": "begin"}}
    campaign.workflow([item("workflow.exit", "s", workflow="others"), note("s2")], triggers=[begin], key="leaver")
    send(campaign, "go")
    send(campaign, "begin")
    assert campaign.statuses() == {"stopped": 2, "finished": 1}
    is_settled(campaign)


def test_the_end_of_a_workflow_starts_another(campaign: Campaign):
    ended = {"id": "t1", "type": "workflow.finished", "config": {"workflow": "first", "outcome": "stopped"}}
    first = [item("flow.if", "i", condition={"has_tag": "no"}, branches={"no": [item("flow.stop", "s", reason="x")]})]
    campaign.workflow(first, triggers=[BY_EVENT], key="first")
    campaign.workflow([item("lead.add_tag", "n", tag="no")], triggers=[ended], key="second")
    send(campaign, "go")
    assert tags(campaign) == ["no"]
    send(campaign, "go")
    assert campaign.statuses() == {"stopped": 1, "finished": 2}
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


def test_a_task_is_made_with_the_step_that_gives_it(campaign: Campaign, clock):
    give = item("task.create", "s", title={"template": "Call {{ lead.email }}"}, due_in={"days": 2})
    campaign.workflow([give], triggers=[BY_EVENT])
    send(campaign, "go")
    task, execution = campaign.only(Task), campaign.only(Execution)
    assert (task.title, task.section, task.execution_id) == (f"Call {ANN}", "s", execution.id)
    assert (task.due_at, task.created_at) == (clock.now() + timedelta(days=2), clock.now())
