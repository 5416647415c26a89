"""manual."""

from tests.support.section_types import check_contract, listens, summary


def test_the_contract():
    check_contract("manual", "trigger")


def test_nothing_starts_it_by_itself():
    assert listens("manual") is None


def test_the_card_says_who_starts_it():
    assert summary("manual") == "By a person or the API"
