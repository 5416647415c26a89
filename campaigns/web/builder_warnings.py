"""What is hardly meant in a document, at the cards it belongs to."""

from __future__ import annotations

from campaigns.engine.cautions import find_warnings
from campaigns.engine.document import Document, walk
from campaigns.engine.kinds import Kinds
from campaigns.web.builder_canvas import Place
from campaigns.web.canvas_parts import Canvas, every_card


def place_warnings(canvas: Canvas, document: Document, kinds: Kinds) -> list[Place]:
    """Return each warning with the section it stands at, in the order in which they are drawn."""
    found = find_warnings(document, kinds)
    if not found:
        return []
    labels = {card.id: card.label for card in every_card(canvas)}
    ids = {path: item.id for item, path, _ in walk(document.sections)}
    return [Place(ids[one.path], labels[ids[one.path]], one.message) for one in found]
