"""flow.stop."""

from campaigns.engine.outcome import Stop
from tests.support.section_types import check_contract, decide, errors, summary

NAME = "flow.stop"


def test_the_contract():
    check_contract(NAME, "finish")
    check_contract(NAME, "finish", reason="Not for us")


def test_a_reason_has_at_most_500_characters():
    assert list(errors(NAME, reason="x" * 501)) == ["/reason"]


def test_it_ends_the_execution_with_the_reason():
    assert decide(NAME, reason="Not for us") == Stop("Not for us")
    assert decide(NAME) == Stop("")


def test_the_card_shows_the_reason():
    assert summary(NAME, reason="Not for us") == "Not for us"
