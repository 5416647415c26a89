"""Trials of a draft: on a lead as it is or made up, from any trigger, with what happens later; nothing is written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from campaigns.errors import Invalid, NotFound
from campaigns.ids import new_id
from campaigns.sections.registry import kinds
from campaigns.services import fields, trials, versions, workflows
from campaigns.services.starts import start_by_hand
from campaigns.services.trial_pages import ending, lines
from campaigns.services.trial_specs import read_trial
from campaigns.storage.models import Event, Execution, Lead, LeadTag, Message
from tests.support.campaign import Campaign
from tests.support.lines import hours, listener, note, received
from tests.support.programs import item

AT = "2026-03-02T08:00:00Z"  # a Monday
CREATED = {"id": "t1", "type": "lead.created", "config": {}}
HOT = {"field": "lead.score", "op": "gte", "value": 50}
SECTIONS = [
    item("flow.if", "i", condition=HOT, branches={"yes": [item("lead.add_tag", "t", tag="hot")], "no": [note("n")]}),
    item("flow.delay", "d", duration={"days": 2}),
    item("email.send", "m", template="welcome"),
]


def make(campaign: Campaign, sections: list[Any], triggers: list[Any] | None = None, **settings: Any) -> None:
    document = {"format": 1, "settings": settings, "triggers": triggers or [CREATED], "sections": sections}
    with campaign.write() as session:
        workflows.create_workflow(session, name="try", key="try", document=document)


def tried(campaign: Campaign, **trial: Any) -> tuple[Any, Any]:
    with campaign.read() as session:
        return trials.run_trial(session, "try", read_trial({"starts_at": AT, **trial}), kinds())


def steps(found: Any) -> list[tuple[str, str]]:
    return [(section, outcome) for section, outcome, _, _ in found.path.steps]


def test_a_made_up_lead_takes_its_way_in_virtual_time(campaign: Campaign):
    make(campaign, SECTIONS)
    bench, found = tried(campaign, lead={"values": {"score": 72, "email": "ann@example.com"}})
    assert steps(found) == [
        ("i", "yes"), ("t", "done"), ("d", "waiting"), ("d", "resumed"), ("m", "done"),
    ]  # fmt: skip
    told = lines(bench, found)
    assert [(line.kind, line.section, line.outcome) for line in told][:2] == [
        ("start", "t1", "done"),
        ("step", "i", "yes"),
    ]
    assert told[1].why == "score 72 ≥ 50"
    assert told[2].changed == "Tagged hot"
    assert (told[4].after, f"{told[4].clock:%a %H:%M}") == (timedelta(days=2), "Wed 08:00")
    assert [line.section for line in told if line.outside] == ["m"]
    assert (told[-1].kind, told[-1].said) == ("end", "Finished")


def test_nothing_is_written(campaign: Campaign):
    campaign.imports("email,score\nann@example.com,60\n")
    make(campaign, SECTIONS)
    lead = campaign.only(Lead)

    def counts() -> list[int]:
        with campaign.read() as session:
            tables = (Event, Execution, Lead, LeadTag, Message)
            return [session.scalar(select(func.count()).select_from(table)) for table in tables]

    before = counts()
    _, found = tried(campaign, lead=str(lead.id))
    assert found.path.status == "finished"
    assert found.path.lead == lead.id
    assert counts() == before


def test_what_happens_later_wins_waits_and_is_heard(campaign: Campaign):
    waits = item("flow.wait", "w", **{"for": [{"name": "came", "trigger": received("bought")}], "timeout": {"days": 5}},
                 branches={"came": [note("c")], "timeout": [note("o")]})  # fmt: skip
    heard = note("s") | {"listeners": [listener("t2", "clicked", note("l"))]}
    make(campaign, [heard, waits, hours("h", 24)])
    later = [
        {"after": {"days": 1}, "trigger": "w/came"},
        {"after": {"hours": 2}, "name": "clicked"},
        {"after": {"days": 9}, "name": "x"},
    ]
    bench, found = tried(campaign, later=later)
    assert {("w", "came"), ("c", "done"), ("l", "done")} <= set(steps(found))
    events = [(line.said, line.mark) for line in lines(bench, found) if line.kind == "event"]
    assert events == [("clicked: heard", "passed"), ("bought: heard", "passed")]  # the last comes after the end


def test_an_event_changes_the_lead_as_it_says(campaign: Campaign):
    on_list = {"field": "lead.status", "op": "eq", "value": "qualified"}
    asks = item("flow.if", "i", condition={"all": [on_list, {"in_list": "hot"}]}, branches={"yes": [note("y")]})
    make(campaign, [hours("h", 5), asks], [{"id": "t1", "type": "lead.status_changed", "config": {"to": "qualified"}}])
    later = [{"after": {"hours": 1}, "changes": {"lists_added": ["hot"]}, "name": "list.added"}]
    _, found = tried(campaign, later=later)
    assert ("y", "done") in steps(found)
    assert ("y", "done") not in steps(tried(campaign)[1])


@pytest.mark.parametrize(
    "trigger",
    [
        CREATED,
        {"type": "lead.created", "config": {"source": "api"}},
        {"type": "event.received", "config": {"name": "go"}},
        {"type": "list.added", "config": {"list": "hot"}},
        {"type": "list.removed", "config": {"list": "hot"}},
        {"type": "lead.status_changed", "config": {"to": "qualified", "from": "new"}},
        {"type": "lead.field_changed", "config": {"condition": HOT}},
        {
            "type": "lead.field_changed",
            "config": {"condition": {"field": "lead.status", "op": "changed_to", "value": "lost"}},
        },
        {"type": "lead.moved", "config": {}},
        {"type": "lead.date_reached", "config": {"field": "lead.created_at"}},
        {"type": "schedule.due", "config": {"cron": "0 9 * * 1", "leads": {"all": True}}},
        {"type": "workflow.finished", "config": {"workflow": "try"}},
        {"type": "manual", "config": {}},
    ],
    ids=lambda trigger: trigger["type"],
)
def test_every_trigger_takes_the_event_that_it_makes_up(campaign: Campaign, trigger: dict[str, Any]):
    make(campaign, [note("n")], [{"id": "t1", **trigger}])
    _, found = tried(campaign, lead={"values": {"score": 72, "status": "lost"}})
    assert (found.path.status, found.path.reason, found.trigger) == ("finished", "", "t1")


def test_a_filter_that_does_not_match_refuses_with_what_it_saw(campaign: Campaign):
    make(campaign, [note("n")], [{**CREATED, "filter": HOT}])
    bench, found = tried(campaign, lead={"values": {"score": 3}})
    assert ending(found) == "Did not enter: the trigger's filter does not match: score 3 < 50"
    assert [line.kind for line in lines(bench, found)] == ["start", "end"]


def test_limits_and_keep_while_refuse_unless_it_is_tried_anew(campaign: Campaign):
    campaign.imports("email\nann@example.com\n")
    make(campaign, [hours("h", 9)], keep_while={"field": "lead.score", "op": "lt", "value": 10})
    lead = campaign.only(Lead)
    with campaign.write() as session:
        versions.activate(session, "try")
    with campaign.write() as session:
        start_by_hand(session, "try", lead.id)
    _, found = tried(campaign, lead=str(lead.id), starts_at=None)
    assert "the lead is in this workflow already" in ending(found)
    assert tried(campaign, lead=str(lead.id), anew=True)[1].path.status == "finished"
    assert "the condition that must hold" in ending(tried(campaign, lead={"values": {"score": 50}})[1])


def test_variants_can_be_chosen(campaign: Campaign):
    split = item("flow.split", "s", variants=[{"name": "A", "weight": 100}, {"name": "B", "weight": 0}],
                 branches={"A": [note("a")], "B": [note("b")]})  # fmt: skip
    make(campaign, [split])
    assert steps(tried(campaign)[1])[-1] == ("a", "done")
    assert steps(tried(campaign, splits={"s": "B"})[1])[-1] == ("b", "done")
    with pytest.raises(Invalid) as refused:
        tried(campaign, splits={"s": "C"})
    assert refused.value.problems[0].path == "/splits/s"


def test_a_draft_with_problems_is_tried_and_those_of_visited_sections_are_told(campaign: Campaign):
    broken = [note("n"), item("list.add", "l", list="nowhere")]
    make(campaign, [item("flow.if", "i", condition=HOT, branches={"yes": broken, "no": []}), note("z")])
    bench, found = tried(campaign, lead={"values": {"score": 60}})
    assert next(line.problems for line in lines(bench, found) if line.section == "l")
    bench, found = tried(campaign)
    assert found.path.status == "finished"
    assert not any(line.problems for line in lines(bench, found))


def test_wrong_values_are_told_by_path(campaign: Campaign):
    with campaign.write() as session:
        fields.create_field(session, name="Plan", key="plan", type="choice", choices=["free", "pro"])
    make(campaign, SECTIONS)
    with pytest.raises(Invalid) as refused:
        tried(campaign, lead={"values": {"plan": "gold", "score": "x"}, "lists": ["nowhere"]})
    assert {problem.path for problem in refused.value.problems} == {
        "/lead/values/plan",
        "/lead/values/score",
        "/lead/lists/0",
    }
    for wrong in ({"later": [{"name": "x"}]}, {"starts_at": "9999-12-31T00:00:00Z"}, {"starts_at": "2026-03-02"}):
        with pytest.raises(Invalid):
            read_trial(wrong)


def test_unknown_leads_and_triggers_are_refused(campaign: Campaign):
    make(campaign, SECTIONS, [CREATED, {**CREATED, "id": "t2", "disabled": True}])
    with pytest.raises(NotFound):
        tried(campaign, lead=str(new_id()))
    for trigger, said in (("t9", "there is no trigger t9 that starts"), ("t2", "is switched off")):
        with pytest.raises(Invalid) as refused:
            tried(campaign, start={"trigger": trigger})
        assert refused.value.problems[0].message == said


def test_the_clock_is_the_leads_own(campaign: Campaign):
    with campaign.write() as session:
        fields.create_field(session, name="Time zone", key="time_zone", type="text")
    make(campaign, [note("n")])
    bench, found = tried(campaign, lead={"values": {"time_zone": "Asia/Tokyo"}})
    assert f"{lines(bench, found)[0].clock:%a %H:%M}" == "Mon 17:00"
    assert found.path.started_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
