"""event.emit: a name and properties, rendered; none of our own events."""

from campaigns.engine.validation import find_problems, parse
from tests.support.programs import KINDS, VOCABULARY, document, item, lead, walk


def test_it_leaves_an_event_with_rendered_properties():
    properties = {"plan": "pro", "score": {"template": "{{ lead.score }}"}}
    result = walk(item("event.emit", "s", name="trial.ended", properties=properties), subject=lead(score=7))
    assert result.emitted == [("trial.ended", {"plan": "pro", "score": 7})]
    assert result.steps[0][3]["event"] == "trial.ended"


def test_what_is_missing_is_empty_and_said():
    result = walk(item("event.emit", "s", name="x", properties={"a": {"template": "{{ state.none }}"}}))
    assert result.steps[0][3]["missing"] == ["state.none"]


def test_our_own_events_and_unknown_variables_are_problems():
    def found(**config):
        raw = parse(document(item("event.emit", "s", **config)), KINDS)
        return [problem.path for problem in find_problems(raw, KINDS, VOCABULARY)]

    assert found(name="lead.created") == ["/sections/0/config/name"]
    unknown = {"a": {"template": "{{ lead.nothing }}"}}
    assert found(name="x", properties=unknown) == ["/sections/0/config/properties/a/template"]
    assert found(name="x") == []
