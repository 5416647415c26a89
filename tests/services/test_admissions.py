"""Leads who match when a workflow is activated: counted, and let in by the worker, within the limits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from campaigns.engine.document import Document
from campaigns.errors import Conflict, Inactive, Invalid, NotFound
from campaigns.ids import new_id
from campaigns.sections.registry import kinds
from campaigns.services import admissions, leads, recovery, refusals, versions
from campaigns.storage.models import Due, Execution, Lead
from campaigns.storage.transaction import system
from tests.support.campaign import Campaign
from tests.support.workflows import add_leads

WAIT = {"id": "d1", "type": "flow.delay", "config": {"duration": {"days": 2}}}
HOT = {"id": "t1", "type": "list.added", "config": {"list": "hot"}}
WON = {"id": "t1", "type": "lead.status_changed", "config": {"to": "customer"}}
NEW = {"id": "t1", "type": "lead.created", "config": {}}
RICH = {"field": "lead.score", "op": "gte", "value": 50}


def field_changed(condition: dict[str, Any]) -> dict[str, Any]:
    return {"id": "t1", "type": "lead.field_changed", "config": {"condition": condition}}


def matching(campaign: Campaign, *triggers: dict[str, Any], **bounds: int) -> admissions.Matching:
    named = [trigger | {"id": f"t{number}"} for number, trigger in enumerate(triggers)]
    document = Document.model_validate({"format": 1, "settings": {}, "triggers": named, "sections": []})
    with campaign.read() as session:
        return admissions.find_matching(session, document, kinds(), **bounds)


def let_in(campaign: Campaign, key: str = "flow") -> admissions.Admission:
    with campaign.write() as session:
        return admissions.begin(session, key, kinds=kinds())


def chunk(campaign: Campaign, most: int) -> None:
    admissions.run_chunk(campaign.store, campaign.tenancy.tenant_id, kinds(), most=most)


def listed(campaign: Campaign) -> list[admissions.Admission]:
    with campaign.read() as session:
        return admissions.list_admissions(session, "flow")


def add(campaign: Campaign, count: int, *, status: str | None = None, **more: Any) -> list[Any]:
    ids = add_leads(campaign.store, campaign.tenancy, count, **more)
    if status:
        with campaign.write() as session:
            for lead_id in ids:
                leads.update_lead(session, lead_id, {"status": status})
    return ids


@pytest.mark.parametrize(
    ("trigger", "count"),
    [
        (HOT, 3),
        (WON, 2),
        (NEW, 9),
        (field_changed(RICH), 4),
        (field_changed({"all": [RICH, {"in_list": "hot"}]}), 0),
        (field_changed({"any": [RICH, {"in_list": "hot"}]}), 7),
        (field_changed({"not": RICH}), 5),
        (field_changed({"field": "lead.email", "op": "contains", "value": "@leads."}), 9),
        (NEW | {"filter": RICH}, 4),
    ],
)
def test_leads_who_match_now_are_counted(campaign: Campaign, trigger, count):
    add(campaign, 3, on_list="hot")
    add(campaign, 2, status="customer")
    add(campaign, 4, scores=[50, 60, 70, 80])
    found = matching(campaign, trigger)
    assert (found.count, found.is_exact, found.can_enter) == (count, True, True)


def test_who_matches_two_triggers_counts_once(campaign: Campaign):
    add(campaign, 3, on_list="hot", scores=[10, 50, 60])
    add(campaign, 2, scores=[99, 0])
    assert matching(campaign, HOT, field_changed(RICH)).count == 4


def test_what_the_database_cannot_decide_is_read_up_to_a_bound(campaign: Campaign):
    add(campaign, 5)
    found = matching(campaign, field_changed({"not": RICH}), read_at_most=3)
    assert (found.count, found.is_exact) == (3, False)
    assert matching(campaign, NEW, read_at_most=3).is_exact


@pytest.mark.parametrize(
    ("trigger", "why"),
    [
        ({"type": "manual", "config": {}}, "what has happened before"),
        ({"type": "lead.created", "config": {"source": "import"}}, "who has created"),
        ({"type": "lead.status_changed", "config": {"to": "lost", "from": "new"}}, "the status that a lead had"),
        (field_changed({"field": "lead.score", "op": "changed"}), "how a value changes"),
        (HOT | {"filter": {"field": "event.source", "op": "eq", "value": "api"}}, "looks at the event"),
    ],
)
def test_a_trigger_that_cannot_say_who_matches_says_why(campaign: Campaign, trigger, why):
    add(campaign, 1)
    found = matching(campaign, trigger)
    assert not found.can_enter
    assert found.count == 0
    assert why in found.offers[0].why


def test_a_trigger_that_is_disabled_or_starts_nothing_is_not_asked(campaign: Campaign):
    assert matching(campaign, HOT | {"disabled": True}, NEW | {"mode": "exit"}).offers == []


def test_those_who_match_enter_and_nobody_else(campaign: Campaign):
    inside = add(campaign, 2, on_list="hot")
    add(campaign, 1)
    campaign.workflow([WAIT], triggers=[HOT])
    row = let_in(campaign)
    assert (row.total, row.status) == (2, "running")
    campaign.run()
    (done,) = listed(campaign)
    assert (done.status, done.looked, done.admitted, done.refused) == ("done", 2, 2, 0)
    assert {one.lead_id for one in campaign.all(Execution)} == set(inside)
    assert {(one.status, one.hop, one.event_id) for one in campaign.all(Execution)} == {("waiting", 0, None)}


def test_they_enter_in_chunks_that_each_are_kept(campaign: Campaign):
    add(campaign, 5, scores=[50, 1, 50, 50, 50])
    campaign.workflow([WAIT], triggers=[field_changed({"not": {"not": RICH}})])
    let_in(campaign)
    chunk(campaign, 2)
    (row,) = listed(campaign)
    assert (row.status, row.looked, row.admitted, row.total) == ("running", 2, 1, 5)
    campaign.run()
    (row,) = listed(campaign)
    assert (row.status, row.looked, row.admitted) == ("done", 5, 4)


def test_limits_apply_and_refusals_are_recorded(campaign: Campaign):
    add(campaign, 3, on_list="hot")
    campaign.workflow([WAIT], triggers=[HOT], limits={"active_total": 2})
    let_in(campaign)
    campaign.run()
    (row,) = listed(campaign)
    assert (row.admitted, row.refused) == (2, 1)
    with campaign.read() as session:
        assert [one.limit for one, _ in refusals.list_refusals(session)] == ["active_total"]


def test_who_enters_meanwhile_by_an_event_does_not_enter_twice(campaign: Campaign, clock):
    (lead,) = add(campaign, 1, on_list="hot")
    campaign.workflow([WAIT], triggers=[HOT], limits={"per_lead_active": 5})
    let_in(campaign)
    clock.advance(timedelta(seconds=1))
    with campaign.write() as session:
        leads.update_lead(session, lead, {"lists": []})
        leads.update_lead(session, lead, {"lists": ["hot"]})
    campaign.run()
    assert campaign.statuses() == {"waiting": 1}
    assert listed(campaign)[0].refused == 0


def test_cancelling_keeps_who_has_entered(campaign: Campaign):
    add(campaign, 3, on_list="hot")
    campaign.workflow([WAIT], triggers=[HOT])
    row = let_in(campaign)
    chunk(campaign, 1)
    with campaign.write() as session:
        admissions.cancel(session, "flow", row.id)
    campaign.run()
    assert campaign.statuses() == {"waiting": 1}
    (row,) = listed(campaign)
    assert (row.status, row.admitted) == ("cancelled", 1)
    with campaign.write() as session, pytest.raises(Conflict):
        admissions.cancel(session, "flow", row.id)


def test_deactivating_ends_it_for_good(campaign: Campaign):
    add(campaign, 3, on_list="hot")
    campaign.workflow([WAIT], triggers=[HOT])
    let_in(campaign)
    with campaign.write() as session:
        versions.deactivate(session, "flow")
    with campaign.write() as session:
        versions.activate(session, "flow", kinds=kinds())
    campaign.run()
    assert campaign.all(Execution) == []
    assert listed(campaign)[0].status == "stopped"


def test_another_one_takes_the_place_of_the_first(campaign: Campaign):
    add(campaign, 2, on_list="hot")
    campaign.workflow([WAIT], triggers=[HOT])
    let_in(campaign)
    let_in(campaign)
    campaign.run()
    assert [row.status for row in listed(campaign)] == ["done", "stopped"]
    assert campaign.statuses() == {"waiting": 2}


def test_it_needs_an_active_workflow_with_a_trigger_that_knows_whom(campaign: Campaign):
    campaign.workflow([WAIT], triggers=[{"id": "t1", "type": "manual", "config": {}}])
    with pytest.raises(Invalid) as caught:
        let_in(campaign)
    assert [problem.path for problem in caught.value.problems] == ["/enter"]
    with campaign.write() as session:
        versions.deactivate(session, "flow")
    with pytest.raises(Inactive):
        let_in(campaign)
    with pytest.raises(NotFound):
        let_in(campaign, "other")
    with campaign.write() as session, pytest.raises(NotFound):
        admissions.cancel(session, "flow", new_id())


def test_one_that_nothing_wakes_is_found(campaign: Campaign):
    add(campaign, 1, on_list="hot")
    campaign.workflow([WAIT], triggers=[HOT])
    let_in(campaign)
    with system(campaign.store, writes=True) as session:
        session.query(Due).filter_by(kind="admission").delete()
    assert recovery.heal(campaign.store) == 1
    campaign.run()
    assert campaign.statuses() == {"waiting": 1}


def test_leads_who_are_created_meanwhile_enter_once(campaign: Campaign, clock):
    add(campaign, 1)
    campaign.workflow([WAIT], triggers=[NEW], limits={"per_lead_active": 5})
    let_in(campaign)
    clock.advance(timedelta(seconds=1))
    with campaign.write() as session:
        leads.create_lead(session, {"email": "late@example.com"})
    campaign.run()
    with campaign.read() as session:
        assert session.scalar(select(func.count()).select_from(Lead)) == 2
    assert campaign.statuses() == {"waiting": 2}
