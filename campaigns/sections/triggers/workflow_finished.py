"""workflow.finished: an execution of a workflow has ended for the lead."""

from typing import Literal

from pydantic import Field

from campaigns.engine.events import FINISHED
from campaigns.sections.base import Context, Example, Matcher, Reference, Trigger, Vocabulary, section


@section("workflow.finished", role="trigger", label="Workflow finished")
class WorkflowFinished(Trigger):
    """Starts when the lead has come to the end of a workflow: finished, stopped, cancelled, or however."""

    goes_wrong = (
        "An execution that has failed has not ended: this comes when it is cancelled, or retried to its end.",
    )

    workflow: str = Field(title="Workflow", min_length=1, json_schema_extra={"reference": "workflow"})
    outcome: Literal["any", "finished", "stopped", "cancelled"] = Field("any", title="Outcome")

    def event_type(self) -> str | None:
        return FINISHED

    def references(self) -> list[Reference]:
        return [Reference("workflow", self.workflow, "/workflow")]

    def summary(self, vocabulary: Vocabulary) -> str:
        name = vocabulary.workflows.get(self.workflow, self.workflow)
        return name if self.outcome == "any" else f"{name}, {self.outcome}"

    def example(self, vocabulary: Vocabulary) -> Example:
        outcome = "finished" if self.outcome == "any" else self.outcome
        return Example(FINISHED, {"workflow": self.workflow, "outcome": outcome}, source="execution")

    def prepare_match(self, vocabulary: Vocabulary) -> Matcher:
        def match(context: Context) -> bool:
            ended = context.event.get("properties", {})
            if context.event.get("source") != "execution" or ended.get("workflow") != self.workflow:
                return False
            return self.outcome in {"any", ended.get("outcome")}

        return match
