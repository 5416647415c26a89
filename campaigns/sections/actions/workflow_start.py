"""workflow.start: another workflow for the same lead."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from campaigns.engine.duration import Duration
from campaigns.engine.events import FINISHED
from campaigns.engine.outcome import Done, Outcome, Start
from campaigns.sections.base import Context, Matcher, Reference, Section, Vocabulary, section


@section("workflow.start", role="action", label="Start workflow")
class WorkflowStart(Section):
    """Starts another workflow for the lead, now or later; the lead may wait here for its end.

    Where that workflow is not active, or a limit of it refuses the lead, the outcome is "refused" with the reason,
    and the lead goes on.
    """

    looks_back = True
    goes_wrong = (
        "Workflows that would start each other for ever are refused when activating.",
        "A workflow that is not active, or refuses the lead, gives the outcome `refused`, and the lead goes on.",
    )

    workflow: str = Field(title="Workflow", min_length=1, json_schema_extra={"reference": "workflow"})
    delay: Duration | None = Field(None, title="After")
    pass_state: bool = Field(False, title="Pass the state", strict=True)
    pass_event: bool = Field(False, title="Pass the event", strict=True)
    wait: bool = Field(False, title="Wait for its end", strict=True)

    def references(self) -> list[Reference]:
        return [Reference("workflow", self.workflow, "/workflow")]

    def own_waits(self) -> Mapping[str, tuple[str, Matcher]]:
        return {"call": (FINISHED, _is_it)} if self.wait else {}

    def summary(self, vocabulary: Vocabulary) -> str:
        name = vocabulary.workflows.get(self.workflow, self.workflow)
        return f"{name}, after {self.delay.words()}" if self.delay is not None else name

    def decide(self, context: Context) -> Outcome:
        at: datetime = context.now
        if self.delay is not None:
            at = self.delay.add_to(context.now, context.time_zone)
        return Start(self.workflow, at, self.pass_state, self.pass_event, self.wait)

    def resume(self, context: Context) -> Outcome:
        ended = context.event.get("properties", {})
        return Done(outcome="resumed", receipt={"execution": context.call, "outcome": ended.get("outcome")})


def _is_it(context: Context) -> bool:
    """Whether the execution that has ended is the one that was started here."""
    return bool(context.call) and context.event.get("properties", {}).get("execution") == context.call
