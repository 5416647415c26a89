"""What woke a token is its event from there on: over delays, while it is held, after a restart; on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from campaigns.sections.registry import kinds
from campaigns.services import versions
from campaigns.storage.models import Execution, Note
from tests.support.campaign import Campaign
from tests.support.lines import hours, listener
from tests.support.programs import item
from tests.support.sending import ANN, BY_EVENT, send, wait

CLICKED = {"clicked": {"template": "{{ event.properties.plan }}"}}
TELLING = item("log.note", "told", text="{{ event.name }} {{ event.properties.plan }}")


def notes(campaign: Campaign) -> list[str]:
    return [row.text for row in campaign.all(Note)]


def test_the_event_of_a_wait_stays_over_delays(campaign: Campaign, clock):
    campaign.workflow([wait(), hours("d"), TELLING])
    campaign.imports(f"email\n{ANN}\n")
    send(campaign, "bought", plan="pro")
    clock.advance(timedelta(hours=1))
    campaign.run()
    assert notes(campaign) == ["bought pro"]


def test_the_event_of_a_listener_stays_over_delays_and_the_main_line_keeps_its_own(campaign: Campaign, clock):
    beside: list[dict[str, Any]] = [hours("b"), item("state.update", "u", values=CLICKED)]
    first = hours("d", 2) | {"listeners": [listener("t2", "clicked", *beside)]}
    campaign.workflow([first, hours("d2", 2), TELLING], triggers=[BY_EVENT])
    send(campaign, "go", plan="none")
    clock.advance(timedelta(hours=2))
    campaign.run()
    send(campaign, "clicked", plan="free")
    clock.advance(timedelta(hours=2))
    campaign.run()
    assert campaign.only(Execution).state == {"clicked": "free"}
    assert notes(campaign) == ["go none"]


def test_what_comes_while_it_is_held_is_there_on_release(campaign: Campaign):
    first = item("log.note", "s1", text="first")
    heard = first | {"listeners": [listener("t2", "clicked", item("state.update", "u", values=CLICKED))]}
    campaign.workflow([heard, wait(), TELLING], triggers=[BY_EVENT])
    send(campaign, "go")
    with campaign.write() as session:
        versions.deactivate(session, "flow", running="hold")
    send(campaign, "clicked", plan="free")
    send(campaign, "bought", plan="pro")
    assert campaign.statuses() == {"held": 1}
    with campaign.write() as session:
        versions.activate(session, "flow", kinds=kinds())
    campaign.run()
    assert campaign.statuses() == {"finished": 1}
    assert campaign.only(Execution).state == {"clicked": "free"}
    assert notes(campaign) == ["first", "bought pro"]


def test_a_restart_by_an_event_brings_its_event_along(campaign: Campaign, clock):
    again = {"id": "t3", "type": "event.received", "config": {"name": "again"}, "mode": "restart", "section": "d"}
    campaign.workflow([hours("d"), TELLING], triggers=[BY_EVENT, again])
    send(campaign, "go", plan="free")
    send(campaign, "again", plan="pro")
    clock.advance(timedelta(hours=1))
    campaign.run()
    assert notes(campaign) == ["again pro"]
