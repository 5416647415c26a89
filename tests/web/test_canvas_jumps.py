"""Jumps on the canvas are said by name, at both of their ends."""

from campaigns.engine.document import Document
from campaigns.sections.registry import kinds
from campaigns.web.canvas_jumps import find_jumps
from campaigns.web.canvas_parts import Jump

DOCUMENT = Document.model_validate(
    {
        "format": 1,
        "triggers": [
            {"id": "t1", "type": "lead.created", "config": {}},
            {"id": "t2", "type": "event.received", "config": {"name": "x"}, "mode": "restart", "section": "s1"},
        ],
        "sections": [
            {"id": "s1", "type": "log.note", "name": "Ask", "config": {"text": "?"}},
            {"id": "s2", "type": "flow.goto", "config": {"section": "s1", "max_visits": 3}},
            {"id": "s3", "type": "flow.goto", "config": {"section": "gone", "max_visits": 3}},
        ],
    }
)


def test_a_goto_and_a_restart_name_where_they_lead():
    found = find_jumps(DOCUMENT, kinds())
    assert found.out == {"t2": Jump("s1", "Ask", "Back to"), "s2": Jump("s1", "Ask", "Jumps to")}


def test_the_target_names_who_jumps_there():
    found = find_jumps(DOCUMENT, kinds())
    assert found.into == {"s1": [Jump("t2", "Event received", "From"), Jump("s2", "Go to", "From")]}
