"""list.add."""

from tests.support.programs import lead
from tests.support.section_types import changed, check_contract, errors, references, summary

NAME = "list.add"


def test_the_contract():
    check_contract(NAME, "action", list="hot")


def test_a_list_is_named():
    assert list(errors(NAME)) == ["/list"]
    assert list(errors(NAME, list="")) == ["/list"]


def test_the_lead_is_on_the_list_afterwards_and_twice_changes_nothing():
    ann = lead()
    assert changed(NAME, ann, list="hot") == {"lists_added": ["hot"]}
    assert (ann.lists, ann.added_lists) == ({"hot"}, {"hot"})
    assert changed(NAME, ann, list="hot") == {}


def test_the_list_is_a_reference_and_goes_by_its_name():
    assert references(NAME, list="hot") == {("list", "hot", "/list")}
    assert summary(NAME, list="hot") == "Hot leads"
    assert summary(NAME, list="gone") == "gone"
