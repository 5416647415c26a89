"""workflow.exit: this one stops, others are named to be left."""

from campaigns.engine.validation import find_problems, parse
from tests.support.programs import KINDS, VOCABULARY, document, item, path, points, walk


def test_this_stops_with_the_reason_exit():
    result = walk(item("workflow.exit", "s", workflow="this"), points("p"))
    assert (result.status, result.reason, path(result)) == ("stopped", "exit", [("s", "stopped")])


def test_another_is_left_and_this_goes_on():
    result = walk(item("workflow.exit", "s", workflow="onboarding"), item("workflow.exit", "t", workflow="others"))
    assert (result.status, result.exits) == ("finished", ["onboarding", "others"])


def test_a_workflow_that_is_named_has_to_exist():
    def found(key):
        raw = parse(document(item("workflow.exit", "s", workflow=key)), KINDS)
        return [problem.path for problem in find_problems(raw, KINDS, VOCABULARY)]

    assert found("nowhere") == ["/sections/0/config/workflow"]
    assert found("this") == found("others") == found("onboarding") == []
