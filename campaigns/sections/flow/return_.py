"""flow.return: back to the section that opened the branch."""

from pydantic import Field

from campaigns.engine import outcome
from campaigns.engine.conditions import Condition, check, compile_condition, sentence
from campaigns.engine.fields import field_types
from campaigns.errors import Problem
from campaigns.sections.base import Context, Decider, Section, Vocabulary, section


@section("flow.return", role="finish", label="Return")
class Return(Section):
    """Gives control back to the section that opened the branch: a loop tests again, any other goes on after it.

    With a condition, only where it holds.
    """

    goes_wrong = ("Outside of any branch it ends the execution as finished.",)

    condition: Condition | None = Field(None, title="Only if")

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        if self.condition is None:
            return []
        return [Problem(f"/condition{p.path}", p.message) for p in check(self.condition, field_types(vocabulary))]

    def summary(self, vocabulary: Vocabulary) -> str:
        return sentence(self.condition, vocabulary) if self.condition is not None else ""

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        if self.condition is None:
            always = outcome.Return()
            return lambda _context: always
        holds = compile_condition(self.condition, field_types(vocabulary))

        def decide(context: Context) -> outcome.Outcome:
            verdict = holds(context)
            if verdict.truth:
                return outcome.Return(verdict.receipt)
            return outcome.Done(outcome="skipped", receipt=verdict.receipt)

        return decide
