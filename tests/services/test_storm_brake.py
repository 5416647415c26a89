"""The brake against storms of mail: three copies a day to one address, then skipped with the reason."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from campaigns.services.storm_brake import BRAKED
from campaigns.storage.models import Message
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


def test_it_is_of_one_address_and_of_the_last_day(campaign: Campaign, clock):
    again = item("email.send", "m2", template="welcome")
    campaign.workflow([many(times=2), hours("d", 25), item("flow.for", "g", end=2, branches={"do": [again]})])
    campaign.imports("email\nann@example.com\nbob@example.com\n")
    assert len(campaign.transport.sent) == 4
    clock.advance(timedelta(hours=25))
    campaign.run()
    assert len(campaign.transport.sent) == 8
    assert states(campaign)["skipped", True] == 0
