"""workflow.start: asks for another workflow; a refusal is an outcome, not an error."""

from datetime import timedelta

import pytest

from campaigns.engine.advance import advance
from campaigns.engine.context import Started
from campaigns.engine.validation import find_problems, parse
from tests.support.programs import KINDS, NOW, VOCABULARY, context, document, item, path, program

MADE = Started(execution="x1")


def asked(answer=MADE, **config):
    starts = []

    def starter(start):
        starts.append(start)
        return answer

    found = advance(program(item("workflow.start", "s", workflow="onboarding", **config)), context(starter=starter))
    return found, starts[0]


def test_it_starts_now_or_after_a_delay_and_passes_what_it_is_told_to():
    result, start = asked()
    assert path(result) == [("s", "done")]
    assert result.steps[0][3] == {"workflow": "onboarding", "execution": "x1"}
    assert (start.workflow, start.at, start.pass_state, start.pass_event) == ("onboarding", NOW, False, False)
    _, later = asked(delay={"days": 2}, pass_state=True, pass_event=True)
    assert (later.at, later.pass_state, later.pass_event) == (NOW + timedelta(days=2), True, True)


@pytest.mark.parametrize("wait", [False, True])
def test_a_refusal_goes_on_with_its_reason(wait):
    result, _ = asked(Started(refused="per_lead_ever"), wait=wait)
    assert (result.status, path(result)) == ("finished", [("s", "refused")])
    assert result.steps[0][3]["reason"] == "per_lead_ever"


def test_with_wait_it_rests_until_that_execution_has_ended():
    result, _ = asked(wait=True)
    (token,) = result.tokens.values()
    assert (result.status, token.call, [armed.event_type for armed in token.waits]) == (
        "waiting", "x1", ["workflow.finished"],
    )  # fmt: skip


def test_the_workflow_has_to_exist():
    raw = document(item("workflow.start", "s", workflow="nowhere"))
    found = [problem.message for problem in find_problems(parse(raw, KINDS), KINDS, VOCABULARY)]
    assert found == ["there is no workflow nowhere"]
