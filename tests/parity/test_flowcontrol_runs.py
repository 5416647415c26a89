"""django-flowcontrol's limits, runs and triggers, and the weak points that its manual and code show.

The number that begins a docstring is the rule's place in the list of what that product does; 1 to 13 and 24 stand in
test_flowcontrol_actions.py. Switching and copying several workflows from their list is held by
tests/web/test_workflow_bulk.py; what several workers and a killed one do is held by
tests/services/test_runner_contention.py and tests/journeys/test_kill.py.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaigns.engine.execution import MAIN
from campaigns.engine.matching import Enrolment, refusal
from campaigns.errors import LimitReached
from campaigns.services import drafts, events, executions, insight, lead_erasure, versions, waking, workflows
from campaigns.services.events import Sent
from campaigns.services.execution_pages import Filters
from campaigns.services.waking import Chosen
from campaigns.storage.models import Execution, Lead, PendingEvent, Refusal, Step
from campaigns.storage.queries.stopping import FINAL, OPEN
from tests.support.campaign import Campaign
from tests.support.lines import Line, hours, note
from tests.support.programs import context, item, lead, path, program, walk
from tests.support.sending import ANN, BY_EVENT, send, steps, tags, wait
from tests.support.workflows import document

HOT = {"field": "lead.score", "op": "gte", "value": 50}
BY_HAND = {"id": "t9", "type": "manual", "config": {}}


def refused(limits, **enrolment):
    return refusal(program(limits=limits).rules, Enrolment(**enrolment), context(), hop=0)


def test_three_limits_where_zero_means_none_and_one_at_a_time_is_the_default():
    """14. In total not done (0), per object ever (0), per object not done (1)."""
    rules = program().rules
    assert (rules.active_total, rules.per_lead_ever, rules.per_lead_active) == (0, 0, 1)
    assert refused({}, active=1) == "per_lead_active"
    assert refused({"per_lead_active": 0}, active=99) is None
    assert refused({"per_lead_ever": 2}, ever=2) == "per_lead_ever"
    assert refused({"per_lead_ever": 0}, ever=99) is None


def test_the_total_is_counted_where_an_execution_is_written(campaign: Campaign):
    """14, 15. There counting and creating are two statements, which parallel triggers slip between; here one."""
    campaign.workflow([hours("d")], limits={"active_total": 2})
    campaign.imports("email\na@example.com\nb@example.com\nc@example.com\n")
    assert campaign.statuses() == {"waiting": 2}


def test_a_refused_start_is_recorded_with_its_reason(campaign: Campaign):
    """15. There it leaves a line in a log. Here it is a row, found by lead, in words."""
    campaign.workflow([hours("d")], triggers=[BY_EVENT])
    send(campaign, "go")
    send(campaign, "go")
    row = campaign.only(Refusal)
    assert (row.limit, row.lead_id) == ("per_lead_active", campaign.only(Lead).id)
    assert row.text.startswith("refused: the lead is in this workflow already")


def test_what_is_not_of_a_lead_starts_nothing(campaign: Campaign):
    """16. There a flow demands a type of object. Here it is a lead; until one is known, an event starts nothing."""
    campaign.workflow([note("n")], triggers=[BY_EVENT])
    with campaign.write() as session:
        assert events.take(session, [Sent("go", {}, session="v1")]).accepted == 1
    campaign.run()
    assert campaign.statuses() == {}


def test_an_execution_has_one_of_nine_statuses_and_three_are_final():
    """17. Pending, running, waiting, paused and done with five outcomes; here one word says both.

    Complete is finished, aborted and obsolete are stopped with the reason, errored is failed, canceled is cancelled.
    Paused, which there is declared and never used, is held.
    """
    assert OPEN == ("ready", "running", "waiting", "listening", "held")
    assert FINAL == ("finished", "stopped", "cancelled")
    names = next(c.sqltext.text for c in Execution.__table__.constraints if str(c.name).endswith("status"))
    assert [status for status in (*OPEN, *FINAL, "failed") if f"'{status}'" not in names] == []


def test_the_condition_of_a_flow_is_checked_at_the_start_and_at_each_resume():
    """18. Checked at start and resume; false ends the run as obsolete. Here as stopped, and the reason names it."""
    rules = program(keep_while=HOT).rules
    assert refusal(rules, Enrolment(), context(), hop=0) == "keep_while"
    line = Line(item("lead.add_points", "p", points=-9), note("n"), hours("d"), note("late"),
                subject=lead(score=50), keep_while=HOT)  # fmt: skip
    assert (line.status, line.steps[:2]) == ("waiting", [("p", "done"), ("n", "done")])
    line.pass_time(hours=1)
    assert (line.status, line.execution.reason) == ("stopped", "keep_while")


def test_the_condition_of_a_flow_is_checked_before_what_acts_outside():
    """18. There not between actions. Here also before a mail or a call, which can't be taken back."""
    line = Line(item("lead.add_points", "p", points=-9), item("email.send", "m", template="welcome"),
                subject=lead(score=50), keep_while=HOT)  # fmt: skip
    assert (line.status, line.execution.outside) == ("stopped", [])


