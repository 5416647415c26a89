"""flow.stop: ends the execution."""

from pydantic import Field

from campaigns.engine.outcome import Outcome, Stop
from campaigns.sections.base import Context, Section, Vocabulary, section


@section("flow.stop", role="finish", label="Stop")
class StopFlow(Section):
    """Ends the whole execution as stopped, with a reason that stands in its history."""

    goes_wrong = ("It also ends the branches of forks and the listeners that are under way.",)

    reason: str = Field("", title="Reason", max_length=500)

    def summary(self, vocabulary: Vocabulary) -> str:
        return self.reason

    def decide(self, context: Context) -> Outcome:
        return Stop(self.reason)
