"""lead.add_points: raises or lowers the score."""

from pydantic import Field

from campaigns.engine.effects import AddPoints
from campaigns.engine.outcome import Done
from campaigns.sections.base import Decider, Section, Vocabulary, section

MOST = 1_000_000


@section("lead.add_points", role="action", label="Add points")
class LeadAddPoints(Section):
    """Adds points to the lead's score; a negative number takes them away."""

    goes_wrong = ("More than a million at a time is refused.",)

    points: int = Field(title="Points", ge=-MOST, le=MOST)

    def summary(self, vocabulary: Vocabulary) -> str:
        return f"{self.points:+d} points"

    def prepare(self, vocabulary: Vocabulary) -> Decider:
        done = Done((AddPoints(self.points),))
        return lambda _context: done
