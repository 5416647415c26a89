"""The picture of a canvas: no card lies on another, and every line is straight."""

from itertools import combinations

import pytest

from campaigns.engine.document import Document
from campaigns.engine.kinds import Vocabulary
from campaigns.sections.registry import kinds
from campaigns.web.builder_canvas import Artist
from campaigns.web.canvas_parts import every_card
from campaigns.web.canvas_picture import CARD, Picture, lay_out
from tests.support.big_workflows import workflow_of


def drawn(size: int) -> tuple[Picture, int]:
    canvas = Artist(kinds(), Vocabulary()).draw(Document.model_validate(workflow_of(size)))
    return lay_out(canvas), sum(1 for _ in every_card(canvas))


@pytest.mark.parametrize("size", [5, 60])
def test_every_card_is_drawn_beside_all_others_and_on_the_paper(size):
    picture, cards = drawn(size)
    assert len(picture.boxes) == cards
    for one, two in combinations(picture.boxes, 2):
        beside = abs(one.x - two.x) >= CARD
        assert beside or one.y + one.height <= two.y or two.y + two.height <= one.y
    assert all(box.x + CARD <= picture.width and box.y + box.height <= picture.height for box in picture.boxes)


def test_every_line_is_straight_and_on_the_paper():
    picture, _ = drawn(60)
    for x1, y1, x2, y2, _dashed in picture.lines:
        assert x1 == x2 or y1 == y2
        assert max(x1, x2) <= picture.width
        assert max(y1, y2) <= picture.height
