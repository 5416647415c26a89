"""lead.add_points."""

import pytest

from tests.support.programs import lead
from tests.support.section_types import changed, check_contract, errors, summary

NAME = "lead.add_points"


def test_the_contract():
    check_contract(NAME, "action", points=5)


@pytest.mark.parametrize("points", [None, "many", 1.5, 1_000_001, -1_000_001])
def test_points_are_a_whole_number_within_a_million(points):
    assert list(errors(NAME, points=points)) == ["/points"]


@pytest.mark.parametrize(("points", "score"), [(5, 15), (-20, -10), (0, 10)])
def test_points_are_added_as_an_increment(points, score):
    ann = lead(score=10)
    changes = changed(NAME, ann, points=points)
    assert (ann.values["score"], ann.points, ann.patch) == (score, points, {})
    assert changes == ({"fields": {"score": [10, score]}} if points else {})


def test_the_card_shows_the_sign():
    assert (summary(NAME, points=5), summary(NAME, points=-5)) == ("+5 points", "-5 points")
