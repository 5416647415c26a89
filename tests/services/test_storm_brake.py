"""The brake against storms of mail: three copies a day to one address, then skipped with the reason."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from campaigns.services import insight, versions
from campaigns.services.storm_brake import BRAKED, STOPPED
from campaigns.storage.models import Message, Workflow
from tests.support.campaign import Campaign
from tests.support.lines import hours
from tests.support.programs import item
from tests.support.sending import BY_EVENT, is_settled, send


def many(template: str = "welcome", times: int = 6):
    return item("flow.for", "f", end=times, branches={"do": [item("email.send", "m", template=template)]})


def states(campaign: Campaign) -> Counter:
    return Counter((message.state, message.reason == BRAKED) for message in campaign.all(Message))


def test_a_loop_of_one_mail_is_stopped_after_three_copies(campaign: Campaign):
    campaign.workflow([many()], triggers=[BY_EVENT])
    send(campaign, "go")
    assert len(campaign.transport.sent) == 3
    assert states(campaign)["skipped", True] == 3
    is_settled(campaign)


def test_it_stops_the_workflow_and_holds_who_is_inside_until_a_person_decides(campaign: Campaign, clock):
    campaign.workflow([many(), hours("d", 1), item("email.send", "m2", template="welcome")], triggers=[BY_EVENT])
    send(campaign, "go")
    workflow = campaign.only(Workflow)
    assert (workflow.is_active, workflow.stopped_because) == (False, STOPPED)
    assert campaign.statuses() == {"held": 1}
    send(campaign, "go")
    assert campaign.statuses() == {"held": 1}
    with campaign.read() as session:
        assert next(one.kind for one in insight.attention(session, insight.dashboard(session))) == "stopped"
    clock.advance(timedelta(hours=26))
    with campaign.write() as session:
        versions.activate(session, "flow")
    campaign.run()
    assert campaign.statuses() == {"finished": 1}
    assert len(campaign.transport.sent) == 4
    assert campaign.only(Workflow).stopped_because == ""


def test_it_is_of_one_address_and_of_the_last_day(campaign: Campaign, clock):
    again = item("email.send", "m2", template="welcome")
    campaign.workflow([many(times=2), hours("d", 25), item("flow.for", "g", end=2, branches={"do": [again]})])
    campaign.imports("email\nann@example.com\nbob@example.com\n")
    assert len(campaign.transport.sent) == 4
    clock.advance(timedelta(hours=25))
    campaign.run()
    assert len(campaign.transport.sent) == 8
    assert states(campaign)["skipped", True] == 0
