"""schedule.due: a time that comes again and again, for the leads of a list or for all."""

from typing import ClassVar

from campaigns.engine import recurring
from campaigns.engine.events import SCHEDULE_DUE
from campaigns.sections.base import Context, Example, Matcher, Reference, Trigger, Vocabulary, section


@section("schedule.due", role="trigger", label="Schedule")
class ScheduleDue(Trigger, recurring.ScheduleSpec):
    """Starts at times that come again and again, for each lead of a list, or for all leads.

    Comes for those who are leads, or on the list, when the time comes. What came while nothing was running comes once,
    however often it would have come. A time that a clock change skips comes right after the gap; one that it repeats
    comes once. A day that a month lacks is its last one; in a cron expression such a month is left out.
    """

    goes_wrong = (
        "A lead that is still inside from the last time is refused, unless the limits allow several.",
        "It can't be waited for in the midst of a workflow.",
    )

    waitable: ClassVar[bool] = False

    def event_type(self) -> str | None:
        return SCHEDULE_DUE

    def references(self) -> list[Reference]:
        return [Reference("list", self.leads.list, "/leads/list")] if self.leads.list is not None else []

    def summary(self, vocabulary: Vocabulary) -> str:
        key = self.leads.list
        return recurring.words(self, None if key is None else vocabulary.lists.get(key, key))

    def example(self, vocabulary: Vocabulary) -> Example:
        return Example(SCHEDULE_DUE, source="system")

    def prepare_match(self, vocabulary: Vocabulary) -> Matcher:
        return self._matches

    def _matches(self, context: Context) -> bool:
        """Which trigger it is for, the event says itself; this keeps out the same name sent from outside."""
        return context.event.get("name") == SCHEDULE_DUE and context.event.get("source") == "system"
