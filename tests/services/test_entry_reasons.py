"""Why a lead did not enter: asked of the engine again, workflow by workflow."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.sections.registry import kinds
from campaigns.services import leads
from campaigns.services.lead_page import list_entries
from campaigns.services.programs import ProgramCache
from campaigns.storage.models import Lead
from tests.support.workflows import counted

STEP = [{"id": "s", "type": "flow.finish"}]
HOT = {"field": "lead.score", "op": "gte", "value": 50}


def trigger(type="lead.created", **more):
    return [{"id": "t1", "type": type, "config": {}, **more}]


def add(campaign, **values):
    with campaign.write() as session:
        return leads.create_lead(session, {"email": "ann@example.org", **values}).id


def change(campaign, lead_id, **values):
    with campaign.write() as session:
        leads.update_lead(session, lead_id, values)
    campaign.run()


def entries(session, lead_id):
    return {e.key: e for e in list_entries(session, lead_id, programs=ProgramCache(kinds()), kinds=kinds())}


def why(campaign, lead_id, key="flow"):
    with campaign.read() as session:
        reason = entries(session, lead_id)[key].reason
    return reason and reason.text


def test_an_event_that_waits_is_being_worked_on(campaign):
    campaign.workflow(STEP, triggers=trigger(filter=HOT))
    lead_id = add(campaign)
    assert why(campaign, lead_id) == "what happened to this lead is still being worked on"
    campaign.run()
    assert "filter" in why(campaign, lead_id)


def test_a_filter_that_does_not_hold_is_told_with_the_values(campaign):
    campaign.workflow(STEP, triggers=trigger(filter=HOT))
    lead_id = add(campaign, score=10)
    campaign.run()
    said = "“Created” reached the trigger “Lead created”, but its filter does not hold: score 10 < 50"
    assert why(campaign, lead_id) == said


def test_lists_tags_and_activity_are_looked_up_for_the_filter(campaign):
    filters = {"list": {"not": {"in_list": "hot"}}, "tag": {"not": {"has_tag": "vip"}}, "did": {"did": "purchase"}}
    for key, condition in filters.items():
        campaign.workflow(STEP, triggers=trigger(filter=condition), key=key)
    lead_id = add(campaign, lists=["hot"], tags=["vip"])
    campaign.run()
    told = {key: (why(campaign, lead_id, key) or "").partition("does not hold: ")[2] for key in filters}
    assert told == {"list": "not (on list hot)", "tag": "not (has tag vip)", "did": "purchase happened 0 times"}


def test_settings_that_do_not_match_are_told(campaign):
    campaign.workflow(STEP, triggers=trigger(config={"source": "import"}))
    lead_id = add(campaign)
    campaign.run()
    assert why(campaign, lead_id) == "“Created” is not what the trigger “Lead created” is set to"


def test_a_condition_that_did_not_become_true_is_told_with_what_was_seen(campaign):
    campaign.workflow(STEP, triggers=trigger("lead.field_changed", config={"condition": HOT}))
    lead_id = add(campaign, score=10)
    change(campaign, lead_id, score=20)
    said = "“Score changed from 10 to 20” is not what the trigger “Field changed” is set to: score 20 < 50"
    assert why(campaign, lead_id).casefold() == said.casefold()


def test_without_an_event_of_its_kind_the_triggers_are_named(campaign):
    campaign.workflow(STEP, triggers=trigger("list.added", config={"list": "hot"}))
    lead_id = add(campaign)
    campaign.run()
    assert why(campaign, lead_id) == "it starts by “Added to list”, and nothing of that kind happened to this lead"


def test_what_happened_before_the_workflow_listened_is_told(campaign, clock):
    lead_id = add(campaign)
    clock.advance(timedelta(minutes=1))
    campaign.workflow(STEP)
    assert why(campaign, lead_id) == "“Created” happened before the workflow began to listen"


def test_an_import_with_workflows_switched_off_is_the_reason(campaign):
    campaign.workflow(STEP)
    campaign.workflow(STEP, triggers=trigger("lead.status_changed", config={"to": "lost"}), key="other")
    campaign.imports("email\nann@example.org\n", start_workflows=False)
    lead_id = campaign.only(Lead).id
    said = "the import of leads.csv brought it in with workflows switched off"
    assert {why(campaign, lead_id), why(campaign, lead_id, "other")} == {said}
    change(campaign, lead_id, status="contacted")
    assert "is not what the trigger “Status changed” is set to" in why(campaign, lead_id, "other")


def test_what_starts_by_hand_says_so_and_what_was_entered_needs_no_reason(campaign):
    campaign.workflow(STEP, triggers=trigger("manual"), key="hand")
    campaign.workflow(STEP)
    lead_id = add(campaign)
    campaign.run()
    assert "started by hand" in why(campaign, lead_id, "hand")
    assert why(campaign, lead_id) is None


@pytest.mark.parametrize("more", [0, 4])
def test_it_takes_the_same_queries_however_many_workflows_there_are(campaign, more):
    for number in range(1 + more):
        campaign.workflow(STEP, triggers=trigger(filter=HOT), key=f"w{number}")
    lead_id = add(campaign)
    campaign.run()
    with counted(campaign.store, campaign.tenancy) as (session, statements):
        found = entries(session, lead_id)
    assert len(found) == 1 + more
    assert all("score 0 < 50" in entry.reason.text for entry in found.values())
    assert len(statements) <= 20
