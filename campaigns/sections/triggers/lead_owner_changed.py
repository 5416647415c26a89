"""lead.owner_changed: a lead gets another owner."""

from pydantic import Field

from campaigns.engine.conditions import Condition, FieldTest
from campaigns.sections.base import Context, Example, Matcher, Reference, Trigger, Vocabulary, section


@section("lead.owner_changed", role="trigger", label="Owner changed")
class LeadOwnerChanged(Trigger):
    """Starts when a lead gets an owner: a certain member, or anybody."""

    goes_wrong = ("Taking the owner away starts nothing.",)

    to: str | None = Field(None, title="To", json_schema_extra={"reference": "user"})

    def event_type(self) -> str | None:
        return "lead.owner_changed"

    def references(self) -> list[Reference]:
        return [Reference("user", self.to, "/to")] if self.to else []

    def summary(self, vocabulary: Vocabulary) -> str:
        return f"To {vocabulary.users.get(self.to, self.to)}" if self.to else "To anybody"

    def matches_now(self) -> Condition:
        if self.to is None:
            return FieldTest(field="lead.owner", op="is_set")
        return FieldTest(field="lead.owner", op="eq", value=self.to)

    def example(self, vocabulary: Vocabulary) -> Example:
        return Example("lead.owner_changed", changes={"owner": [None, self.to or next(iter(vocabulary.users), None)]})

    def prepare_match(self, vocabulary: Vocabulary) -> Matcher:
        return self._matches

    def _matches(self, context: Context) -> bool:
        pair = context.event.get("changes", {}).get("owner")
        return bool(pair) and pair[1] is not None and (self.to is None or pair[1] == self.to)
