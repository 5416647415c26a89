"""flow.while: a branch again and again, as long as a condition holds."""

from pydantic import Field

from campaigns.engine.conditions import Condition, check, compile_condition, sentence
from campaigns.engine.fields import field_types
from campaigns.engine.outcome import Branch, Done, Outcome
from campaigns.errors import Problem
from campaigns.sections.base import Context, Decider, Section, Vocabulary, section


@section("flow.while", role="condition", label="While")
class While(Section):
    """Goes through its branch as long as the condition holds; it is tested before each round.

    More rounds than allowed without a wait between them are taken for a loop that never ends: the execution fails,
    and what was done before stands.
    """

    goes_wrong = ("More rounds than allowed without a wait fail the execution; what was done before stands.",)

    loops = True

    condition: Condition = Field(title="Condition")
    max_rounds: int = Field(1000, title="Most rounds without a wait", ge=1, le=10_000, strict=True)

    def branches(self) -> tuple[str, ...]:
        return ("do",)

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        return [Problem(f"/condition{p.path}", p.message) for p in check(self.condition, field_types(vocabulary))]

    def summary(self, vocabulary: Vocabulary) -> str:
        return sentence(self.condition, vocabulary)

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        holds = compile_condition(self.condition, field_types(vocabulary))

        def decide(context: Context) -> Outcome:
            verdict = holds(context)
            return Branch("do", verdict.receipt) if verdict.truth else Done(receipt=verdict.receipt)

        return decide
