"""lead.set_status."""

from tests.support.programs import lead
from tests.support.section_types import changed, check_contract, errors, references, summary

NAME = "lead.set_status"


def test_the_contract():
    check_contract(NAME, "action", status="qualified")


def test_a_status_is_named():
    assert list(errors(NAME)) == ["/status"]
    assert list(errors(NAME, status="")) == ["/status"]


def test_the_lead_has_the_status_afterwards_and_twice_changes_nothing():
    ann = lead()
    assert changed(NAME, ann, status="qualified") == {"status": ["new", "qualified"]}
    assert ann.patch == {"status": "qualified"}
    assert changed(NAME, ann, status="qualified") == {}


def test_the_status_is_a_reference_and_goes_by_its_name():
    assert references(NAME, status="qualified") == {("status", "qualified", "/status")}
    assert summary(NAME, status="qualified") == "Qualified"
