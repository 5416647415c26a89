"""event.received: a custom event arrives."""

from pydantic import Field

from campaigns.engine.events import RECEIVED
from campaigns.sections.base import Trigger, Vocabulary, section


@section("event.received", role="trigger", label="Event received")
class EventReceived(Trigger):
    """Starts when an event of this name arrives for a lead; a filter can look at its properties."""

    goes_wrong = ("The name is compared letter by letter: `Plan.Bought` is another event than `plan.bought`.",)

    name: str = Field(title="Event name", min_length=1, max_length=200)

    def event_type(self) -> str | None:
        return RECEIVED + self.name

    def summary(self, vocabulary: Vocabulary) -> str:
        return self.name
