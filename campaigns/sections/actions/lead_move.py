"""lead.move: takes the lead to another tenant of the own tree."""

from pydantic import Field

from campaigns.engine.effects import MoveLead
from campaigns.engine.outcome import Done, Fail, Outcome, Wait
from campaigns.sections.base import Context, Reference, Section, Vocabulary, section

_KEYS = ("email", "external_id")


@section("lead.move", role="action", label="Move to tenant")
class LeadMove(Section):
    """Takes the lead to another tenant of the own tree; everything of it here ends as stopped, with the reason moved.

    It keeps its id, its tags, the custom fields that have the same key and type there, its status where there is one
    of the same key, and its owner where they are a member; a note tells the rest. Where its address or external id
    exists there already nothing moves: the outcome is `exists`, and the execution goes on.
    """

    goes_wrong = ("A tenant that is not in the tree any more fails the execution.",)

    tenant: str = Field(title="To", min_length=1, json_schema_extra={"reference": "tenant"})

    def references(self) -> list[Reference]:
        return [Reference("tenant", self.tenant, "/tenant")]

    def summary(self, vocabulary: Vocabulary) -> str:
        return f"To {vocabulary.tenants.get(self.tenant, self.tenant)}"

    def decide(self, context: Context) -> Outcome:
        subject, receipt = context.subject, {"tenant": self.tenant}
        if subject is None:
            return Done(outcome="skipped")
        if any(key in subject.patch for key in _KEYS):  # whether it may go is asked of what is written
            return Wait(context.now, receipt)
        if context.arrivals is not None and self.tenant not in context.arrivals:
            return Fail(f"there is no tenant {self.tenant} in this tree", receipt)
        taken = (context.arrivals or {}).get(self.tenant, {}).get(subject.id)
        if taken is not None:
            return Done(outcome="exists", receipt=receipt | {"taken": taken})
        return Done((MoveLead(self.tenant),), receipt)

    def resume(self, context: Context) -> Outcome:
        return self.decide(context)
