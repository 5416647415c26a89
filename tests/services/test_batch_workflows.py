"""Workflows that start, leave and follow each other, and the tasks that they give, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.errors import Invalid
from campaigns.services import executions, versions
from campaigns.storage.models import (
    Execution,
    Note,
    Refusal,
    Step,
    Task,
)
from tests.support.campaign import Campaign
from tests.support.lines import hours, note
from tests.support.programs import item
from tests.support.sending import ANN, BY_EVENT, is_settled, send, steps, tags


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


def test_a_note_before_a_start_is_of_the_execution_that_has_left_it(campaign: Campaign):
    campaign.workflow([hours("c1")], triggers=[BY_EVENT], key="child")
    begin = {"id": "t1", "type": "event.received", "config": {"name": "begin"}}
    campaign.workflow([note("n"), item("workflow.start", "s", workflow="child")], triggers=[begin], key="parent")
    send(campaign, "begin")
    assert campaign.only(Note).execution_id == next(one.id for one in campaign.all(Execution) if one.hop == 0)


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
    """Where it is not certain before: by a condition that always holds."""
    always = {"condition": {"not": {"has_tag": "enough"}}}
    for key, heard, said in (("a", "ping", "pong"), ("b", "pong", "ping")):
        on = {"id": "t1", "type": "event.received", "config": {"name": heard}}
        answer = item("flow.if", "i", **always, branches={"yes": [item("event.emit", "s", name=said)]})
        campaign.workflow([answer], triggers=[on], key=key, limits={"per_lead_active": 0})
    send(campaign, "ping")
    assert max(one.hop for one in campaign.all(Execution)) == 25
    assert [row.limit for row in campaign.all(Refusal)] == ["hops"]
    is_settled(campaign)


def test_workflows_that_surely_start_each_other_are_not_published(campaign: Campaign):
    ping = {"id": "t1", "type": "event.received", "config": {"name": "ping"}}
    pong = {"id": "t1", "type": "event.received", "config": {"name": "pong"}}
    campaign.workflow([item("event.emit", "s", name="pong")], triggers=[ping], key="a")
    with pytest.raises(Invalid) as refused:
        campaign.workflow([item("event.emit", "s", name="ping")], triggers=[pong], key="b")
    assert [problem.path for problem in refused.value.problems] == ["/sections/0/config/name"]


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


def test_a_task_is_made_with_the_step_that_gives_it(campaign: Campaign, clock):
    give = item("task.create", "s", title={"template": "Call {{ lead.email }}"}, due_in={"days": 2})
    campaign.workflow([give], triggers=[BY_EVENT])
    send(campaign, "go")
    task, execution = campaign.only(Task), campaign.only(Execution)
    assert (task.title, task.section, task.execution_id) == (f"Call {ANN}", "s", execution.id)
    assert (task.due_at, task.created_at) == (clock.now() + timedelta(days=2), clock.now())
