"""workflow.finished: of one workflow, with one outcome or any; nobody can send it from outside."""

import pytest

from campaigns.engine.compiling import compile_program
from campaigns.engine.program import PreparedTrigger
from campaigns.engine.validation import parse
from tests.support.programs import KINDS, VOCABULARY, context, document


def trigger(**config) -> PreparedTrigger:
    spec = {"id": "t1", "type": "workflow.finished", "config": {"workflow": "onboarding", **config}}
    return compile_program(parse(document(triggers=[spec]), KINDS), KINDS, VOCABULARY).triggers["t1"]


def ended(workflow="onboarding", outcome="finished", source="execution"):
    return context(event={"source": source, "properties": {"workflow": workflow, "outcome": outcome}})


@pytest.mark.parametrize("outcome", ["finished", "stopped", "cancelled"])
def test_any_outcome_or_the_one_chosen(outcome):
    assert trigger().accepts(ended(outcome=outcome))
    assert trigger(outcome="stopped").accepts(ended(outcome=outcome)) is (outcome == "stopped")


def test_other_workflows_and_other_senders_do_not_count():
    assert not trigger().accepts(ended(workflow="other"))
    assert not trigger().accepts(ended(source="api"))
