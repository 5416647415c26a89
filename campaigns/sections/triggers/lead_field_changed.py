"""lead.field_changed: a condition becomes true by a change."""

from pydantic import Field

from campaigns.engine.conditions import Condition, became_true, check, fields_used, sentence
from campaigns.engine.fields import field_types
from campaigns.errors import Problem
from campaigns.sections.base import Example, Matcher, Trigger, Vocabulary, section


@section("lead.field_changed", role="trigger", label="Field changed")
class LeadFieldChanged(Trigger):
    """Starts when a change makes the condition true that was false before; with "changed", at each such change."""

    goes_wrong = (
        "A change that leaves the condition true, as it was before, starts nothing.",
        "A value that does not fit the type of the field is refused when activating.",
    )

    condition: Condition = Field(title="Condition")

    def event_type(self) -> str | None:
        return "lead.field_changed"

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        return [Problem(f"/condition{p.path}", p.message) for p in check(self.condition, field_types(vocabulary))]

    def summary(self, vocabulary: Vocabulary) -> str:
        return sentence(self.condition, vocabulary)

    def matches_now(self) -> Condition:
        return self.condition

    def example(self, vocabulary: Vocabulary) -> Example:
        used = sorted(name.removeprefix("lead.") for name in fields_used(self.condition) if name.startswith("lead."))
        return Example("lead.field_changed", fields=tuple(used))

    def prepare_match(self, vocabulary: Vocabulary) -> Matcher:
        return became_true(self.condition, field_types(vocabulary))
