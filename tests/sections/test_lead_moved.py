"""lead.moved."""

import pytest

from tests.support.section_types import check_contract, errors, listens, matches, references, summary

NAME = "lead.moved"


def test_the_contract():
    check_contract(NAME, "trigger")
    check_contract(NAME, "trigger", to="acme-north", **{"from": "acme"})
    assert list(errors(NAME, from_="acme")) == ["/from_"]
    assert listens(NAME) == NAME


@pytest.mark.parametrize(
    ("config", "starts"),
    [
        ({}, True),
        ({"from": "acme"}, True),
        ({"from": "other"}, False),
        ({"to": "acme-north"}, True),
        ({"to": "acme"}, False),
        ({"from": "acme", "to": "acme-north"}, True),
    ],
)
def test_it_starts_by_where_the_lead_came_from_and_to(config, starts):
    assert matches(NAME, **config, event={"changes": {"moved": ["acme", "acme-north"]}}) is starts


def test_an_event_of_that_name_that_moved_nothing_does_not_start_it():
    assert not matches(NAME, event={"name": NAME, "properties": {"from": "acme", "to": "acme-north"}})


def test_tenants_are_references_and_go_by_their_names():
    assert references(NAME, **{"from": "acme"}) == {("tenant", "acme", "/from")}
    assert references(NAME) == set()
    assert summary(NAME, **{"from": "acme"}) == "From Acme"
    assert summary(NAME) == "From any tenant"