def test_an_erased_lead_ends_its_executions(campaign: Campaign):
    """18. Object deleted: obsolete. Here cancelled."""
    campaign.workflow([hours("d")])
    campaign.imports(f"email\n{ANN}\n")
    with campaign.write() as session:
        lead_erasure.erase_lead(session, session.scalars(select(Lead.id)).one())
    assert campaign.statuses() == {"cancelled": 1}


def test_what_raises_fails_its_execution_with_the_text_and_can_be_retried():
    """19. Done and errored, text in the log, no retry. Here it rests at the section, where a retry goes on."""
    result = walk(note("a"), item("test.boom", "b", message="no luck"), note("c"))
    assert (result.status, result.reason) == ("failed", "RuntimeError: no luck")
    assert path(result) == [("a", "done"), ("b", "failed")]
    assert result.tokens[MAIN].section == "b"


def test_a_section_that_is_entered_a_thousand_times_without_a_pause_fails_the_execution():
    """20. The same action entered more than 1,000 times without a pause."""
    result = walk(item("test.rounds", "r", count=10**9, branches={"do": [note("a")]}))
    assert (result.status, path(result).count(("r", "do"))) == ("failed", 1000)
    paused = Line(item("test.rounds", "r", count=10**9, branches={"do": [hours("d")]}))
    paused.pass_time(hours=1500)
    assert paused.status == "waiting"


def test_a_trigger_starts_wakes_or_resets(campaign: Campaign):
    """21. It creates a run, wakes waiting ones, or resets the active one of the object to a given action."""
    again = {"id": "t2", "type": "event.received", "config": {"name": "again"}, "mode": "restart", "section": "d"}
    campaign.workflow([note("first"), wait(id="d")], triggers=[BY_EVENT, again])
    send(campaign, "go")
    assert steps(campaign) == [("first", "done"), ("d", "waiting")]
    send(campaign, "again")
    assert steps(campaign)[2:] == [("t2", "done"), ("d", "waiting")]
    send(campaign, "bought")
    assert (steps(campaign)[4], campaign.statuses()) == (("d", "came"), {"finished": 1})


def test_a_reset_without_an_active_run_does_nothing_and_says_so(campaign: Campaign):
    """21. Nothing happens; here that is recorded."""
    again = {"id": "t2", "type": "event.received", "config": {"name": "again"}, "mode": "restart", "section": "n"}
    campaign.workflow([note("n")], triggers=[BY_EVENT, again])
    send(campaign, "again")
    assert (campaign.statuses(), campaign.only(Refusal).limit) == ({}, "none_active")


def test_a_workflow_may_have_several_triggers_of_a_kind(campaign: Campaign):
    """21. There one of a kind at most. Here as many as wanted, and one event still starts one execution at most."""
    bought = {"id": "t3", "type": "event.received", "config": {"name": "bought"}}
    campaign.workflow([note("n")], triggers=[BY_EVENT, {**BY_EVENT, "id": "t2"}, bought])
    send(campaign, "go")
    send(campaign, "bought")
    assert sorted(row.trigger_id for row in campaign.all(Execution)) == ["t1", "t3"]


def test_what_happened_before_a_trigger_listened_starts_nothing(campaign: Campaign, clock):
    """21. Triggers and flows have an active-since time."""
    campaign.workflow([note("n")], triggers=[BY_EVENT], key="early")
    with campaign.write() as session:
        events.take(session, [Sent("go", {"email": ANN})])
    clock.advance(timedelta(minutes=1))
    campaign.workflow([note("n")], triggers=[BY_EVENT], key="late")
    campaign.run()
    assert (len(campaign.all(Execution)), campaign.all(PendingEvent)) == (1, [])


