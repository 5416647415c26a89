"""Where lines run between the parts of a canvas."""

import pytest

from campaigns.engine.document import Document
from campaigns.engine.kinds import Vocabulary
from campaigns.sections.registry import kinds
from campaigns.web.builder_canvas import Artist
from campaigns.web.canvas_parts import Canvas, every_card, joined
from tests.support.big_workflows import workflow_of


def draw(*sections: dict) -> Canvas:
    return Artist(kinds(), Vocabulary()).draw(Document.model_validate({"format": 1, "sections": list(sections)}))


def fork(join: str, **branches: list) -> dict:
    return {"id": "f", "type": "flow.fork", "config": {"join": join}, "branches": branches}


def test_the_joining_line_runs_from_the_spine_to_the_last_lane_that_goes_on():
    assert joined([True, False, True, False]) == [(False, True), (True, True), (True, False), (False, False)]
    assert joined([False, False]) == [(False, False), (False, False)]


@pytest.mark.parametrize(
    ("join", "said"), [("all", "When all have arrived"), ("any", "With the first to arrive"), ("none", "")]
)
def test_a_fork_says_how_its_branches_come_together(join, said):
    assert draw(fork(join, a=[], b=[])).cards[0].joins == said


def test_the_branches_of_a_fork_without_a_join_end_by_themselves():
    card = draw(fork("none", a=[], b=[])).cards[0]
    assert [(branch.goes_on, branch.ends) for branch in card.branches] == [(False, True), (False, True)]
    assert card.goes_on


def test_a_loop_comes_back_unless_its_lane_ends():
    loop = {"id": "l", "type": "flow.for", "config": {"end": 3}}
    finish = {"id": "x", "type": "flow.finish", "config": {}}
    assert draw({**loop, "branches": {"do": []}}).cards[0].branches[0].goes_on
    assert not draw({**loop, "branches": {"do": [finish]}}).cards[0].branches[0].goes_on


def test_leaving_ends_its_lane_and_its_line_comes_back():
    leave = {"id": "v", "type": "flow.leave", "config": {}}
    decide = {"id": "i", "type": "flow.if", "config": {"condition": {"all": []}}, "branches": {"yes": [leave]}}
    branch = draw(decide).cards[0].branches[0]
    assert branch.goes_on
    assert not branch.cards[0].goes_on


@pytest.mark.parametrize("size", [5, 30, 300])
def test_every_section_is_drawn_once(size):
    cards = list(every_card(draw(*workflow_of(size)["sections"])))
    ids = [card.id for card in cards]
    assert len(set(ids)) == len(ids)
    assert sum(card.role != "trigger" for card in cards) == size
