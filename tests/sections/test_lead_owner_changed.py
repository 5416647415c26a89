"""lead.owner_changed."""

import pytest

from tests.support.section_types import check_contract, listens, matches, references, summary

NAME = "lead.owner_changed"
ANNA, BOB = "anna@acme.example", "bob@acme.example"


def test_the_contract():
    check_contract(NAME, "trigger")
    check_contract(NAME, "trigger", to=ANNA)


@pytest.mark.parametrize(
    ("to", "pair", "starts"),
    [
        (None, [None, ANNA], True),
        (None, [ANNA, None], False),
        (ANNA, [BOB, ANNA], True),
        (ANNA, [ANNA, BOB], False),
        (ANNA, None, False),
    ],
)
def test_it_starts_when_the_lead_gets_an_owner(to, pair, starts):
    changes = {"owner": pair} if pair else {"status": ["new", "lost"]}
    assert matches(NAME, to=to, event={"changes": changes}) is starts


def test_it_listens_to_owners_alone():
    assert listens(NAME) == "lead.owner_changed"


def test_the_member_is_a_reference_and_goes_by_name():
    assert references(NAME, to=ANNA) == {("user", ANNA, "/to")}
    assert references(NAME) == set()
    assert (summary(NAME, to=ANNA), summary(NAME)) == ("To Anna", "To anybody")
