"""lead.set_status: changes the lead's status."""

from pydantic import Field

from campaigns.engine.effects import SetStatus
from campaigns.engine.outcome import Done
from campaigns.sections.base import Decider, Reference, Section, Vocabulary, section


@section("lead.set_status", role="action", label="Set status")
class LeadSetStatus(Section):
    """Gives the lead a status."""

    goes_wrong = ("The status that the lead has already changes nothing and starts nothing.",)

    status: str = Field(title="Status", min_length=1, json_schema_extra={"reference": "status"})

    def references(self) -> list[Reference]:
        return [Reference("status", self.status, "/status")]

    def summary(self, vocabulary: Vocabulary) -> str:
        return vocabulary.statuses.get(self.status, self.status)

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        done = Done((SetStatus(self.status),))
        return lambda _context: done
