"""Goals beside other lines, on both databases: what is waited for stays one row, and is heard in a branch as well."""

from __future__ import annotations

from datetime import timedelta

from campaigns.storage.models import Wait
from tests.support.campaign import Campaign
from tests.support.lines import hours, received
from tests.support.programs import item
from tests.support.sending import ANN, is_settled, send, tags

HOT = {"field": "lead.score", "op": "gte", "value": 50}


def test_a_goal_ahead_is_one_row_while_another_line_moves(campaign: Campaign, clock):
    beside = item("flow.fork", "f", join="none", branches={"a": [hours("a1"), hours("a2"), hours("a3")]})
    goal = item("flow.goal", "g", condition=HOT)
    campaign.workflow([beside, hours("s1", 99), goal, item("lead.add_tag", "s2", tag="there")])
    campaign.imports(f"email,score\n{ANN},1\n")
    for _ in range(3):
        clock.advance(timedelta(hours=1))
        campaign.run()
    assert campaign.statuses() == {"waiting": 1}
    assert [(row.number, row.name) for row in campaign.all(Wait)] == [(0, "g")]
    campaign.imports(f"email,score\n{ANN},60\n")
    assert tags(campaign) == ["there"]
    is_settled(campaign)


def test_a_goal_in_a_branch_is_heard(campaign: Campaign):
    goal = item("flow.goal", "g", condition=HOT, otherwise="wait")
    fork = item("flow.fork", "f", join="all", branches={"a": [goal], "b": []})
    campaign.workflow([fork, item("lead.add_tag", "s2", tag="there")])
    campaign.imports(f"email,score\n{ANN},1\n")
    assert campaign.statuses() == {"waiting": 1}
    campaign.imports(f"email,score\n{ANN},60\n")
    assert tags(campaign) == ["there"]
    is_settled(campaign)


def test_what_has_come_for_a_goal_is_kept_in_its_row_when_the_line_moves(campaign: Campaign, clock):
    goal = item("flow.goal", "g", trigger=received("bought", times={"at_least": 2}))
    campaign.workflow([hours("s1"), hours("s2", 9), goal, item("lead.add_tag", "s3", tag="there")])
    campaign.imports(f"email\n{ANN}\n")
    send(campaign, "bought")
    clock.advance(timedelta(hours=1))
    campaign.run()
    assert [(row.name, row.count) for row in campaign.all(Wait)] == [("g", 1)]
    send(campaign, "bought")
    assert tags(campaign) == ["there"]
    is_settled(campaign)
