"""lead.status_changed."""

import pytest

from tests.support.section_types import check_contract, errors, listens, matches, references, summary

NAME = "lead.status_changed"


def test_the_contract():
    check_contract(NAME, "trigger", to="qualified")
    check_contract(NAME, "trigger", to="qualified", **{"from": "new"})


def test_a_status_is_named_and_from_goes_by_its_own_word():
    assert list(errors(NAME)) == ["/to"]
    assert list(errors(NAME, to="")) == ["/to"]
    assert list(errors(NAME, to="qualified", from_="new")) == ["/from_"]


@pytest.mark.parametrize(
    ("config", "pair", "starts"),
    [
        ({}, ["new", "qualified"], True),
        ({}, ["new", "lost"], False),
        ({}, ["qualified", "new"], False),
        ({"from": "new"}, ["new", "qualified"], True),
        ({"from": "new"}, ["lost", "qualified"], False),
    ],
)
def test_it_starts_by_the_status_reached_and_left(config, pair, starts):
    assert matches(NAME, to="qualified", **config, event={"changes": {"status": pair}}) is starts


def test_another_change_does_not_start_it():
    assert not matches(NAME, to="qualified", event={"changes": {"lists_added": ["hot"]}})
    assert listens(NAME, to="qualified") == "lead.status_changed"


def test_statuses_are_references_and_go_by_their_names():
    both = {"to": "qualified", "from": "new"}
    assert references(NAME, **both) == {("status", "qualified", "/to"), ("status", "new", "/from")}
    assert summary(NAME, **both) == "From New to Qualified"
    assert summary(NAME, to="qualified") == "To Qualified"