def test_what_is_due_resumes_by_itself(campaign: Campaign, clock):
    """22. There a command or task has to be called periodically. Here the worker finds what is due."""
    campaign.workflow([hours("d"), item("lead.add_tag", "t", tag="later")], triggers=[BY_EVENT])
    send(campaign, "go")
    clock.advance(timedelta(hours=1))
    campaign.run()
    assert (campaign.statuses(), tags(campaign)) == ({"finished": 1}, ["later"])


def test_counts_by_section_lead_to_the_runs_that_stand_there(campaign: Campaign):
    """23. Active and total counts, waiting and done per action, a list of runs by status, flow and action; copies."""
    campaign.workflow([note("n"), hours("d")], triggers=[BY_EVENT])
    send(campaign, "go")
    with campaign.write() as session:
        workflow = workflows.get_workflow(session, "flow")
        assert insight.workflow_totals(session, workflow) | {"active": 1, "started": 1} == insight.workflow_totals(
            session, workflow
        )
        counts = insight.section_counts(session, workflow)
        assert (counts["n"].passed, counts["d"].waiting) == (1, 1)
        assert len(executions.list_executions(session, workflow="flow", status="waiting", section="d")) == 1
        assert executions.list_executions(session, workflow="flow", section="n") == []
        assert not workflows.duplicate_workflow(session, "flow").is_active


def test_execute_now_ends_a_wait_before_its_time(campaign: Campaign):
    """23. "Execute now": there in the list of runs. Here as well, for one or many; the receipt says who wanted it."""
    campaign.workflow([hours("d", 48), wait(id="w")], triggers=[BY_EVENT])
    send(campaign, "go")
    with campaign.write() as session:
        waking.wake_execution(session, campaign.only(Execution).id)
    campaign.run()
    assert steps(campaign) == [("d", "waiting"), ("d", "resumed"), ("w", "waiting")]
    with campaign.write() as session:
        chosen = Chosen(Filters(workflow="flow", section="w"))
        assert waking.wake_some(session, chosen).changed == 1
    campaign.run()
    assert (tags(campaign), campaign.statuses()) == (["cold"], {"finished": 1})
    with campaign.read() as session:
        receipts = session.scalars(select(Step.receipt).where(Step.outcome.in_(["resumed", "timeout"])))
        assert [receipt["run_now"]["by"] for receipt in receipts] == [session.actor.name] * 2


def test_runs_are_found_by_how_and_why_they_ended(campaign: Campaign):
    """23. A list of runs by status, outcome, flow and action."""
    campaign.workflow([item("flow.stop", "s", reason="Not interested")], triggers=[BY_EVENT])
    send(campaign, "go")
    with campaign.read() as session:
        assert len(executions.list_executions(session, status="stopped", reason="not INTERESTED")) == 1
        assert executions.list_executions(session, workflow="flow", reason="keep_while") == []


@pytest.mark.parametrize(("running", "status"), [("finish", "waiting"), ("hold", "held"), ("cancel", "cancelled")])
def test_deactivating_asks_what_becomes_of_those_inside(campaign: Campaign, running, status):
    """Weak point: deactivating does not touch what waits. Here one chooses: finish, hold or cancel."""
    campaign.workflow([hours("d")], triggers=[BY_EVENT])
    send(campaign, "go")
    with campaign.write() as session:
        versions.deactivate(session, "flow", running=running)
    assert campaign.statuses() == {status: 1}


def test_an_edit_does_not_reach_those_inside(campaign: Campaign, clock):
    """Weak point: runs follow the live tree, and deleting what one waits at stops all. Here each has a version."""
    campaign.workflow([hours("d"), item("lead.add_tag", "t", tag="old")], triggers=[BY_EVENT])
    send(campaign, "go")
    with campaign.write() as session:
        drafts.save_draft(session, "flow", document(note("n"), triggers=[BY_EVENT]), change="All else")
        versions.activate(session, "flow")
    clock.advance(timedelta(hours=1))
    campaign.run()
    assert (campaign.statuses(), tags(campaign)) == ({"finished": 1}, ["old"])


def test_starting_by_hand_goes_by_the_same_limits(campaign: Campaign):
    """14, 23. An admin starts runs for chosen objects; the limits hold for that as well."""
    campaign.workflow([hours("d")], triggers=[BY_EVENT, BY_HAND])
    send(campaign, "go")
    with pytest.raises(LimitReached), campaign.write() as session:
        executions.start_by_hand(session, "flow", session.scalars(select(Lead.id)).one())
