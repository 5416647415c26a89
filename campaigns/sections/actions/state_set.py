"""state.set: replaces the execution's own data."""

from typing import Any

from pydantic import Field

from campaigns.engine.outcome import Outcome
from campaigns.errors import Problem
from campaigns.sections.base import Context, Decider, Section, Vocabulary, section
from campaigns.sections.state import set_state
from campaigns.sections.values import Value, check_templates, getter


@section("state.set", role="action", label="Set state")
class StateSet(Section):
    """Replaces the data of the execution; keys that begin with "_" stay. Values may be Liquid."""

    goes_wrong = (
        "Data of more than 64 KiB fails the execution.",
        "A variable without a value is empty, and named in the receipt.",
    )

    values: dict[str, Value] = Field(title="Values")

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        return check_templates(self.values, "/values", vocabulary)

    def summary(self, vocabulary: Vocabulary) -> str:
        return ", ".join(self.values)

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        get = getter(dict[str, Any](self.values))

        def decide(context: Context) -> Outcome:
            values, missing = get(context)
            return set_state(context, values, missing, replace=True)

        return decide
