"""lead.created."""

import pytest

from tests.support.section_types import check_contract, errors, listens, matches, summary

NAME = "lead.created"


def test_the_contract():
    check_contract(NAME, "trigger")
    check_contract(NAME, "trigger", source="import")


def test_the_source_is_one_of_five():
    assert list(errors(NAME, source="fax")) == ["/source"]


@pytest.mark.parametrize(
    ("wanted", "came", "starts"), [("any", "form", True), ("api", "api", True), ("api", "import", False)]
)
def test_it_starts_by_who_created_the_lead(wanted, came, starts):
    assert matches(NAME, source=wanted, event={"name": "lead.created", "source": came}) is starts


@pytest.mark.parametrize("wanted", ["any", "api"])
def test_another_event_of_the_lead_does_not_start_it(wanted):
    assert not matches(NAME, source=wanted, event={"name": "lead.field_changed", "source": "api"})


def test_it_listens_to_new_leads_alone():
    assert listens(NAME) == "lead.created"


def test_the_card_says_by_whom():
    assert [summary(NAME, source=s) for s in ("any", "api", "manual")] == ["In any way", "By the API", "By a person"]
