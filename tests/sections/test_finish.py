"""flow.finish."""

from campaigns.engine.outcome import Finish
from tests.support.section_types import check_contract, decide, references, summary


def test_the_contract():
    check_contract("flow.finish", "finish")


def test_it_ends_the_token():
    assert decide("flow.finish") == Finish()


def test_it_names_nothing_and_says_nothing_more():
    assert references("flow.finish") == set()
    assert summary("flow.finish") == ""
