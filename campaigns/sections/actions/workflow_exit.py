"""workflow.exit: ends what the lead has under way."""

from pydantic import Field

from campaigns.engine.effects import ExitWorkflow
from campaigns.engine.outcome import Done, Outcome, Stop
from campaigns.sections.base import Context, Reference, Section, Vocabulary, section

THIS, OTHERS = "this", "others"


@section("workflow.exit", role="action", label="Exit workflow")
class WorkflowExit(Section):
    """Ends what the lead has under way in a workflow: this one, a named one, or all others. Delays end as well."""

    goes_wrong = ("Where the lead has nothing under way, nothing happens, and the lead goes on.",)

    workflow: str = Field(
        title="Workflow",
        description="A workflow, `this` or `others`",
        min_length=1,
        json_schema_extra={"reference": "workflow", "besides": {THIS: "This workflow", OTHERS: "All other workflows"}},
    )

    def references(self) -> list[Reference]:
        return [] if self.workflow in {THIS, OTHERS} else [Reference("workflow", self.workflow, "/workflow")]

    def summary(self, vocabulary: Vocabulary) -> str:
        words = {THIS: "this workflow", OTHERS: "all other workflows"}
        return words.get(self.workflow) or vocabulary.workflows.get(self.workflow, self.workflow)

    def decide(self, context: Context) -> Outcome:
        receipt = {"workflow": self.workflow}
        if self.workflow == THIS:
            return Stop("exit", receipt)
        return Done((ExitWorkflow(self.workflow),), receipt)
