"""flow.if: two branches by a condition."""

from pydantic import Field

from campaigns.engine.conditions import Condition, check, compile_condition, sentence
from campaigns.engine.fields import field_types
from campaigns.engine.outcome import Branch, Outcome
from campaigns.errors import Problem
from campaigns.sections.base import Context, Decider, Section, Vocabulary, section


@section("flow.if", role="condition", label="If")
class If(Section):
    """Sends the lead down "yes" when the condition holds, else down "no". Both meet again afterwards."""

    goes_wrong = (
        "A value that is missing makes a comparison false, but for four operators; the receipt says what was seen.",
    )

    condition: Condition = Field(title="Condition")

    def branches(self) -> tuple[str, ...]:
        return ("yes", "no")

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        return [Problem(f"/condition{p.path}", p.message) for p in check(self.condition, field_types(vocabulary))]

    def summary(self, vocabulary: Vocabulary) -> str:
        return sentence(self.condition, vocabulary)

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        holds = compile_condition(self.condition, field_types(vocabulary))

        def decide(context: Context) -> Outcome:
            verdict = holds(context)
            return Branch("yes" if verdict.truth else "no", verdict.receipt)

        return decide
