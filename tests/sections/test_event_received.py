"""event.received."""

from campaigns.engine.events import event_types
from tests.support.section_types import check_contract, errors, listens, matches, summary

NAME = "event.received"


def test_the_contract():
    check_contract(NAME, "trigger", name="plan.bought")


def test_an_event_is_named():
    assert list(errors(NAME)) == ["/name"]
    assert list(errors(NAME, name="")) == ["/name"]
    assert list(errors(NAME, name="x" * 201)) == ["/name"]


def test_it_listens_to_events_of_this_very_name():
    assert listens(NAME, name="plan.bought") in event_types("plan.bought", None)
    assert listens(NAME, name="plan.bought") not in event_types("plan.Bought", None)
    assert matches(NAME, name="plan.bought", event={"name": "plan.bought"})


def test_the_card_shows_the_name():
    assert summary(NAME, name="plan.bought") == "plan.bought"
