"""A workflow laid out for a picture: the same boxes and lines as on the canvas, with numbers instead of CSS.

All lengths are CSS pixels. As on the canvas, the line of a lane runs down the middle of its cards, the first branch
goes on below the section that opens it, the others stand at its right, and listeners at the right of all of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from campaigns.web.canvas_parts import Branch, Canvas, Card, goes_on

CARD, LINE, GAP, STEP, NAMED, MARGIN = 272, 20, 32, 36, 60, 32
SPINE = CARD // 2
LETTERS = 34  # of a card's line of text


@dataclass(frozen=True, slots=True)
class Box:
    """A card. `lines` are its words, the first one its name."""

    x: int
    y: int
    height: int
    role: str
    lines: list[str]
    disabled: bool


@dataclass(frozen=True, slots=True)
class Label:
    """Words in a pill whose middle is at (x, y)."""

    x: int
    y: int
    words: str
    role: str = ""


@dataclass(slots=True)
class Picture:
    """Everything to be drawn; a line is (x1, y1, x2, y2, dashed)."""

    boxes: list[Box] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    lines: list[tuple[int, int, int, int, bool]] = field(default_factory=list)
    width: int = 0
    height: int = 0

    def line(self, x1: int, y1: int, x2: int, y2: int, *, dashed: bool = False) -> None:
        self.lines.append((x1, y1, x2, y2, dashed))


def lay_out(canvas: Canvas) -> Picture:
    """Return the picture of a canvas."""
    picture = Picture()
    picture.labels.append(Label(MARGIN + SPINE, MARGIN, "Start", "start"))
    right, bottom = MARGIN, MARGIN + LINE
    picture.line(MARGIN + SPINE, MARGIN, MARGIN + SPINE, bottom)
    if canvas.entries:
        right, bottom = _entries(picture, canvas, bottom)
    picture.line(MARGIN + SPINE, bottom, MARGIN + SPINE, bottom + STEP)
    wide, bottom = _lane(picture, canvas.cards, MARGIN, bottom + STEP)
    if canvas.goes_on:
        picture.labels.append(Label(MARGIN + SPINE, bottom, "Finish", "finish"))
    picture.width, picture.height = max(right, MARGIN + wide) + MARGIN, bottom + MARGIN
    return picture


def _entries(picture: Picture, canvas: Canvas, y: int) -> tuple[int, int]:
    """Draw the triggers side by side; return how far to the right they reach, and where those that start join."""
    ends = []
    for index, entry in enumerate(canvas.entries):
        x = MARGIN + index * (CARD + GAP)
        picture.line(x + SPINE, y, x + SPINE, y + LINE)
        ends.append((entry.joins, x + SPINE, y + LINE + _card(picture, entry.card, x, y + LINE)))
    last = ends[-1][1]
    picture.line(MARGIN + SPINE, y, last, y)
    joint = max(end for _, _, end in ends) + LINE
    starting = [(spine, end) for joins, spine, end in ends if joins]
    for spine, end in starting:
        picture.line(spine, end, spine, joint)
    if starting:
        picture.line(MARGIN + SPINE, joint, starting[-1][0], joint)
    return last + SPINE, joint


def _card(picture: Picture, card: Card, x: int, y: int) -> int:
    """Draw a card; return its height."""
    told = [card.label, card.summary or (card.kind if card.label != card.kind else "")]
    told += [f"{card.jump.words}: {card.jump.name}"] if card.jump else []
    lines = [shortened(words) for words in told if words]
    height = 28 + 20 * len(lines)
    picture.boxes.append(Box(x, y, height, card.role, lines, card.disabled))
    return height


def shortened(words: str) -> str:
    """Return words that fit on one line of a card."""
    return words if len(words) <= LETTERS else f"{words[: LETTERS - 1].rstrip()}…"


def _lane(picture: Picture, cards: Sequence[Card], x: int, y: int) -> tuple[int, int]:
    """Draw cards below one another from (x, y) on; return how wide that is, and where the lane's line ends."""
    wide = CARD
    for card in cards:
        below = y + _card(picture, card, x, y)
        inner, end = CARD, below
        if card.branches:
            inner, end = _branches(picture, card, x, below)
        wide = max(wide, inner)
        if card.listeners:
            beside, low = _listeners(picture, card, x + inner + GAP, y)
            picture.line(x + CARD, y + 24, x + inner + GAP, y + 24, dashed=True)
            wide = max(wide, inner + GAP + beside)
            if card.goes_on and low > end:
                picture.line(x + SPINE, end, x + SPINE, low)
            end = max(end, low)
        y = end
        if card.goes_on:
            picture.line(x + SPINE, end, x + SPINE, end + STEP)
            y = end + STEP
    return wide, y


def _listeners(picture: Picture, card: Card, x: int, y: int) -> tuple[int, int]:
    wide = CARD
    for heard in card.listeners:
        below = y + _card(picture, heard.card, x, y)
        picture.line(x + SPINE, below, x + SPINE, below + STEP)
        inner, y = _lane(picture, heard.cards, x, below + STEP)
        if goes_on(heard.cards):
            picture.labels.append(Label(x + SPINE, y, "Finish", "finish"))
            y += GAP
        wide = max(wide, inner)
        y += LINE
    return wide, y


def _branches(picture: Picture, card: Card, x: int, y: int) -> tuple[int, int]:
    """Draw the branches of a card side by side below it; return how wide that is, and where they join."""
    joint, left, ends = y + LINE, x, []
    picture.line(x + SPINE, y, x + SPINE, joint)
    for branch in card.branches:
        wide, end = _branch(picture, branch, left, joint)
        ends.append((branch, left + SPINE, end))
        left += wide + GAP
    picture.line(x + SPINE, joint, ends[-1][1], joint)
    low = max(end for _, _, end in ends) + LINE
    back = [spine for branch, spine, end in ends if branch.goes_on]
    for branch, spine, end in ends:
        if branch.goes_on:
            picture.line(spine, end, spine, low)
    if back:
        picture.line(min(x + SPINE, *back), low, max(x + SPINE, *back), low)
    if card.shape == "loop" and back:
        _loop(picture, x, y, left, low)
    return left - GAP + (GAP if card.shape == "loop" else 0) - x, low


def _loop(picture: Picture, x: int, y: int, right: int, low: int) -> None:
    """Draw the line that goes back to where the loop tests again."""
    picture.line(x + SPINE, low, right, low, dashed=True)
    picture.line(right, y - LINE, right, low, dashed=True)
    picture.line(x + CARD, y - LINE, right, y - LINE, dashed=True)
    picture.labels.append(Label(right, (y + low) // 2, "Again", "condition"))


def _branch(picture: Picture, branch: Branch, x: int, y: int) -> tuple[int, int]:
    picture.line(x + SPINE, y, x + SPINE, y + NAMED)
    picture.labels.append(Label(x + SPINE, y + GAP, shortened(branch.name)))
    wide, end = _lane(picture, branch.cards, x, y + NAMED)
    if branch.ends:
        picture.labels.append(Label(x + SPINE, end, "Finish", "finish"))
        end += GAP
    return wide, end
