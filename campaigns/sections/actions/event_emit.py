"""event.emit: an event for the lead, which other workflows may listen to."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from campaigns.engine.effects import EmitEvent
from campaigns.engine.events import OWN_NAMES
from campaigns.engine.outcome import Done, Outcome
from campaigns.errors import Problem
from campaigns.sections.base import Context, Decider, Section, Vocabulary, section
from campaigns.sections.values import Value, check_templates, getter


@section("event.emit", role="action", label="Emit event")
class EventEmit(Section):
    """Records an event for the lead, as if it had been sent from outside, one step further from what began it all.

    More than 25 executions in a row start nothing any more, so that workflows can't call each other for ever.
    """

    goes_wrong = (
        "A name of ours, such as `lead.created`, is refused when activating.",
        "An event more than 25 executions away from a person starts nothing.",
    )

    name: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        title="Event name", min_length=1, max_length=200
    )
    properties: dict[str, Value] = Field(default_factory=dict, title="Properties")

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        taken = [Problem("/name", f"{self.name} is an event of ours")] if self.name in OWN_NAMES else []
        return [*taken, *check_templates(self.properties, "/properties", vocabulary)]

    def summary(self, vocabulary: Vocabulary) -> str:
        return self.name

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        get = getter(dict[str, Any](self.properties))

        def decide(context: Context) -> Outcome:
            values, missing = get(context)
            receipt: dict[str, Any] = {"event": self.name, "properties": values}
            if missing:
                receipt["missing"] = list(missing)
            return Done((EmitEvent(self.name, values),), receipt)

        return decide
