"""Run now: a wait for a time is ended before it, once, with a receipt that says who wanted it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from campaigns.errors import NotFound, NotWaiting
from campaigns.ids import new_id
from campaigns.services import versions, waking
from campaigns.services.execution_pages import Filters
from campaigns.services.waking import Chosen
from campaigns.storage.models import AuditEntry, Execution, Step, Token
from campaigns.storage.transaction import writing
from campaigns.tenancy import Actor, Tenancy
from tests.support.campaign import Campaign, new_tenant
from tests.support.lines import branch, hours, listener, note, received
from tests.support.programs import item
from tests.support.sending import BY_EVENT, is_settled, send, steps, tags, wait

ANNA = Actor("user", name="Anna")
AT_D = Filters(workflow="flow", section="d")


def acting(campaign: Campaign):
    return writing(campaign.store, Tenancy(campaign.tenancy.tenant_id, ANNA))


def wake(campaign: Campaign, **more) -> None:
    with acting(campaign) as session:
        waking.wake_execution(session, campaign.only(Execution).id, **more)


def receipt_of(campaign: Campaign, outcome: str) -> dict:
    with campaign.read() as session:
        return session.scalars(select(Step.receipt).where(Step.outcome == outcome)).one()


def test_a_delay_is_over_and_the_receipt_says_who_wanted_it(campaign: Campaign, clock):
    campaign.workflow([hours("d", 48), note("n")], triggers=[BY_EVENT])
    send(campaign, "go")
    clock.advance(timedelta(minutes=5))
    wake(campaign)
    campaign.run()
    assert steps(campaign) == [("d", "waiting"), ("d", "resumed"), ("n", "done")]
    run_now = receipt_of(campaign, "resumed")["run_now"]
    assert (run_now["by"], run_now["at"][:16]) == ("Anna", clock.now().isoformat()[:16])
    entry = next(row for row in campaign.all(AuditEntry) if row.action == "execution.woken")
    assert (entry.actor_name, entry.target, entry.detail) == (
        "Anna", str(campaign.only(Execution).id), {"sections": ["d"]},
    )  # fmt: skip
    is_settled(campaign)


def test_what_the_clock_ends_says_nothing_of_a_person(campaign: Campaign, clock):
    campaign.workflow([hours("d"), hours("e")], triggers=[BY_EVENT])
    send(campaign, "go")
    wake(campaign)
    campaign.run()
    clock.advance(timedelta(hours=1))
    campaign.run()
    with campaign.read() as session:
        receipts = session.execute(select(Step.section, Step.receipt).where(Step.outcome == "resumed")).all()
    assert {section: "run_now" in (receipt or {}) for section, receipt in receipts} == {"d": True, "e": False}


def test_a_wait_with_a_time_takes_its_timeout(campaign: Campaign):
    campaign.workflow([wait()], triggers=[BY_EVENT])
    send(campaign, "go")
    wake(campaign)
    campaign.run()
    assert tags(campaign) == ["cold"]
    receipt = receipt_of(campaign, "timeout")
    assert (list(receipt), receipt["run_now"]["by"]) == (["run_now"], "Anna")  # it has not waited two days
    is_settled(campaign)


def test_an_event_of_the_same_moment_wins(campaign: Campaign):
    campaign.workflow([wait()], triggers=[BY_EVENT])
    send(campaign, "go")
    wake(campaign)
    send(campaign, "bought")
    assert tags(campaign) == ["buyer"]
    assert "run_now" not in receipt_of(campaign, "came")
    is_settled(campaign)


def test_business_hours_are_not_waited_for(campaign: Campaign, clock):
    campaign.workflow([item("flow.business_hours", "b"), note("n")], triggers=[BY_EVENT])
    clock.advance(timedelta(hours=8))  # it is twenty o'clock
    send(campaign, "go")
    assert steps(campaign) == [("b", "waiting")]
    wake(campaign)
    campaign.run()
    assert steps(campaign)[1:] == [("b", "resumed"), ("n", "done")]


UNTIMED = wait()
UNTIMED["config"] = {"for": [{"name": "came", "trigger": received("bought")}]}


@pytest.mark.parametrize(
    "sections", [[UNTIMED], [item("flow.goal", "g", trigger=received("bought"), otherwise="wait")]]
)
def test_what_waits_for_an_event_alone_can_not_be_run(campaign: Campaign, sections):
    campaign.workflow(sections, triggers=[BY_EVENT])
    send(campaign, "go")
    assert campaign.statuses() == {"waiting": 1}
    with pytest.raises(NotWaiting, match="does not wait for a time"):
        wake(campaign)


@pytest.mark.parametrize(("running", "word"), [("hold", "held"), ("cancel", "ended already: cancelled")])
def test_what_is_held_or_has_ended_can_not_be_run(campaign: Campaign, running, word):
    campaign.workflow([hours("d")], triggers=[BY_EVENT])
    send(campaign, "go")
    with campaign.write() as session:
        versions.deactivate(session, "flow", running=running)
    with pytest.raises(NotWaiting, match=word):
        wake(campaign)


def test_an_armed_listener_is_no_wait(campaign: Campaign):
    campaign.workflow([note("n") | {"listeners": [listener("l", "bought", note("heard"))]}], triggers=[BY_EVENT])
    send(campaign, "go")
    assert campaign.statuses() == {"listening": 1}
    with pytest.raises(NotWaiting):
        wake(campaign)


def test_of_several_lines_one_is_run_or_all(campaign: Campaign):
    fork = item("flow.fork", "f", join="all", branches={"a": branch(hours("d"), note("x")), "b": branch(hours("e"))})
    campaign.workflow([fork, note("end")], triggers=[BY_EVENT])
    send(campaign, "go")
    with pytest.raises(NotWaiting, match="at x"):
        wake(campaign, section="x")
    wake(campaign, section="d")
    campaign.run()
    assert [step for step in steps(campaign) if step[1] != "waiting"][:2] == [("d", "resumed"), ("x", "done")]
    assert campaign.statuses() == {"waiting": 1}
    wake(campaign)
    campaign.run()
    assert campaign.statuses() == {"finished": 1}
    is_settled(campaign)


def test_twice_is_once(campaign: Campaign):
    campaign.workflow([hours("d"), hours("e")], triggers=[BY_EVENT])
    send(campaign, "go")
    wake(campaign)
    with pytest.raises(NotWaiting):
        wake(campaign)
    campaign.run()
    assert steps(campaign) == [("d", "waiting"), ("d", "resumed"), ("e", "waiting")]


def test_another_tenants_execution_is_not_there(campaign: Campaign):
    campaign.workflow([hours("d")], triggers=[BY_EVENT])
    send(campaign, "go")
    execution = campaign.only(Execution).id
    other = Tenancy(new_tenant(campaign.store, "other"))
    with writing(campaign.store, other) as session:
        for unknown in (execution, new_id()):
            with pytest.raises(NotFound):
                waking.wake_execution(session, unknown)
    assert campaign.only(Token).data.get("hastened") is None


def enter(campaign: Campaign, *names: str) -> list[UUID]:
    campaign.imports("email\n" + "".join(f"{name}@example.com\n" for name in names))
    with campaign.read() as session:
        return list(session.scalars(select(Execution.id).order_by(Execution.id)))


def test_all_that_the_filters_find_go_on_in_chunks(campaign: Campaign):
    campaign.workflow([hours("d"), hours("e")])
    enter(campaign, "ann", "bob", "cleo", "dan")
    found = Chosen(Filters(workflow="flow", section="d", text="ann"))
    with campaign.write() as session:
        assert (waking.count_timed(session, found), waking.count_timed(session, Chosen(AT_D))) == (1, 4)
        assert waking.wake_some(session, found) == waking.Chunk(1, None)
        first = waking.wake_some(session, Chosen(AT_D), most=2)
        rest = waking.wake_some(session, Chosen(AT_D), after=first.after, most=2)
        assert (first.changed + rest.changed, rest.after) == (3, None)
        assert waking.count_timed(session, Chosen(AT_D)) == 0
    campaign.run()
    assert {token.section for token in campaign.all(Token)} == {"e"}
    entries = [row for row in campaign.all(AuditEntry) if row.action == "executions.woken"]
    assert sum(row.detail["executions"] for row in entries) == 4
    assert {(row.target, row.detail["section"]) for row in entries} == {("flow", "d")}


def test_the_chosen_go_on_and_others_stay(campaign: Campaign):
    campaign.workflow([hours("d")])
    ids = enter(campaign, "ann", "bob", "cleo")
    with campaign.write() as session:
        chosen = Chosen(AT_D, [ids[0], ids[2], new_id()])
        assert waking.count_timed(session, chosen) == 2
        first = waking.wake_some(session, chosen, most=1)
        assert waking.wake_some(session, chosen, after=first.after).changed + first.changed == 2
    campaign.run()
    assert campaign.statuses() == {"finished": 2, "waiting": 1}


def test_the_chosen_of_another_workflow_or_section_stay(campaign: Campaign):
    campaign.workflow([hours("d")])
    campaign.workflow([note("x")], triggers=[BY_EVENT], key="other")
    ids = enter(campaign, "ann")
    with campaign.write() as session:
        for key, section in (("other", "d"), ("flow", "x")):
            assert waking.wake_some(session, Chosen(Filters(workflow=key, section=section), ids)).changed == 0
        with pytest.raises(NotFound):
            waking.wake_some(session, Chosen(Filters(workflow="flow"), ids))
        with pytest.raises(NotFound):
            waking.wake_some(session, Chosen(Filters(workflow="nobodys", section="d"), ids))


def test_a_question_counts_no_further_than_needed(campaign: Campaign):
    campaign.workflow([hours("d")])
    enter(campaign, "ann", "bob", "cleo")
    with campaign.read() as session:
        assert waking.count_timed(session, Chosen(AT_D), most=1) > 1
