"""flow.switch: named cases in order."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from campaigns.engine.conditions import Condition, check, compile_condition, sentence
from campaigns.engine.document import MAX_BRANCHES
from campaigns.engine.fields import field_types
from campaigns.engine.outcome import Branch, Outcome
from campaigns.errors import Problem
from campaigns.sections.base import Context, Decider, Section, Vocabulary, section

OTHERWISE = "otherwise"


class Case(BaseModel):
    """A named case: the first whose condition holds is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)] = Field(title="Name")
    condition: Condition = Field(title="Condition")


@section("flow.switch", role="condition", label="Switch")
class Switch(Section):
    """Tries named cases in order and takes the first that holds; a lead that fits none takes "otherwise"."""

    goes_wrong = (
        "Two cases of one name, or one named `otherwise`, are refused.",
        "Where several cases hold, the first is taken.",
    )

    cases: list[Case] = Field(title="Cases", min_length=1, max_length=MAX_BRANCHES - 1)

    @model_validator(mode="after")
    def _names(self) -> "Switch":
        names = [case.name for case in self.cases]
        if len(set(names)) < len(names) or OTHERWISE in names:
            raise ValueError('cases need names of their own, and "otherwise" is the branch for the rest')
        return self

    def branches(self) -> tuple[str, ...]:
        return (*(case.name for case in self.cases), OTHERWISE)

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        fields = field_types(vocabulary)
        return [
            Problem(f"/cases/{index}/condition{problem.path}", problem.message)
            for index, case in enumerate(self.cases)
            for problem in check(case.condition, fields)
        ]

    def summary(self, vocabulary: Vocabulary) -> str:
        return " · ".join(f"{case.name}: {sentence(case.condition, vocabulary)}" for case in self.cases)

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        fields = field_types(vocabulary)
        cases = [(case.name, compile_condition(case.condition, fields)) for case in self.cases]

        def decide(context: Context) -> Outcome:
            tried = []
            for name, holds in cases:
                verdict = holds(context)
                tried.append({"case": name, **verdict.receipt})
                if verdict.truth:
                    return Branch(name, {"tried": tried})
            return Branch(OTHERWISE, {"tried": tried})

        return decide
