"""list.added."""

from tests.support.section_types import check_contract, errors, listens, matches, references, summary

NAME = "list.added"


def test_the_contract():
    check_contract(NAME, "trigger", list="hot")


def test_a_list_is_named():
    assert list(errors(NAME)) == ["/list"]
    assert list(errors(NAME, list="")) == ["/list"]


def test_it_starts_for_this_list_alone():
    assert matches(NAME, list="hot", event={"changes": {"lists_added": ["cold", "hot"]}})
    assert not matches(NAME, list="hot", event={"changes": {"lists_added": ["cold"]}})
    assert not matches(NAME, list="hot", event={"changes": {"status": ["new", "lost"]}})


def test_the_other_way_round_does_not_start_it():
    assert not matches(NAME, list="hot", event={"changes": {"lists_removed": ["hot"]}})
    assert listens(NAME, list="hot") == "list.added"


def test_the_list_is_a_reference_and_goes_by_its_name():
    assert references(NAME, list="hot") == {("list", "hot", "/list")}
    assert summary(NAME, list="hot") == "Hot leads"
