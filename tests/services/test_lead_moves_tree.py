"""Leads move within their own tree alone, there and back, and many at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from campaigns.errors import Invalid, NotFound
from campaigns.sections.registry import kinds
from campaigns.services.lead_erasure import erase_lead
from campaigns.storage.models import Event, Execution, Lead, Note, Tenant
from campaigns.storage.transaction import system
from campaigns.worker import Worker
from tests.support.campaign import Campaign
from tests.support.trees import ARRIVED, MOVE, POINTS, child, rows_of


def work_together(campaign: Campaign) -> None:
    """Do all the work with three workers at once."""

    def work(_n: int) -> None:
        worker = Worker(campaign.store, kinds(), campaign.transport, campaign.uploads)
        while worker.run_once():
            pass

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    campaign.run()


def test_two_tenants_that_send_leads_to_and_fro_come_to_an_end(campaign, north, add):
    bounce = [{"id": "t1", "type": "lead.moved", "config": {}}]
    settings = {"limits": {"per_lead_active": 0}}
    campaign.workflow([MOVE], triggers=[{"id": "t0", "type": "lead.created", "config": {}}, *bounce], **settings)
    north.workflow([MOVE | {"config": {"tenant": "acme"}}], triggers=bounce, **settings)
    add()
    campaign.run()
    moves = [event.hop for where in (campaign, north) for event in where.all(Event) if event.name == "lead.moved"]
    assert sorted(moves) == list(range(1, 27))


def test_only_tenants_of_the_own_tree_can_be_named(campaign, north, add):
    child(campaign, "stranger", None)
    for key in ("stranger", "nowhere"):
        with pytest.raises(Invalid) as refused:
            campaign.workflow([MOVE | {"config": {"tenant": key}}], key=f"to-{key}")
        assert [problem.path for problem in refused.value.problems] == ["/sections/0/config/tenant"]
    sister = child(campaign, "south", campaign)
    north.workflow([MOVE | {"config": {"tenant": "south"}}])
    add(to=north)
    campaign.run()
    assert sister.only(Lead).email == "ann@example.com"


def test_a_tenant_that_has_left_the_tree_since_is_never_opened(campaign, north, add):
    campaign.workflow([MOVE])
    with system(campaign.store, writes=True) as session:
        session.execute(update(Tenant).where(Tenant.id == north.tenancy.tenant_id).values(parent_id=None))
    add()
    campaign.run()
    failed = campaign.only(Execution)
    assert (failed.status, failed.reason) == ("failed", "there is no tenant north in this tree")
    assert north.all(Lead) == []
    assert len(campaign.all(Lead)) == 1


def test_to_its_own_tenant_nothing_moves(campaign, add):
    campaign.workflow([MOVE | {"config": {"tenant": "acme"}}, POINTS])
    add()
    campaign.run()
    assert campaign.steps() == [("m", "exists"), ("p", "done")]


def test_many_move_at_once_and_the_same_address_from_two_sides_once(campaign, north, add):
    south = child(campaign, "south", campaign)
    for where in (campaign, south):
        where.workflow([MOVE])
        where.start_import("email\n" + "".join(f"p{n}@example.com\n" for n in range(200)))

    work_together(campaign)
    assert len(north.all(Lead)) == 200
    assert len(campaign.all(Lead)) + len(south.all(Lead)) == 200
    steps = campaign.steps() + south.steps()
    assert sorted({outcome for _, outcome in steps}) == ["done", "exists"]
    assert sum(outcome == "done" for _, outcome in steps) == 200


def test_two_tenants_that_move_to_each_other_at_once_do_not_wait_in_a_circle(campaign, north):
    campaign.workflow([MOVE])
    north.workflow([MOVE | {"config": {"tenant": "acme"}}])
    for name, where in (("a", campaign), ("b", north)):
        where.start_import("email\n" + "".join(f"{name}{n}@example.com\n" for n in range(300)))
    work_together(campaign)
    assert {lead.email[0] for lead in campaign.all(Lead)} == {"b"}
    assert {lead.email[0] for lead in north.all(Lead)} == {"a"}
    assert (len(campaign.all(Lead)), len(north.all(Lead))) == (300, 300)


def test_a_lead_that_comes_back_takes_its_old_row(campaign, north, add):
    campaign.workflow([MOVE])
    back = MOVE | {"config": {"tenant": "acme"}}
    north.workflow([POINTS, back], triggers=ARRIVED)
    campaign.workflow([POINTS], key="home", triggers=[{"id": "t1", "type": "lead.moved", "config": {}}])
    lead_id = add(tags=["vip"])
    campaign.run()
    assert campaign.only(Lead).id == lead_id
    assert campaign.only(Lead).score == 14
    assert campaign.only(Lead).moved_to is None
    assert north.all(Lead) == []
    assert (rows_of(campaign), rows_of(north)) == (1, 1)


def test_erasing_a_lead_erases_what_it_left_behind(campaign, north, add):
    campaign.workflow([{"id": "n1", "type": "log.note", "config": {"text": "About {{ lead.email }}"}}, MOVE])
    add()
    campaign.run()
    moved = north.only(Lead)
    assert rows_of(campaign) == 1
    with north.write() as session:
        erase_lead(session, moved.id)
    assert rows_of(campaign) == rows_of(north) == 0
    assert campaign.all(Note) == []
    assert {(event.lead_id, event.changes) for event in campaign.all(Event)} == {(None, None)}


def test_who_has_left_is_not_erased_from_where_they_were(campaign, north, add):
    campaign.workflow([MOVE])
    add()
    campaign.run()
    moved = north.only(Lead)
    with campaign.write() as session, pytest.raises(NotFound):
        erase_lead(session, moved.id)
    assert north.only(Lead).email == "ann@example.com"
