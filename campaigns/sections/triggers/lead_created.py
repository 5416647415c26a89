"""lead.created: a lead is new."""

from typing import Literal

from pydantic import Field

from campaigns.engine.conditions import All, Condition
from campaigns.sections.base import Context, Example, Matcher, Trigger, Vocabulary, section


@section("lead.created", role="trigger", label="Lead created")
class LeadCreated(Trigger):
    """Starts when a lead is created: by a person, a form, the API or an import."""

    goes_wrong = ("An import may be told to start no workflows; then its leads start none.",)

    source: Literal["any", "form", "api", "import", "manual"] = Field("any", title="Created by")

    def event_type(self) -> str | None:
        return "lead.created"

    def summary(self, vocabulary: Vocabulary) -> str:
        return {"any": "In any way", "manual": "By a person", "api": "By the API"}.get(self.source, f"By {self.source}")

    def matches_now(self) -> Condition | str:
        return All(all=[]) if self.source == "any" else "who has created a lead is not kept with it"

    def example(self, vocabulary: Vocabulary) -> Example:
        return Example("lead.created", source="manual" if self.source == "any" else self.source)

    def prepare_match(self, vocabulary: Vocabulary) -> Matcher:
        source = self.source
        if source == "any":
            return lambda context: context.event.get("name") == "lead.created"
        return lambda context: _created_by(context, source)


def _created_by(context: Context, source: str) -> bool:
    return context.event.get("name") == "lead.created" and context.event.get("source") == source
