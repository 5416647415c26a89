"""Finding sections: by name, type, settings, note and branch, all words at once, in the order drawn."""

from __future__ import annotations

import pytest

from campaigns.engine.finding import MOST, find_sections
from tests.engine.test_editing import choice, note
from tests.support.programs import KINDS, VOCABULARY

DOCUMENT = {
    "format": 1,
    "triggers": [{"id": "t1", "type": "lead.created", "config": {}}],
    "sections": [
        {
            "id": "a",
            "type": "email.send",
            "name": "Greeting",
            "config": {"template": "welcome"},
            "note": "ask Ann first",
        },
        choice("b", yes=[note("c")], no=[]),
        {"id": "d", "type": "log.note", "config": {"text": "x" * 200 + " needle " + "y" * 200}},
        {
            "id": "e",
            "type": "list.add",
            "config": {"list": "hot"},
            "listeners": [{"id": "l", "type": "event.received", "config": {"name": "plan.bought"}, "sections": []}],
        },
    ],
}


def found(words):
    return [hit.id for hit in find_sections(DOCUMENT, words, KINDS, VOCABULARY)]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("greet", ["a"]), ("GREETING", ["a"]), ("welcome", ["a"]), ("ann", ["a"]), ("note", ["c", "d"]),
        ("score 50", ["b"]),
        ("hot leads", ["e"]), ("plan.bought", ["l"]), ("lead", ["t1", "b", "e"]), ("needle", ["d"]), ("yes", ["b"]),
        ("greeting note", []), ("", []), ("nothing of that", []),
    ],
)  # fmt: skip
def test_what_has_all_words_is_found(words, ids):
    assert found(words) == ids


def test_a_hit_shows_where_the_words_stand():
    (hit,) = find_sections(DOCUMENT, "needle", KINDS, VOCABULARY)
    assert hit.where.startswith("… x")
    assert "needle" in hit.where
    assert len(hit.where) < 140


def test_no_more_are_shown_than_can_be_read():
    document = {"sections": [note(f"s{number}") for number in range(MOST + 1)]}
    assert len(find_sections(document, "note", KINDS, VOCABULARY)) == MOST
