"""Simulations on leads as they are and on what has happened: the same path as the real run, and nothing written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from campaigns.errors import Invalid
from campaigns.services import simulations, workflows
from campaigns.services.simulations import Asked
from campaigns.storage.models import Event, Execution, Lead, LeadTag, LimitPasses, Message, Step
from tests.support.campaign import Campaign
from tests.support.lines import hours, note
from tests.support.programs import item
from tests.support.sending import ANN, BY_EVENT, send, wait
from tests.support.workflows import counted

HOT = {"field": "lead.score", "op": "gte", "value": 50}
SECTIONS = [
    item("flow.if", "i", condition=HOT, branches={"yes": [item("lead.add_tag", "t", tag="hot")]}),
    hours("d", 2),
    item("email.send", "m", template="welcome"),
]


def make(campaign: Campaign, sections, triggers=None) -> None:
    document = {"format": 1, "triggers": triggers or [BY_EVENT], "sections": sections}
    with campaign.write() as session:
        workflows.create_workflow(session, name="sim", key="sim", document=document)


def counts(campaign: Campaign) -> list[int]:
    with campaign.read() as session:
        tables = (Event, Execution, Lead, LeadTag, Message, Step)
        return [session.scalar(select(func.count()).select_from(table)) for table in tables]


def simulate(campaign: Campaign, **asked):
    with campaign.read() as session:
        return simulations.run_simulation(session, "sim", simulations.check(Asked(**asked)))


def test_a_sample_of_leads_is_walked_and_nothing_is_written(campaign: Campaign):
    campaign.imports("email,score\nann@example.com,60\nbob@example.com,1\n")
    make(campaign, SECTIONS)
    before = counts(campaign)
    found = simulate(campaign, sample=10)
    assert (found.leads, dict(found.statuses)) == (2, {"finished": 2})
    assert dict(found.sections) == {"i": 2, "t": 1, "d": 2, "m": 2}
    assert counts(campaign) == before
    assert {path.ends_at - path.started_at for path in found.paths} == {timedelta(hours=2)}


def test_the_path_is_that_of_the_real_run(campaign: Campaign, clock):
    campaign.workflow(SECTIONS, triggers=[BY_EVENT])
    make(campaign, SECTIONS)
    send(campaign, "other")
    lead = campaign.only(Lead)
    path = simulate(campaign, lead=lead.id).paths[0]
    send(campaign, "go")
    clock.advance(timedelta(hours=2))
    campaign.run()
    assert [(s, o) for s, o, _, _ in path.steps] == campaign.steps()


def test_what_has_happened_is_gone_through_again(campaign: Campaign, clock):
    make(campaign, [wait()])
    send(campaign, "go")
    clock.advance(timedelta(hours=5))
    send(campaign, "bought")
    send(campaign, "go", "bob@example.com")
    send(campaign, "other", "cat@example.com")
    found = simulate(campaign, days=3)
    taken = sorted(next(o for s, o, _, _ in path.steps if s == "w" and o != "waiting") for path in found.paths)
    assert (found.leads, taken) == (2, ["came", "timeout"])


def test_what_can_not_run_is_said_by_path(campaign: Campaign):
    make(campaign, [item("list.add", "s", list="nowhere"), note("n")])
    with pytest.raises(Invalid) as refused:
        simulate(campaign, sample=1)
    assert [problem.path for problem in refused.value.problems] == ["/sections/0/config/list"]


@pytest.mark.parametrize("asked", [{}, {"sample": 0}, {"days": 91}, {"sample": 1, "days": 1}])
def test_exactly_one_thing_is_asked_for(asked):
    with pytest.raises(Invalid):
        simulations.check(Asked(**asked))


def test_the_event_can_be_made_up(campaign: Campaign):
    campaign.imports(f"email\n{ANN}\n")
    rich = {"field": "event.price", "op": "gte", "value": 10}
    make(campaign, [item("flow.if", "i", condition=rich, branches={"yes": [note("y")]})])
    assert simulate(campaign, sample=1, event={"name": "bought", "properties": {"price": 12}}).sections["y"] == 1
    assert simulate(campaign, sample=1).sections["y"] == 0


def test_many_leads_are_gone_through_a_thousand_at_a_time(campaign: Campaign):
    make(campaign, [note("n")], triggers=[{"id": "t1", "type": "lead.created", "config": {}}])
    campaign.imports("email\n" + "".join(f"p{n}@example.com\n" for n in range(1200)))
    with counted(campaign.store, campaign.tenancy) as (session, statements):
        found = simulations.run_simulation(session, "sim", Asked(days=1))
    assert (found.leads, dict(found.sections)) == (1200, {"n": 1200})
    assert len([sql for sql in statements if "FROM events" in sql]) == 3  # whose, and two times a thousand


def test_limits_are_counted_for_all_leads_of_a_simulation_and_nothing_is_written(campaign: Campaign):
    campaign.imports("email\n" + "".join(f"p{n}@example.com\n" for n in range(5)))
    once = item("flow.limit", "l", keys=["k"], times=2, within={"hours": 2}, branches={"pass": [note("p")]})
    make(campaign, [once, note("z")])
    for _ in range(2):
        assert dict(simulate(campaign, sample=5).sections) == {"l": 5, "p": 2, "z": 5}
    assert campaign.all(LimitPasses) == []
