"""lead.date_reached: a date that the lead holds has come, or comes soon, or was some time ago."""

from typing import ClassVar

from campaigns.engine import dates
from campaigns.engine.events import DATE_REACHED
from campaigns.engine.fields import BUILT_IN_FIELDS, lead_field
from campaigns.errors import Problem
from campaigns.sections.base import Context, Example, Matcher, Reference, Trigger, Vocabulary, section


@section("lead.date_reached", role="trigger", label="Date reached")
class LeadDateReached(Trigger, dates.DateSpec):
    """Starts when a date of the lead is reached, or a time before or after it; once, or each year.

    Looked for every minute, also for what came while nothing was running. A moment that had passed when the lead got
    the date does not count. `event.field`, `event.date` and `event.years` say what was reached.
    """

    goes_wrong = (
        "A field that holds no dates is refused when activating.",
        "A lead that gets the date after its moment has passed does not start.",
    )

    waitable: ClassVar[bool] = False

    def event_type(self) -> str | None:
        return DATE_REACHED

    def references(self) -> list[Reference]:
        return [] if self.key in BUILT_IN_FIELDS else [Reference("field", self.key, "/field")]

    def check(self, vocabulary: Vocabulary) -> list[Problem]:
        kind = lead_field(vocabulary, self.key)
        wrong = kind is not None and kind.type not in {"date", "datetime"}
        return [Problem("/field", "is no date field")] if wrong else []

    def summary(self, vocabulary: Vocabulary) -> str:
        kind = lead_field(vocabulary, self.key)
        return dates.words(self, kind.name if kind and kind.name else self.key)

    def example(self, vocabulary: Vocabulary) -> Example:
        return Example(DATE_REACHED, {"field": self.key}, source="system")

    def prepare_match(self, vocabulary: Vocabulary) -> Matcher:
        return self._matches

    def _matches(self, context: Context) -> bool:
        """Which trigger it is for, the event says itself; this keeps out the same name sent from outside."""
        return context.event.get("name") == DATE_REACHED and context.event.get("source") == "system"
