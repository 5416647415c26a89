"""lead.moved: a lead comes from another tenant of the tree."""

from pydantic import Field

from campaigns.sections.base import Context, Example, Matcher, Reference, Trigger, Vocabulary, section


@section("lead.moved", role="trigger", label="Lead moved here")
class LeadMoved(Trigger):
    """Starts when a lead has come here from another tenant of the own tree: from a certain one, or from any.

    It fires where the lead has come to, so `to` is this tenant or nothing.
    """

    goes_wrong = ("With `to` set to another tenant than this one nothing ever starts.",)

    from_: str | None = Field(None, alias="from", title="From", json_schema_extra={"reference": "tenant"})
    to: str | None = Field(None, title="To", json_schema_extra={"reference": "tenant"})

    def event_type(self) -> str | None:
        return "lead.moved"

    def references(self) -> list[Reference]:
        return [Reference("tenant", key, path) for key, path in ((self.from_, "/from"), (self.to, "/to")) if key]

    def summary(self, vocabulary: Vocabulary) -> str:
        return f"From {vocabulary.tenants.get(self.from_, self.from_)}" if self.from_ else "From any tenant"

    def example(self, vocabulary: Vocabulary) -> Example:
        pair = [self.from_ or next(iter(vocabulary.tenants), None), self.to]
        return Example("lead.moved", {"from": pair[0], "to": pair[1]}, {"moved": pair})

    def prepare_match(self, vocabulary: Vocabulary) -> Matcher:
        return self._matches

    def _matches(self, context: Context) -> bool:
        pair = context.event.get("changes", {}).get("moved")
        return bool(pair) and self.from_ in (None, pair[0]) and self.to in (None, pair[1])
