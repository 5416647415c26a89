"""lead.add_tag."""

import pytest

from campaigns.engine.kinds import Vocabulary
from tests.support.programs import lead
from tests.support.section_types import changed, check_contract, config, errors, references, summary

NAME = "lead.add_tag"


def test_the_contract():
    check_contract(NAME, "action", tag="vip")


@pytest.mark.parametrize("tag", [None, "", "   ", "x" * 101, 5])
def test_a_tag_is_a_word_of_at_most_100_characters(tag):
    assert list(errors(NAME, tag=tag)) == ["/tag"]


def test_blanks_around_a_tag_are_dropped():
    assert config(NAME, tag=" vip ").tag == "vip"


def test_the_lead_has_the_tag_afterwards_and_twice_changes_nothing():
    ann = lead()
    assert changed(NAME, ann, tag="vip") == {"tags_added": ["vip"]}
    assert ann.tags == {"vip"}
    assert changed(NAME, ann, tag="vip") == {}


def test_tags_are_made_when_first_used_so_none_is_missing():
    assert references(NAME, tag="never seen") == set()
    assert summary(NAME, tag="vip") == "vip"


def test_a_tag_that_no_form_could_hold_is_a_problem_before_it_is_published():
    assert [problem.path for problem in config(NAME, tag="a, b").check(Vocabulary())] == ["/tag"]
    assert config(NAME, tag="vip").check(Vocabulary()) == []
