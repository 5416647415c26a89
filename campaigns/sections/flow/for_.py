"""flow.for: a branch once for each number of a range."""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from campaigns.engine.effects import ForgetState, SetState
from campaigns.engine.outcome import Branch, Done, Outcome
from campaigns.sections.base import Context, Decider, Section, Vocabulary, section

_MOST = 1_000_000_000
Number = Annotated[int, Field(ge=-_MOST, le=_MOST, strict=True)]


@section("flow.for", role="condition", label="For")
class For(Section):
    """Goes through its branch once for each number from start up to, but not including, end.

    The number stands in the state under the name chosen, where the branch may read it, and is removed at the end. A
    negative step counts down. More than 1,000 rounds without a wait between them fail the execution.
    """

    goes_wrong = (
        "A step of 0 is refused, for it never comes to an end.",
        "More than 1,000 rounds without a wait fail the execution; what was done before stands.",
    )

    loops = True

    start: Number = Field(0, title="From")
    end: Number = Field(title="Up to, not included")
    step: Number = Field(1, title="Step")
    variable: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,39}$")] = Field(
        "i", title="Name in the state"
    )

    @model_validator(mode="after")
    def _moves(self) -> "For":
        if self.step == 0:
            raise ValueError("a step of 0 never comes to an end")
        return self

    def branches(self) -> tuple[str, ...]:
        return ("do",)

    def summary(self, vocabulary: Vocabulary) -> str:
        by = f" by {self.step}" if self.step != 1 else ""
        return f"{self.variable} from {self.start} up to {self.end}{by}"

    def decide(self, context: Context) -> Outcome:
        return self._round(context, self.start)

    def prepare_again(self, vocabulary: Vocabulary) -> Decider:
        def decide(context: Context) -> Outcome:
            """Go on from the number in the state, which the branch may have changed; else from the last one."""
            stood = context.state.get(self.variable)
            if not isinstance(stood, int) or isinstance(stood, bool):
                stood = context.loops.get(self.variable, self.end)
            return self._round(context, stood + self.step)

        return decide

    def _round(self, context: Context, number: int) -> Outcome:
        inside = number < self.end if self.step > 0 else number > self.end
        receipt = {self.variable: number}
        if not inside:
            context.loops.pop(self.variable, None)
            return Done((ForgetState((self.variable,)),), receipt)
        context.loops[self.variable] = number
        return Branch("do", receipt, (SetState({self.variable: number}),))
