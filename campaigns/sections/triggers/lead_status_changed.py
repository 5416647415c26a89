"""lead.status_changed: a lead's status changes."""

from pydantic import Field

from campaigns.engine.conditions import Condition, FieldTest
from campaigns.sections.base import Context, Example, Matcher, Reference, Trigger, Vocabulary, section


@section("lead.status_changed", role="trigger", label="Status changed")
class LeadStatusChanged(Trigger):
    """Starts when a lead gets the status, from any other or from a certain one."""

    goes_wrong = ("A lead that is created with the status starts nothing: that is `lead.created`.",)

    to: str = Field(title="To", min_length=1, json_schema_extra={"reference": "status"})
    from_: str | None = Field(None, alias="from", title="From", json_schema_extra={"reference": "status"})

    def event_type(self) -> str | None:
        return "lead.status_changed"

    def references(self) -> list[Reference]:
        found = [Reference("status", self.to, "/to")]
        return [*found, Reference("status", self.from_, "/from")] if self.from_ else found

    def summary(self, vocabulary: Vocabulary) -> str:
        to = vocabulary.statuses.get(self.to, self.to)
        return f"From {vocabulary.statuses.get(self.from_, self.from_)} to {to}" if self.from_ else f"To {to}"

    def matches_now(self) -> Condition | str:
        if self.from_ is not None:
            return "the status that a lead had before is not kept with it"
        return FieldTest(field="lead.status", op="eq", value=self.to)

    def example(self, vocabulary: Vocabulary) -> Example:
        before = self.from_ or next((key for key in vocabulary.statuses if key != self.to), None)
        return Example("lead.status_changed", changes={"status": [before, self.to]})

    def prepare_match(self, vocabulary: Vocabulary) -> Matcher:
        return self._matches

    def _matches(self, context: Context) -> bool:
        pair = context.event.get("changes", {}).get("status")
        return bool(pair) and pair[1] == self.to and (self.from_ is None or pair[0] == self.from_)
